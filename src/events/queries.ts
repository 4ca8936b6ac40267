import { type SQL, sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/client.ts";
import { meetsMetadata } from "../db/metadata.ts";
import { type CompiledDefinition, compile, type Definition } from "../meters/definition.ts";
import { MAX_PAGE_BYTES } from "../db/limits.ts";
import { requireAffordableScan, scanCostOf } from "../meters/scan-cost.ts";
import type { MetadataCondition } from "../schema/query.ts";
import type { EventListQuery, EventNamesQuery } from "./schemas.ts";

/** An event as it is stored. */
export type EventRow = {
  id: string;
  name: string;
  source: string;
  timestamp: number;
  external_customer_id: string;
  metadata: string;
};

/** A name of events, and when events of it happened. */
export type EventNameRow = { name: string; source: string; occurrences: number; first_seen: number; last_seen: number };

/** JavaScript's last instant, in milliseconds since 1970 UTC: no event has a later one. */
const MAX_TIME = 8.64e15;
/** The size of an event `e` in an answer, in bytes of JSON. */
const BYTES = sql.raw(
  "octet_length(e.metadata) + octet_length(json_quote(e.name)) * 2 + octet_length(json_quote(e.external_customer_id)) + 400",
);
const COLUMNS = sql.raw("e.id, e.name, e.source, e.timestamp, e.external_customer_id, e.metadata");

/** Reads an event of the organization by its id; null when there is none, or it is another's. */
export async function findEvent(db: Database, organizationId: string, id: string): Promise<EventRow | null> {
  const [[row]] = await runBatch<[EventRow[]]>(db, [
    sql`SELECT ${COLUMNS} FROM events AS e WHERE e.organization_id = ${organizationId} AND e.id = ${id}`,
  ]);
  return row ?? null;
}

/**
 * Reads one page of an organization's events and counts them all, in one round trip; by events_by_timestamp.
 * @param meter the definition whose events are listed; null for all events
 * @returns no rows when the page would be too large
 * @throws PolarRequestValidationError when a filter would have to examine too much
 */
export async function listEvents(
  db: Database,
  organizationId: string,
  query: EventListQuery,
  meter: Definition | null,
): Promise<{ rows: EventRow[]; total: number }> {
  const filters = [query.filter, meter?.filter].filter((filter) => filter !== undefined);
  const definition: Definition = {
    filter: { conjunction: "and", clauses: filters },
    aggregation: meter?.aggregation ?? { func: "count" },
  };
  const requested = compile(definition);
  if (filters.length > 0 || query.metadata.length > 0) {
    const range = { from: query.start_timestamp ?? -MAX_TIME, to: query.end_timestamp ?? MAX_TIME };
    await requireAffordableScan(db, organizationId, scanCostOf(definition, query.metadata), range, 2, ["query"]);
  }
  const where = all([
    sql`e.organization_id = ${organizationId}`,
    query.start_timestamp === undefined ? null : sql`e.timestamp > ${query.start_timestamp}`,
    query.end_timestamp === undefined ? null : sql`e.timestamp < ${query.end_timestamp}`,
    ...identityConditions(query),
    query.name === undefined ? null : isOneOf(sql`e.name`, query.name),
    query.parent_id === undefined ? null : sql`0`,
    meetsMetadata(sql`e.metadata`, query.metadata) ?? null,
    requested.matches,
    requested.contributes,
  ]);
  const descending = (query.sorting ?? ["-timestamp"])[0] === "-timestamp";
  const order = descending ? sql`e.timestamp DESC, e.id` : sql`e.timestamp, e.id`;
  const [rows, [totals]] = await runBatch<[EventRow[], { total: number }[]]>(db, [
    // The page's rows are read only when all of them together are not too large.
    sql`
      WITH page (seq, bytes) AS MATERIALIZED (
        SELECT e.seq, ${BYTES} FROM ${requested.from} WHERE ${where} ORDER BY ${order} LIMIT ${query.limit} OFFSET ${query.offset}
      )
      SELECT ${COLUMNS} FROM page CROSS JOIN events AS e ON e.organization_id = ${organizationId} AND e.seq = page.seq
      WHERE (SELECT total(bytes) FROM page) <= ${MAX_PAGE_BYTES} ORDER BY ${order}`,
    sql`SELECT count(*) AS total FROM ${requested.from} WHERE ${where}`,
  ]);
  return { rows, total: totals!.total };
}

/** Reads one page of the names of an organization's events; reads each of its events. */
export async function listEventNames(
  db: Database,
  organizationId: string,
  query: EventNamesQuery,
): Promise<{ rows: EventNameRow[]; total: number }> {
  const where = all([sql`e.organization_id = ${organizationId}`, ...identityConditions(query)]);
  const order = (query.sorting ?? ["-last_seen"]).map((each) =>
    each.startsWith("-") ? sql.raw(`${each.slice(1)} DESC`) : sql.raw(each),
  );
  const names = sql`SELECT e.name AS name, e.source AS source, count(*) AS occurrences,
      min(e.timestamp) AS first_seen, max(e.timestamp) AS last_seen
    FROM events AS e WHERE ${where} GROUP BY e.name, e.source`;
  const [rows, [totals]] = await runBatch<[EventNameRow[], { total: number }[]]>(db, [
    sql`${names} ORDER BY ${sql.join(order, sql`, `)}, name, source LIMIT ${query.limit} OFFSET ${query.offset}`,
    sql`SELECT count(*) AS total FROM (${names})`,
  ]);
  return { rows, total: totals!.total };
}

/** Reads the first events by time that a definition matches. */
export async function firstMatches(
  db: Database,
  organizationId: string,
  definition: CompiledDefinition,
  { customers, metadata }: { customers?: string[] | undefined; metadata: MetadataCondition[] },
  range: { from: number; to: number },
  most: number,
): Promise<EventRow[]> {
  const where = all([
    sql`e.organization_id = ${organizationId} AND e.timestamp >= ${range.from} AND e.timestamp < ${range.to}`,
    definition.matches,
    definition.contributes,
    customers === undefined ? null : isOneOf(sql`e.external_customer_id`, customers),
    meetsMetadata(sql`e.metadata`, metadata) ?? null,
  ]);
  const [rows] = await runBatch<[EventRow[]]>(db, [
    sql`SELECT ${COLUMNS} FROM ${definition.from} WHERE ${where} ORDER BY e.timestamp, e.seq LIMIT ${most}`,
  ]);
  return rows;
}

/** Conditions that both lists have. Without a customers resource no event has a customer_id. */
function identityConditions(query: EventListQuery | EventNamesQuery): (SQL | null)[] {
  return [
    query.customer_id === undefined ? null : sql`0`,
    query.external_customer_id === undefined ? null : isOneOf(sql`e.external_customer_id`, query.external_customer_id),
    query.source === undefined ? null : isOneOf(sql`e.source`, query.source),
    query.query === undefined ? null : sql`instr(lower(e.name), lower(${query.query})) > 0`,
  ];
}

function isOneOf(column: SQL, values: string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

function all(conditions: (SQL | null)[]): SQL {
  return sql.join(
    conditions.filter((condition) => condition !== null),
    sql` AND `,
  );
}
