import { and, eq, type SQL, sql } from "drizzle-orm";
import { db } from "../store/db.ts";
import { given } from "../store/prepared.ts";
import type { Statement, Store, Written } from "../store/store.ts";
import { events } from "../store/tables.ts";
import { type Outcome, outcomesOf, selectRows, selectStored, type StoredEvent } from "./append.ts";
import { advance, type Advanced, baseOf, type Block, newBlock, selectOwn } from "./block.ts";
import { idSuffixSql } from "./event-id.ts";
import { type EventPart, type NewEvent, toParts } from "./event-json.ts";

// One event of a caller that is appended only if the database decides so, with the event already in view: what is not
// appended has never been written, and takes no number.

/** An event that may be appended. */
export type Candidate<Given = never> = { block: Block<Given>; part: EventPart<Given>; hasExternalId: boolean };

/**
 * Prepares an event to be appended.
 * @param now milliseconds since 1970 UTC
 * @throws InvalidFields at `event` when it is too large
 */
export function newCandidate(store: Store, event: NewEvent, now: number): Candidate {
  const [part] = toParts([event], () => ["event"]);
  return { block: newBlock(store, 1, now), part: part!, hasExternalId: event.external_id !== null };
}

/** The same candidate with placeholders for what differs between requests. */
export function likeCandidate({ block, part, hasExternalId }: Candidate): Candidate<SQL> {
  const { suffix, now, json } = GIVEN;
  return { block: { ...block, suffix, now }, part: { ...part, json }, hasExternalId };
}

const GIVEN = { suffix: given("suffix"), now: given("now"), json: given("json") };

/** The number that the next event gets. */
function nextSeq(organizationId: string): SQL {
  return sql`(coalesce((SELECT last_seq FROM organizations WHERE id = ${organizationId}), 0) + 1)`;
}

/**
 * Tables of a WITH clause: `own (seq, is_stored)`, one row with the number of the event, and whether an earlier attempt has
 * stored it; and `candidate`, its row if not.
 */
export function candidateTables({ block, part }: Candidate<SQL>, isRepeated: boolean): SQL {
  const { organizationId } = block;
  // The answer to an earlier attempt may have been lost after the event was stored.
  const found = isRepeated ? sql`(${selectOwn(block)})` : sql`NULL`;
  const sent = sql`(SELECT own.seq AS seq, is_stored, value FROM own CROSS JOIN json_each(${part.json}))`;
  return sql`own (seq, is_stored) AS MATERIALIZED (
      SELECT coalesce(seq, ${nextSeq(organizationId)}), seq IS NOT NULL FROM (SELECT ${found} AS seq)
    ),
    candidate AS MATERIALIZED (${selectRows(block, "user", sent, sql`NOT is_stored`)})`;
}

/**
 * The statements that append an event, unless its external_id is stored: they come after those that depend on the state
 * before.
 * @param isAccepted a SELECT without its WITH clause that has a row when the event is accepted; `tables` are before it
 */
export function appendStatements(
  { block, part, hasExternalId }: Candidate<SQL>,
  tables: SQL,
  isAccepted: SQL,
): Statement[] {
  const { organizationId } = block;
  const { organization_id, seq } = events;
  const isNext = sql`${organization_id} = ${organizationId} AND ${seq} = ${nextSeq(organizationId)}`;
  return [
    ...(hasExternalId ? [selectStored(organizationId, part)] : []),
    db
      .insert(events)
      .select(sql`${tables} SELECT * FROM candidate WHERE EXISTS (${isAccepted})`)
      .onConflictDoNothing(),
    advance(block, sql`EXISTS (SELECT 1 FROM ${events} WHERE ${isNext})`),
  ];
}

/** Returns whether alerts depend on an event that these statements have appended. */
export function isWatchedAfter({ hasExternalId }: Candidate, written: Written[]): boolean {
  return (written[hasExternalId ? 2 : 1]!.rows as Advanced[])[0]?.is_watched === 1;
}

/** Matches, after these statements, the event that is stored now: the own one, or an earlier one with its external_id. */
export function isStoredAs({ block }: Candidate, externalId: string | null): SQL | undefined {
  const { organizationId, suffix } = block;
  const isOwn = and(eq(events.seq, sql`${baseOf(block)} + 1`), eq(idSuffixSql(events.id), suffix));
  return and(eq(events.organization_id, organizationId), externalId === null ? isOwn : eq(events.external_id, externalId)); // prettier-ignore
}

/**
 * The outcome of an event that was accepted.
 * @param seq its number
 * @param written the results of the statements that append it
 */
export function outcomeOf({ block, hasExternalId }: Candidate, seq: number, written: Written[]): Outcome {
  const [stored] = hasExternalId ? (written[0]!.rows as StoredEvent[]) : [];
  return outcomesOf(seq, new Map(stored && [[0, stored]]), block)[0]!;
}
