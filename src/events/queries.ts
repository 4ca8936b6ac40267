import { and, desc, eq, gt, inArray, isNotNull, isNull, lt, lte, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { OWNER_BYTES, customerJson, joinCustomerOfEvent } from "../customers/of-event.ts";
import { firstEventsSql } from "../engine/rollups/activity.ts";
import { eventsFrom } from "../engine/rollups/counted.ts";
import { externalKey, isOfCustomers } from "../engine/rollups/customer-key.ts";
import { type CompiledDefinition, compile, compileFilter, type Definition } from "../engine/definition/definition.ts";
import { eventMeets } from "../engine/definition/property-sql.ts";
import { requireAffordableScan, scanCostOf } from "../engine/definition/scan-cost.ts";
import { isOneOf, pageOf, requirePosition } from "../store/conditions.ts";
import { db } from "../store/db.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import type { Position } from "../wire/query.ts";
import type { Store } from "../store/store.ts";
import { customers, events } from "../store/tables.ts";
import { seqOfId } from "./event-id.ts";
import { isShort, MAX_TIME, searchSlices } from "./slices.ts";
import type { EventListQuery, EventNamesQuery } from "./schemas.ts";

const e = alias(events, "e");
const f = alias(events, "f");
const c = alias(customers, "c");
/** The columns of an event `e` that appear in answers. */
const PRESENTED = {
  id: e.id,
  name: e.name,
  source: e.source,
  timestamp: e.timestamp,
  customer_id: e.customer_id,
  external_customer_id: e.external_customer_id,
  external_id: e.external_id,
  metadata: e.metadata,
  ingested_at: e.ingested_at,
  voided_at: e.voided_at,
  void_reason: e.void_reason,
};
const { id, name, source, timestamp, external_customer_id, external_id, metadata, voided_at, void_reason } = PRESENTED;

/** A stored event, and its customer as JSON. */
export type EventRow = Pick<typeof events.$inferSelect, keyof typeof PRESENTED> & { customer: string | null };

const COLUMNS = sql.join(Object.values(PRESENTED), sql`, `);
/** The size of an event `e` in an answer, in bytes of JSON. */
export const EVENT_BYTES = sql`octet_length(${metadata}) + octet_length(json_quote(${name})) * 2
  + octet_length(json_quote(${external_customer_id})) + octet_length(json_quote(${external_id}))
  + octet_length(json_quote(${void_reason})) + 500`;

/**
 * Reads an event of the organization by its id; null when the organization has no such event. The seq in the id leads to it
 * by the primary key.
 */
export async function findEvent(store: Store, eventId: string): Promise<EventRow | null> {
  const isEvent = and(eq(e.organization_id, store.organizationId), eq(id, eventId), eq(e.seq, seqOfId(eventId)));
  const page = sql`SELECT ${e.seq}, 0 FROM ${events} AS ${e} WHERE ${isEvent}`;
  const [[row]] = await store.read([selectWithCustomers(store.organizationId, page, sql`${e.seq}`)]);
  return row ?? null;
}

/**
 * Selects events with their customers, unless they are too large for an answer.
 * @param page selects the `seq` of each event, and its bytes in an answer
 */
export function selectWithCustomers(organizationId: string, page: SQL, order: SQL): SQL<EventRow> {
  const ofPage = sql`page CROSS JOIN ${events} AS ${e} ON ${e.organization_id} = ${organizationId} AND ${e.seq} = page.seq`;
  return sql`
    WITH page (seq, bytes) AS MATERIALIZED (${page}),
    owned (seq, id, external_key, bytes) AS MATERIALIZED (
      SELECT page.seq, ${c.id}, ${externalKey(c.external_id, c.generation)}, page.bytes + coalesce(${OWNER_BYTES}, 0)
      FROM ${ofPage} ${joinCustomerOfEvent(organizationId)}
    ),
    owners (id, external_key) AS MATERIALIZED (SELECT DISTINCT id, external_key FROM owned WHERE id IS NOT NULL),
    ${firstEventsSql(organizationId, sql`owners`)}
    SELECT ${COLUMNS}, ${customerJson(sql`f.at`)} AS customer
    FROM owned AS ${ofPage}
    LEFT JOIN ${customers} AS ${c} ON ${c.id} = page.id LEFT JOIN first_events AS f ON f.id = page.id
    WHERE (SELECT total(bytes) FROM owned) <= ${MAX_PAGE_BYTES} ORDER BY ${order}`;
}

/**
 * Reads one page of an organization's events and counts them all, in one round trip. Without a filter the page is read in
 * the order of events_by_timestamp; with a filter, the matching events are sorted.
 * @param meter the definition whose events are listed; null for all events
 * @param after the position after which a page by cursor begins, null for the first one; with a cursor nothing is counted
 * @returns no rows when the page would be too large
 * @throws InvalidFields when a filter would have to examine too much
 */
export async function listEvents(
  store: Store,
  query: EventListQuery,
  meter: Definition | null,
  after?: Position | null,
): Promise<{ rows: EventRow[]; next?: Position | null } & ListTotal> {
  const filters = [query.filter, meter?.filter].filter((filter) => filter !== undefined);
  const definition: Definition = {
    filter: { conjunction: "and", clauses: filters },
    aggregation: meter?.aggregation ?? { func: "count" },
  };
  // An external_id has at most one event.
  if (query.external_id === undefined && (filters.length > 0 || query.metadata.length > 0)) {
    const range = { from: query.start_timestamp ?? -MAX_TIME, to: query.end_timestamp ?? MAX_TIME };
    await requireAffordableScan(store, scanCostOf(definition, query.metadata), range);
  }
  const compiled = meter === null ? compileFilter(definition.filter) : compile(definition);
  const where = isListed(store.organizationId, query, compiled);
  const isDescending = (query.sorting ?? ["-timestamp"])[0] === "-timestamp";
  const isLong = isSearch(query) && filters.length + query.metadata.length === 0 && !(await isShort(store, query));
  if (after !== undefined) return listAfter(store, query, { from: compiled.from, where, isDescending, after, isLong });
  if (isLong) return listOfLongLog(store, query, where, isDescending);
  const order = sql`${isDescending ? desc(timestamp) : timestamp}, ${id}`;
  const { from } = compiled;
  const page = sql`SELECT ${e.seq}, ${EVENT_BYTES} FROM ${from}
    WHERE ${where} ORDER BY ${order} LIMIT ${query.limit} OFFSET ${query.offset}`;
  const [rows, [counted]] = await store.read([
    selectWithCustomers(store.organizationId, page, order),
    sql<TotalRow>`SELECT count(*) AS total, ${eventsFrom(store.organizationId)} AS events_from FROM ${from} WHERE ${where}`,
  ]);
  return { rows, ...toListTotal(counted!, query.start_timestamp) };
}

/** Returns whether a list has conditions without an index: then a long log is read in slices. */
function isSearch(query: EventListQuery): boolean {
  const searched = ["customer_id", "external_customer_id", "source", "name", "query", "voided"] as const;
  return query.external_id === undefined && searched.some((parameter) => query[parameter] !== undefined);
}

async function listOfLongLog(store: Store, query: EventListQuery, where: SQL | undefined, isDescending: boolean) {
  const { organizationId } = store;
  const { seqs, total } = await searchSlices(store, where, { ...query, isDescending, ties: 1 });
  const page = selectSeqs(organizationId, seqs);
  const order = sql`${isDescending ? desc(timestamp) : timestamp}, ${e.seq}`;
  const [rows, [found]] = await store.read([
    selectWithCustomers(organizationId, page, order),
    sql<TotalRow>`SELECT ${total} AS total, ${eventsFrom(organizationId)} AS events_from`,
  ]);
  return { rows, ...toListTotal(found!, query.start_timestamp) };
}

function selectSeqs(organizationId: string, seqs: number[]): SQL {
  return sql`SELECT ${e.seq}, ${EVENT_BYTES} FROM ${events} AS ${e}
    WHERE ${e.organization_id} = ${organizationId} AND ${e.seq} IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`;
}

type AfterPosition = {
  from: SQL;
  where: SQL | undefined;
  isDescending: boolean;
  after: Position | null;
  isLong: boolean;
};

/**
 * Reads the page after a position: a time, a seq, and the last seq when the first page was read, so that later events do not
 * appear on later pages. Events of the same time are in the order of the seq, as in the index.
 */
async function listAfter(
  store: Store,
  query: EventListQuery,
  { from, where, isDescending, after, isLong }: AfterPosition,
) {
  const { organizationId } = store;
  if (after !== null) requirePosition(after, ["number", "number", "number"]);
  const [time, seq, last] = after ?? [];
  const position = sql`(${timestamp}, ${e.seq}) ${isDescending ? sql`<` : sql`>`} (${time}, ${seq})`;
  const condition = and(where, ...(after === null ? [] : [position, lte(e.seq, last as number)]));
  const order = isDescending ? sql`${timestamp} DESC, ${e.seq} DESC` : sql`${timestamp}, ${e.seq}`;
  const wanted = { limit: query.limit + 1, offset: 0, isDescending, ties: isDescending ? (-1 as const) : (1 as const) };
  const seqs = isLong ? (await searchSlices(store, condition, wanted)).seqs : null;
  const page =
    seqs === null
      ? sql`SELECT ${e.seq}, ${EVENT_BYTES} FROM ${from} WHERE ${condition} ORDER BY ${order} LIMIT ${wanted.limit}`
      : selectSeqs(organizationId, seqs);
  const exists =
    seqs === null ? sql`EXISTS (SELECT 1 FROM ${from} WHERE ${condition})` : sql`${Math.min(seqs.length, 1)}`;
  const [found, [counted]] = await store.read([
    selectWithCustomers(organizationId, page, order),
    sql<TotalRow & { last_seq: number }>`SELECT ${exists} AS total,
      ${eventsFrom(organizationId)} AS events_from,
      coalesce((SELECT last_seq FROM organizations WHERE id = ${organizationId}), 0) AS last_seq`,
  ]);
  const lastSeq = (last as number | undefined) ?? counted!.last_seq;
  const ended = pageOf(found, query.limit, (row) => [row.timestamp, seqOfId(row.id), lastSeq]);
  return { ...ended, ...toListTotal(counted!, query.start_timestamp) };
}

/** Finds events by external_id in a subquery; otherwise SQLite would read all events in the order of the page. */
function hasExternalId(organizationId: string, externalIds: readonly string[]): SQL {
  const named = and(eq(f.organization_id, organizationId), isOneOf(f.external_id, externalIds));
  return inArray(e.seq, db.select({ seq: f.seq }).from(f).where(named));
}

/** The row that is counted for a page. */
export type TotalRow = { total: number; events_from: number | null };

/** The number of events on all pages; and if older events were requested than are stored, the time from which all are. */
export type ListTotal = { total: number; eventsFrom: number | null };

/** @param start the time after which events are requested, if any */
export function toListTotal({ total, events_from: from }: TotalRow, start = -Infinity): ListTotal {
  return { total, eventsFrom: from !== null && start < from - 1 ? from : null };
}

function isListed(organizationId: string, query: EventListQuery, definition: CompiledDefinition): SQL | undefined {
  return and(
    eq(e.organization_id, organizationId),
    query.start_timestamp === undefined ? undefined : gt(timestamp, query.start_timestamp),
    query.end_timestamp === undefined ? undefined : lt(timestamp, query.end_timestamp),
    ...sharedConditions(organizationId, query),
    query.external_id === undefined ? undefined : hasExternalId(organizationId, query.external_id),
    query.name === undefined ? undefined : isOneOf(name, query.name),
    // There are no hierarchies yet: no event has a parent.
    query.parent_id === undefined ? undefined : sql`0`,
    eventMeets(query.metadata),
    query.voided === undefined ? undefined : query.voided ? isNotNull(voided_at) : isNull(voided_at),
    definition.matches,
    definition.contributes,
  );
}

/** The conditions that both lists have in common. */
export function sharedConditions(organizationId: string, query: EventListQuery | EventNamesQuery): (SQL | undefined)[] {
  return [
    isOfCustomers(organizationId, { ids: query.customer_id, externalIds: query.external_customer_id }),
    query.source === undefined ? undefined : isOneOf(source, query.source),
    query.query === undefined ? undefined : sql`instr(lower(${name}), lower(${query.query})) > 0`,
  ];
}
