import { eq, gt, lte, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { COMPARISON, isAffordableScan, MOST_COMPARED, scanTooLarge } from "../engine/definition/scan-cost.ts";
import type { Store } from "../store/store.ts";
import { events } from "../store/tables.ts";

const e = alias(events, "e");

/** The maximum position of an event on a page: so many are sorted for each slice. */
const MAX_BEHIND = 10_000;

/** JavaScript's last instant, in milliseconds since 1970 UTC. */
export const MAX_TIME = 8.64e15;

type Range = { start_timestamp?: number | undefined; end_timestamp?: number | undefined };

/** Returns whether an organization has few enough events in a range to compare all of them in one statement. */
export function isShort(store: Store, range: Range = {}): Promise<boolean> {
  const { start_timestamp: from = -MAX_TIME, end_timestamp: to = MAX_TIME } = range;
  return isAffordableScan(store, COMPARISON, { from, to });
}

/**
 * Runs a statement on the slices of the log one after the other, each in its own snapshot. Together they cover the events
 * that existed at the beginning.
 * @param select makes the statement from the condition on `events AS e`
 * @returns the rows of each slice
 */
export async function* readSlices<Row>(store: Store, select: (isInSlice: SQL) => SQL<Row>): AsyncGenerator<Row[]> {
  const { organizationId } = store;
  const [[log]] = await store.read([
    sql<{ first: number | null; last: number | null }>`SELECT
      (SELECT min(seq) FROM events WHERE organization_id = ${organizationId}) AS first,
      (SELECT last_seq FROM organizations WHERE id = ${organizationId}) AS last`,
  ]);
  const last = log!.last ?? 0;
  for (let low = (log!.first ?? last + 1) - 1; low < last; low += MOST_COMPARED) {
    const end = Math.min(low + MOST_COMPARED, last);
    const isInSlice = sql`${eq(e.organization_id, organizationId)} AND ${gt(e.seq, low)} AND ${lte(e.seq, end)}`;
    const [rows] = await store.read([select(isInSlice)]);
    yield rows;
  }
}

const directionOf = (sign: number) => (sign === 1 ? sql`ASC` : sql`DESC`);

/**
 * Finds a page of the events of a long log that meet a condition, in the order of their times, and counts them all.
 * @param page `ties` says which of two events of the same time comes first: the earlier (1) or the later (-1)
 * @throws InvalidFields when the page is beyond the maximum position
 */
export async function searchSlices(
  store: Store,
  where: SQL | undefined,
  page: { limit: number; offset: number; isDescending: boolean; ties: 1 | -1 },
): Promise<{ seqs: number[]; total: number }> {
  const most = page.offset + page.limit;
  if (most > MAX_BEHIND) {
    const msg = `In so long a log, pages reach the first ${MAX_BEHIND} events. Use cursor, or narrow start_timestamp and end_timestamp.`;
    throw scanTooLarge(msg);
  }
  type Row = { seq: number; timestamp: number; matches: number };
  const [time, tie] = [page.isDescending ? -1 : 1, page.ties];
  const slices = readSlices(
    store,
    (isInSlice) => sql<Row>`
      WITH found AS MATERIALIZED (SELECT e.seq, e.timestamp FROM ${events} AS e WHERE ${isInSlice} AND ${where})
      SELECT seq, timestamp, (SELECT count(*) FROM found) AS matches FROM found
      ORDER BY timestamp ${directionOf(time)}, seq ${directionOf(tie)} LIMIT ${most}`,
  );
  let [first, total]: [Row[], number] = [[], 0];
  for await (const rows of slices) {
    total += rows[0]?.matches ?? 0;
    const both = [...first, ...rows].toSorted((a, b) => time * (a.timestamp - b.timestamp) || tie * (a.seq - b.seq));
    first = both.slice(0, most);
  }
  return { seqs: first.slice(page.offset).map(({ seq }) => seq), total };
}
