import { type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { hasAlerts } from "../engine/rollups/watched.ts";
import { db, rowIf } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { events, organizations } from "../store/tables.ts";
import { type IdSuffix, idSuffixSql, newIdSuffix } from "./event-id.ts";

/**
 * Consecutive numbers in an organization's log, for the events of one request; `now` is milliseconds since 1970 UTC. A prepared
 * statement has placeholders of the type `Given` for some values.
 */
export type Block<Given = never> = {
  organizationId: string;
  count: number;
  suffix: IdSuffix | Given;
  now: number | Given;
};

/**
 * A generous maximum for the difference between the clocks of two Workers plus the duration of a request, in milliseconds.
 * It limits how far back a repetition searches for the events of an earlier attempt.
 */
const MAX_CLOCK_DIFFERENCE = 600_000;

const e = alias(events, "e");
const older = alias(events, "older");

/** Makes a block whose numbers are assigned when its transaction runs. */
export function newBlock({ organizationId }: Store, count: number, now: number): Block {
  return { organizationId, count, suffix: newIdSuffix(), now };
}

/** What advancing the last seq returns: `is_watched` if an enabled alert of the organization depends on events. */
export type Advanced = { last_seq: number; is_watched: number };

/** Advances last_seq in the transaction that inserts the events, so that the seq is in commit order. */
export function advance({ organizationId: id, count }: Block<SQL>, condition = sql`true`) {
  const { last_seq } = organizations;
  const row = { id, last_seq: count, activity_watermark: 0, events_from: null, deleted_before: null };
  return db
    .insert(organizations)
    .select(rowIf(organizations, row, condition))
    .onConflictDoUpdate({ target: organizations.id, set: { last_seq: sql`${last_seq} + excluded.last_seq` } })
    .returning({ last_seq, is_watched: hasAlerts(id).as("is_watched") });
}

/** The number before the first event's. */
export function baseOf({ organizationId, count }: Block<SQL>): SQL {
  const { id, last_seq } = organizations;
  return sql`((SELECT ${last_seq} FROM ${organizations} WHERE ${id} = ${organizationId}) - ${count})`;
}

/**
 * Selects the request's own events among those accepted since it began. Events with a higher seq are not older, except for
 * clock differences, so the search goes backwards in the primary key and stops at the first older event.
 */
export function selectOwn({ organizationId, suffix, now }: Block<SQL>): SQL {
  return sql`
    SELECT ${e.seq} FROM ${events} AS ${e}
    WHERE ${e.organization_id} = ${organizationId} AND ${idSuffixSql(e.id)} = ${suffix} AND ${e.seq} > coalesce((
      SELECT ${older.seq} FROM ${events} AS ${older}
      WHERE ${older.organization_id} = ${organizationId} AND ${older.ingested_at} < ${now} - ${MAX_CLOCK_DIFFERENCE}
      ORDER BY ${older.seq} DESC LIMIT 1
    ), 0)`;
}

/** The number of a block's events that are stored, provided that the block is the last one. */
export function countStored(block: Block): SQL {
  const { organizationId, count } = block;
  return sql`(SELECT count(*) FROM ${events} AS ${e} WHERE ${e.organization_id} = ${organizationId}
    AND ${e.seq} > ${baseOf(block)} AND ${e.seq} <= ${baseOf(block)} + ${count})`;
}

/** True if no earlier attempt stored the events: a repetition gets new numbers, so theirs would be lower. */
export function isFirstTime(block: Block): SQL {
  return sql`NOT EXISTS (${selectOwn(block)} AND ${e.seq} <= ${baseOf(block)})`;
}
