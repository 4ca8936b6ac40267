import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { Conflict, InvalidFields } from "../errors.ts";
import { CUSTOMER_OF_EVENT, externalKey } from "../engine/rollups/customer-key.ts";
import { addToCounts, takeFromCounts } from "../engine/rollups/event-counts.ts";
import { activityWatermark } from "../engine/rollups/rollups.ts";
import { invalidateShadows } from "../engine/upkeep/verify.ts";
import { groupBySize } from "../store/group-by-size.ts";
import { MAX_PARAMETER_BYTES } from "../store/limits.ts";
import { columnOf } from "../export/line.ts";
import { getText, keyOf, linesOf } from "../export/objects.ts";
import { readRanges } from "../export/ranges.ts";
import type { Statement, Store } from "../store/store.ts";
import { events } from "../store/tables.ts";
import { DAY } from "../time/zone.ts";
import type { Retention } from "./settings.ts";

/** The maximum number of events in a transaction. */
const MAX_EVENTS = 1000;

/** The UTC days to restore, such as 2026-01-31, and the cursor of the previous step, absent or null to begin. */
export type RestoreRequest = { from: string; to: string; cursor?: number | null };

/** The result of a step: the numbers of restored and skipped events, and the cursor of the next step. */
export type RestoreStep = { restored: number; skipped: number; cursor: number | null; done: boolean };

/**
 * Restores those events of the next exported object that happened on some days. Quantities and balances do not change, because
 * they already include these events. It can be repeated. It skips events that are stored, whose external_id is taken by another
 * event, or whose customers were erased.
 * @param retention the current retention; days that it would delete again are refused
 * @throws InvalidFields at `from`, `to`, `cursor`; ExportUnavailable; Conflict when an object is missing
 */
export async function restoreEvents(
  store: Store,
  bucket: R2Bucket,
  request: RestoreRequest,
  retention: Retention | null,
): Promise<RestoreStep> {
  const days = rangeOf(request, retention);
  const { cursor = null } = request;
  const ranges = await readRanges(store, (cursor ?? 1) - 1, hasEventsOf(days));
  // With any other cursor, days could count as restored whose events are not.
  if (cursor !== null && ranges.shift()?.first_seq !== cursor) {
    throw refusal({ field: "cursor", input: cursor }, "This is not the cursor of the previous step.");
  }
  const [range] = ranges;
  if (range === undefined) {
    await moveEventsFrom(store, days);
    return { restored: 0, skipped: 0, cursor, done: true };
  }
  const key = keyOf(store.organizationId, range);
  const found = await getText(bucket, key);
  if (found === null) throw new Conflict(`The object ${key} is missing: restore days that it has nothing of.`);
  const counts = { restored: 0, skipped: 0 };
  for (const json of toParts(linesOf(found.text))) {
    const statements = restoreLines(store.organizationId, json, days);
    const results = await store.write(statements, { repeat: statements });
    const [{ found: all }] = results[0]!.rows as [{ found: number }];
    const { changes } = results[STORED]!;
    counts.restored += changes;
    counts.skipped += all - changes;
  }
  return { ...counts, cursor: range.first_seq, done: false };
}

/** The place of the statement that stores events among those of restoreLines. */
const STORED = 3;

/** Counts the events of lines, stores those that can be, and counts all that are stored then instead of those that were. */
function restoreLines(organizationId: string, json: string, days: Days): Statement[] {
  const isOfLines = sql`e.seq IN (SELECT ${columnOf("seq")} FROM json_each(${json}))`;
  return [
    countLines(json, days),
    ...takeFromCounts(organizationId, isOfLines),
    insertLines(organizationId, json, days),
    addToCounts(organizationId, sql`e.seq <= ${activityWatermark(organizationId)} AND ${isOfLines}`),
    invalidateShadows(organizationId),
  ];
}

/** True for objects that have events of some days. */
function hasEventsOf({ start, end }: Days): SQL {
  return sql`exported_at IS NOT NULL AND from_timestamp < ${end} AND to_timestamp >= ${start}`;
}

/** The time from the first midnight to the last one, in milliseconds since 1970 UTC. */
type Days = { start: number; end: number };

function rangeOf({ from, to }: RestoreRequest, retention: Retention | null): Days {
  const [first, last] = Object.entries({ from, to }).map(dayAt) as [Day, Day];
  if (first.time > last.time) throw refusal(last, "This day should not be before `from`.");
  if (retention !== null && first.time < retention.before) {
    throw refusal(first, "EVENTS_RETENTION_DAYS would delete this day again: raise or remove it first.");
  }
  return { start: first.time, end: last.time + DAY };
}

type Day = { field: string; input: string; time: number };

function dayAt([field, input]: [string, string]): Day {
  const time = /^\d{4}-\d\d-\d\d$/.test(input) ? Date.parse(input) : Number.NaN;
  const day = { field, input, time };
  if (Number.isNaN(time)) throw refusal(day, "This should be a day, such as 2026-01-31.");
  return day;
}

function refusal({ field, input }: { field: string; input: unknown }, msg: string): InvalidFields {
  return new InvalidFields([{ type: "value_error", field: [field], msg, input }]);
}

const ENCODER = new TextEncoder();

/** Joins lines to JSON arrays that fit into a bound value. */
function toParts(lines: string[]): string[] {
  const parts = groupBySize(lines, (line) => ENCODER.encode(line).length + 1, MAX_PARAMETER_BYTES, MAX_EVENTS);
  return parts.map((part) => `[${part.join(",")}]`);
}

/** The events of lines: each column has its own name. */
function eventsOf(json: string): SQL {
  const names = Object.keys(getTableColumns(events)) as (keyof typeof events.$inferSelect)[];
  const columns = names.map((name) => sql`${columnOf(name)} AS ${sql.raw(name)}`);
  return sql`(SELECT ${sql.join(columns, sql`, `)} FROM json_each(${json})) AS e`;
}

const isOfDays = ({ start, end }: Days) => sql`e.timestamp >= ${start} AND e.timestamp < ${end}`;

function countLines(json: string, days: Days): SQL {
  return sql`SELECT count(*) AS found FROM ${eventsOf(json)} WHERE ${isOfDays(days)}`;
}

function insertLines(organizationId: string, json: string, days: Days): SQL {
  const names = Object.keys(getTableColumns(events));
  const changed: Record<string, SQL> = { external_customer_id: EXTERNAL_CUSTOMER_ID, voided_at: VOIDED_AT };
  const restored = names.map((name) => changed[name] ?? sql.raw(`e.${name}`));
  return sql`
    INSERT INTO events (${sql.raw(String(names))}) SELECT ${sql.join(restored, sql`, `)} FROM ${eventsOf(json)}
    WHERE e.organization_id = ${organizationId} AND seq <= (SELECT last_seq FROM organizations WHERE id = ${organizationId})
      AND ${isOfDays(days)} AND ${IS_KEPT} ON CONFLICT DO NOTHING`;
}

/**
 * True for events of customers that were not erased: erased ones have no activity and no balances. A later customer with the
 * same external id usually has a later first event.
 */
const IS_KEPT = sql`CASE WHEN e.source = 'user' OR e.name = 'event.voided' THEN EXISTS (
        SELECT 1 FROM customer_activity AS a WHERE a.organization_id = e.organization_id
          AND a.customer = ${CUSTOMER_OF_EVENT} AND a.first_event_at <= e.timestamp
      ) ELSE EXISTS (
        SELECT 1 FROM meter_balances AS b WHERE b.meter_id = e.metadata ->> 'meter_id' AND b.customer_id = e.customer_id
      ) END AND NOT EXISTS (
        SELECT 1 FROM customers AS c WHERE c.id = e.customer_id AND c.erased_bucket IS NOT NULL
      ) AND NOT EXISTS (
        SELECT 1 FROM customers AS c WHERE c.organization_id = e.organization_id AND c.external_id = e.external_customer_id
          AND c.generation IS e.generation AND c.deleted_at IS NOT NULL AND c.erased_bucket IS NOT NULL
      )`;

/** An event can have been voided after it was exported. */
const VOIDED_AT = sql`coalesce(e.voided_at, (
        SELECT v.voided_at FROM voids AS v WHERE v.organization_id = e.organization_id AND v.seq = e.seq
      ))`;

/** Next to a customer_id, an external id is restored only if it is in use: erasing one also removed it from such events. */
const EXTERNAL_CUSTOMER_ID = sql`CASE WHEN e.customer_id IS NULL OR EXISTS (
        SELECT 1 FROM customers AS c WHERE c.organization_id = e.organization_id AND c.external_id = e.external_customer_id
          AND c.generation IS e.generation AND c.deleted_at IS NULL
      ) OR EXISTS (
        SELECT 1 FROM customer_activity AS a WHERE a.organization_id = e.organization_id
          AND a.customer = ${externalKey(sql.raw("e.external_customer_id"), sql.raw("e.generation"))}
      ) THEN e.external_customer_id END`;

/** Sets events_from back, if everything from the first exported day of the range on is stored again. */
async function moveEventsFrom(store: Store, days: Days): Promise<void> {
  const { organizationId } = store;
  const first = sql`(SELECT max(min(from_timestamp), ${days.start}) FROM exported_objects
      WHERE organization_id = ${organizationId} AND ${hasEventsOf(days)})`;
  const start = sql`(${first} - (${first} % ${DAY} + ${DAY}) % ${DAY})`;
  const statements = [
    sql`UPDATE organizations SET events_from = ${start}
      WHERE id = ${organizationId} AND events_from > ${start} AND events_from <= ${days.end}`,
  ];
  await store.write(statements, { repeat: statements });
}
