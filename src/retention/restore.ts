import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { InvalidFields } from "../errors.ts";
import { CUSTOMER_OF_EVENT, externalKey } from "../engine/rollups/customer-key.ts";
import { invalidateShadows } from "../engine/upkeep/verify.ts";
import { groupBySize } from "../store/group-by-size.ts";
import { MAX_PARAMETER_BYTES } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { events } from "../store/tables.ts";
import { readLines } from "./archive.ts";
import { DAY } from "../time/zone.ts";
import type { Retention } from "./settings.ts";

/** The maximum number of events in a transaction. */
const MAX_EVENTS = 1000;
/** The maximum length of a key in R2. */
const MAX_KEY = 1024;

/** The UTC days to restore, such as 2026-01-31, and the cursor of the previous step, absent or null to begin. */
export type RestoreRequest = { from: string; to: string; cursor?: string | null };

/** The result of a step: the numbers of restored and skipped events, and the cursor of the next step. */
export type RestoreStep = { restored: number; skipped: number; cursor: string | null; done: boolean };

/**
 * Restores the events of the next archived object, up to 10,000. Quantities and balances do not change, because they already
 * include these events. It can be repeated. It skips events that are stored, whose external_id is taken by another event, or
 * whose customers were erased.
 * @param retention the current retention; days that it would delete again are refused
 * @throws InvalidFields at `from`, `to`, `cursor`; an Error when the archive is damaged
 */
export async function restoreEvents(
  store: Store,
  bucket: R2Bucket,
  request: RestoreRequest,
  retention: Retention | null,
): Promise<RestoreStep> {
  const { organizationId } = store;
  const days = rangeOf(request, retention);
  const prefix = `${organizationId}/`;
  const startAfter = request.cursor ?? `${prefix}${request.from}`;
  // A cursor from before the days would restore others.
  if (
    startAfter < `${prefix}${request.from}` ||
    startAfter > `${prefix}${request.to}0` ||
    startAfter.length > MAX_KEY
  ) {
    throw refusal({ field: "cursor", input: startAfter }, "This is not the cursor of the previous step.");
  }
  const { objects } = await bucket.list({ prefix, startAfter, limit: 1 });
  // Keys are in the order of days; the character after "/" is "0".
  const key = objects.find((object) => object.key < `${prefix}${request.to}0`)?.key;
  if (key === undefined) {
    await moveEventsFrom(store, bucket, request, days);
    return { restored: 0, skipped: 0, cursor: request.cursor ?? null, done: true };
  }
  const lines = await readLines(bucket, key);
  let restored = 0;
  for (const json of toParts(lines)) {
    const statements = [insertLines(organizationId, json), invalidateShadows(organizationId)];
    const [written] = await store.write(statements, { repeat: statements });
    restored += written!.changes;
  }
  return { restored, skipped: lines.length - restored, cursor: key, done: false };
}

type Days = { end: number };

function rangeOf({ from, to }: RestoreRequest, retention: Retention | null): Days {
  const [first, last] = Object.entries({ from, to }).map(dayAt) as [Day, Day];
  if (first.time > last.time) throw refusal(last, "This day should not be before `from`.");
  if (retention !== null && first.time < retention.before) {
    throw refusal(first, "EVENTS_RETENTION_DAYS would delete this day again: raise or remove it first.");
  }
  return { end: last.time + DAY };
}

type Day = { field: string; input: string; time: number };

function dayAt([field, input]: [string, string]): Day {
  const time = /^\d{4}-\d\d-\d\d$/.test(input) ? Date.parse(input) : Number.NaN;
  const day = { field, input, time };
  if (Number.isNaN(time)) throw refusal(day, "This should be a day, such as 2026-01-31.");
  return day;
}

function refusal({ field, input }: Pick<Day, "field" | "input">, msg: string): InvalidFields {
  return new InvalidFields([{ type: "value_error", field: [field], msg, input }]);
}

const ENCODER = new TextEncoder();

/** Joins lines to JSON arrays that fit into a bound value. */
function toParts(lines: string[]): string[] {
  const parts = groupBySize(lines, (line) => ENCODER.encode(line).length + 1, MAX_PARAMETER_BYTES, MAX_EVENTS);
  return parts.map((part) => `[${part.join(",")}]`);
}

const ARCHIVED = Object.keys(getTableColumns(events));

function insertLines(organizationId: string, json: string): SQL {
  const read = ARCHIVED.map((name) => `value ${name === "metadata" ? "->" : "->>"} '${name}' AS ${name}`);
  const restored = ARCHIVED.map((name) =>
    name === "external_customer_id" ? EXTERNAL_CUSTOMER_ID : sql.raw(`e.${name}`),
  );
  return sql`
    INSERT INTO events (${sql.raw(String(ARCHIVED))}) SELECT ${sql.join(restored, sql`, `)}
    FROM (SELECT ${sql.raw(String(read))} FROM json_each(${json})) AS e
    WHERE e.organization_id = ${organizationId} AND seq <= (SELECT last_seq FROM organizations WHERE id = ${organizationId})
      AND ${IS_KEPT} ON CONFLICT DO NOTHING`;
}

/**
 * True for events of customers that were not erased: erased ones have no activity and no balances. A later customer with the
 * same external id usually has a later first event.
 */
const IS_KEPT = sql`CASE e.source WHEN 'user' THEN EXISTS (
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

/** Next to a customer_id, an external id is restored only if it is in use: erasing one also removed it from such events. */
const EXTERNAL_CUSTOMER_ID = sql`CASE WHEN e.customer_id IS NULL OR EXISTS (
        SELECT 1 FROM customers AS c WHERE c.organization_id = e.organization_id AND c.external_id = e.external_customer_id
          AND c.generation IS e.generation AND c.deleted_at IS NULL
      ) OR EXISTS (
        SELECT 1 FROM customer_activity AS a WHERE a.organization_id = e.organization_id
          AND a.customer = ${externalKey(sql.raw("e.external_customer_id"), sql.raw("e.generation"))}
      ) THEN e.external_customer_id END`;

/** Sets events_from back if all events from the first archived day on are stored again. */
async function moveEventsFrom(store: Store, bucket: R2Bucket, { from }: RestoreRequest, days: Days): Promise<void> {
  const prefix = `${store.organizationId}/`;
  const { objects } = await bucket.list({ prefix, startAfter: `${prefix}${from}`, limit: 1 });
  const first = objects[0]?.key.slice(prefix.length, prefix.length + from.length);
  if (first === undefined) return;
  const start = Date.parse(first);
  const statements = [
    sql`UPDATE organizations SET events_from = ${start}
      WHERE id = ${store.organizationId} AND events_from > ${start} AND events_from <= ${days.end}`,
  ];
  await store.write(statements, { repeat: statements });
}
