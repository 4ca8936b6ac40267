import { type SQL, sql } from "drizzle-orm";
import type { Statement, Store } from "../store/store.ts";
import type { events, exported_objects } from "../store/tables.ts";
import { DAY } from "../time/zone.ts";

/** Events of one object at most, and bytes of its lines, about: a Worker has room for 128 MB. */
export const OBJECT = { events: 10_000, bytes: 8_000_000 };
/** Milliseconds that an event waits at most for others that were accepted on the same day. */
export const WAIT = 3_600_000;
/** Bytes of a line beside the metadata, about. */
const LINE_BYTES = 400;

/** An object: the first and the last number of which it may have events, and the midnight (UTC) of their day of acceptance. */
export type Range = Pick<typeof exported_objects.$inferSelect, "first_seq" | "last_seq" | "day">;

/** The last object of an organization. */
const lastOf = (organizationId: string, what: SQL) => sql`(SELECT ${what} FROM exported_objects
      WHERE organization_id = ${organizationId} ORDER BY first_seq DESC LIMIT 1)`;

/** The last seq up to which an organization's events are in objects; 0 before the first. */
export function exportedUpTo(organizationId: string): SQL {
  const last = sql`CASE WHEN exported_at IS NULL THEN first_seq - 1 ELSE last_seq END`;
  return sql`coalesce(${lastOf(organizationId, last)}, 0)`;
}

/** The object that is to be written; without one, whether there are events that wait for others. */
export type Next = { range: Range | null; isWaiting: boolean };

/**
 * Chooses the next object and stores which numbers it has, unless the one before is not written yet: then it is that one.
 * One transaction, which can be repeated. Numbers follow on those of the object before, and all events were accepted on one
 * day. An object is chosen when its first event has waited, or there are enough events to fill it.
 * @param now milliseconds since 1970 UTC
 */
export async function chooseRange(store: Store, now: number): Promise<Next> {
  const statements = [insertRange(store.organizationId, now), selectNext(store.organizationId)];
  const results = await store.write(statements, { repeat: statements });
  const [{ is_waiting, ...range }] = results.at(-1)!.rows as [NextRow];
  return { range: range.first_seq === null ? null : (range as Range), isWaiting: is_waiting === 1 };
}

type NextRow = { [K in keyof Range]: Range[K] | null } & { is_waiting: number };

function insertRange(organizationId: string, now: number): SQL {
  const after = exportedUpTo(organizationId);
  const wait = sql`iif((SELECT last_seq FROM organizations WHERE id = ${organizationId}) - ${after} >= ${OBJECT.events}, 0, ${WAIT})`;
  const first = sql`(SELECT ingested_at FROM events
      WHERE organization_id = ${organizationId} AND seq > ${after} ORDER BY seq LIMIT 1)`;
  const isWritten = sql`coalesce(${lastOf(organizationId, sql`exported_at IS NOT NULL`)}, true)`;
  const firstDay = sql`(SELECT day FROM next ORDER BY seq LIMIT 1)`;
  // Without a limit of 0, every run would read the events that wait.
  return sql`
    INSERT INTO exported_objects (organization_id, first_seq, last_seq, day, from_timestamp, to_timestamp, exported_at)
    WITH next (seq, timestamp, day, size) AS MATERIALIZED (
      SELECT seq, timestamp, ingested_at - ingested_at % ${DAY}, sum(bytes) OVER (ORDER BY seq) FROM (
        SELECT e.seq, e.timestamp, e.ingested_at, octet_length(e.metadata) + ${LINE_BYTES} AS bytes FROM events AS e
        WHERE e.organization_id = ${organizationId} AND e.seq > ${after} ORDER BY e.seq
        LIMIT iif(${isWritten} AND ${first} <= ${now} - ${wait}, ${OBJECT.events}, 0)
      )
    )
    SELECT ${organizationId}, ${after} + 1, max(seq), min(day), min(timestamp), max(timestamp), NULL FROM next
    WHERE size <= ${OBJECT.bytes} AND seq < coalesce((SELECT min(seq) FROM next WHERE day <> ${firstDay}), seq + 1)
    HAVING count(*) > 0
    ON CONFLICT DO NOTHING`;
}

function selectNext(organizationId: string): Statement {
  return sql`
    SELECT last.first_seq, last.last_seq, last.day, EXISTS (
      SELECT 1 FROM events AS e WHERE e.organization_id = ${organizationId} AND e.seq > ${exportedUpTo(organizationId)}
    ) AS is_waiting
    FROM (SELECT 1) LEFT JOIN (
      SELECT * FROM exported_objects WHERE organization_id = ${organizationId} ORDER BY first_seq DESC LIMIT 1
    ) AS last ON last.exported_at IS NULL`;
}

/** Reads the events of an object that are still stored, in the order of their numbers: as many as fit into memory. */
export async function readRange(store: Store, { first_seq, last_seq }: Range) {
  const [rows] = await store.read([
    sql<typeof events.$inferSelect>`SELECT * FROM events
      WHERE organization_id = ${store.organizationId} AND seq >= ${first_seq} AND seq <= ${last_seq} ORDER BY seq`,
  ]);
  return rows;
}

/** Stores that an object is in the bucket. */
export async function markExported(store: Store, { first_seq }: Range, now: number): Promise<void> {
  const mark = sql`UPDATE exported_objects SET exported_at = ${now}
    WHERE organization_id = ${store.organizationId} AND first_seq = ${first_seq} AND exported_at IS NULL`;
  await store.write([mark], { repeat: [mark] });
}

/** Objects that one statement selects at most. */
const MAX_RANGES = 100;

/** An object, and when it was written; null: it is not there yet. */
export type StoredRange = Range & Pick<typeof exported_objects.$inferSelect, "exported_at">;

/** Selects the next objects, in the order of their numbers: those that begin behind one number, and meet a condition. */
export async function readRanges(store: Store, after: number, condition: SQL): Promise<StoredRange[]> {
  const [rows] = await store.read([
    sql<StoredRange>`SELECT first_seq, last_seq, day, exported_at FROM exported_objects
      WHERE organization_id = ${store.organizationId} AND first_seq > ${after} AND ${condition}
      ORDER BY first_seq LIMIT ${MAX_RANGES}`,
  ]);
  return rows;
}
