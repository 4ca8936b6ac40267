import { type SQL, sql } from "drizzle-orm";
import { log } from "../log.ts";
import { causeOf } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import type { meters } from "../store/tables.ts";
import { compile, definitionOf } from "./definition.ts";
import { addToRollups, addToUniques, watermarkOf } from "./rollups.ts";
import { scanCostOf } from "./scan-cost.ts";

/** Events that one transaction of a meter's catch-up aggregates at most. */
const CHUNK_EVENTS = 20_000;
/** Bytes of metadata after which a chunk ends early. */
const CHUNK_BYTES = 4_000_000;
/** Microseconds that examining the events of a chunk may be expected to take: other requests wait meanwhile. */
const CHUNK_TIME = 250_000;

/** A meter that is behind its organization's events. */
export type MeterBehind = Pick<
  typeof meters.$inferSelect,
  "id" | "definition_version" | "filter" | "aggregation" | "watermark"
>;

/** Where chunks end, by their first seq and their limits: most meters of an organization have the same watermark. */
type ChunkEnds = Map<string, number | null>;

/** What a catch-up may do. */
export type CatchUpLimits = {
  /** Transactions at most. */
  transactions: number;
  /** How many events a meter must be behind; 1 if absent. */
  lag?: number;
  /** No transaction begins after this time: milliseconds since 1970 UTC. */
  until?: number;
};

/**
 * Aggregates events above the watermarks of an organization's meters into their rollups, the meter furthest behind
 * first. Losing a run loses nothing: readers add what is above the watermark themselves. A meter that fails is skipped.
 * @returns how many transactions ran, and what failed
 */
export async function catchUp(
  store: Store,
  { transactions, lag = 1, until = Infinity }: CatchUpLimits,
): Promise<{ transactions: number; failures: unknown[] }> {
  const failed = new Map<string, unknown>();
  let left = transactions;
  while (left > 0) {
    const [behind] = await store.read([selectBehind(store.organizationId, lag, left, [...failed.keys()])]);
    if (behind.length === 0) break;
    const ends: ChunkEnds = new Map();
    for (const meter of behind) {
      if (Date.now() >= until) return { transactions: transactions - left, failures: [...failed.values()] };
      await catchUpMeter(store, meter, CHUNK_EVENTS, ends).catch((error) => failed.set(meter.id, error));
      left--;
    }
  }
  return { transactions: transactions - left, failures: [...failed.values()] };
}

/**
 * Catches up and logs what failed. A failure only delays, so it goes no further than the log.
 * @returns how many transactions ran
 */
export async function catchUpAndLog(store: Store, limits: CatchUpLimits): Promise<number> {
  const { organizationId: organization_id } = store;
  const logFailure = (error: unknown) =>
    log("error", { error: "CatchUpFailed", organization_id, cause: causeOf(error) });
  try {
    const { transactions, failures } = await catchUp(store, limits);
    for (const failure of failures) logFailure(failure);
    if (transactions > 0) log("info", { catch_up_runs: transactions, organization_id });
    return transactions;
  } catch (error) {
    logFailure(error);
    return 0;
  }
}

/**
 * Aggregates one chunk of events into one meter's rollups: one transaction, which does nothing when the definition changed.
 * @param chunk events at most
 * @param ends ends of chunks that were found before, if the meter's watermark is as it was read
 */
export async function catchUpMeter(
  store: Store,
  meter: MeterBehind,
  chunk = CHUNK_EVENTS,
  ends: ChunkEnds = new Map(),
): Promise<void> {
  const { perEvent, perByte } = scanCostOf(definitionOf(meter));
  const most = Math.max(1, Math.min(chunk, Math.floor(CHUNK_TIME / perEvent)));
  const bytes = Math.min(CHUNK_BYTES, Math.floor((CHUNK_TIME * 1000) / perByte));
  const key = `${meter.watermark} ${most} ${bytes}`;
  const end = ends.get(key) ?? (await findEndOfChunk(store, meter, most, bytes));
  ends.set(key, end);
  // An end below the meter's watermark, which another run has moved meanwhile, changes nothing.
  if (end !== null) await store.write(catchUpStatements(store.organizationId, meter, end));
}

/** The transaction that aggregates a meter's events up to a seq and moves its watermark there. */
export function catchUpStatements(organizationId: string, meter: MeterBehind, end: number): SQL[] {
  const definition = compile(definitionOf(meter));
  // Another run may have moved the watermark meanwhile: what counts is its value inside the transaction.
  const watermark = watermarkOf(meter.id, meter.definition_version);
  const inChunk = sql`e.organization_id = ${organizationId} AND e.seq > ${watermark} AND e.seq <= ${end}`;
  return [
    addToRollups(meter.id, definition, inChunk),
    ...(definition.func === "unique" ? [addToUniques(meter.id, definition, inChunk)] : []),
    sql`UPDATE meters SET watermark = ${end}
      WHERE id = ${meter.id} AND definition_version = ${meter.definition_version} AND watermark < ${end}`,
  ];
}

/** Finds the last seq of the next chunk: so many events, or fewer where they are large; gaps in the numbers are skipped. */
async function findEndOfChunk(store: Store, meter: MeterBehind, chunk: number, bytes: number): Promise<number | null> {
  const { organizationId } = store;
  const watermark = watermarkOf(meter.id, meter.definition_version);
  const [[end]] = await store.read([
    sql<{ seq: number | null }>`
      WITH span (low, high) AS MATERIALIZED (
        SELECT ${watermark}, min(${watermark} + ${chunk}, last_seq) FROM organizations WHERE id = ${organizationId}
      ),
      sizes (seq, size) AS (
        SELECT e.seq, sum(octet_length(e.metadata)) OVER (ORDER BY e.seq)
        FROM events AS e
        WHERE e.organization_id = ${organizationId}
          AND e.seq > (SELECT low FROM span) AND e.seq <= (SELECT high FROM span)
      )
      SELECT coalesce((SELECT min(seq) FROM sizes WHERE size >= ${bytes}), (SELECT high FROM span)) AS seq`,
  ]);
  return end?.seq ?? null;
}

function selectBehind(organizationId: string, lag: number, most: number, except: string[]) {
  return sql<MeterBehind>`
    SELECT m.id, m.definition_version, m.filter, m.aggregation, m.watermark
    FROM organizations AS o JOIN meters AS m ON m.organization_id = o.id
    WHERE o.id = ${organizationId} AND m.watermark <= o.last_seq - ${lag}
      AND m.id NOT IN (SELECT value FROM json_each(${JSON.stringify(except)}))
    ORDER BY m.watermark LIMIT ${most}`;
}
