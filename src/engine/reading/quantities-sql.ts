import { and, type SQL, sql } from "drizzle-orm";
import type { Statement } from "../../store/store.ts";
import type { MetadataCondition } from "../../wire/query.ts";
import { type Aggregation, keepsValues } from "../definition/aggregation.ts";
import { eventMeets } from "../definition/property-sql.ts";
import {
  ALL_CUSTOMERS,
  type Customers,
  IDENTITY_OF_EVENT,
  isOfCustomers,
  selectCustomerKeys,
} from "../rollups/customer-key.ts";
import type { CompiledDefinition } from "../definition/definition.ts";
import type { ScanCost } from "../definition/scan-cost.ts";
import { clamp } from "../rollups/rollups.ts";
import { type Rollups, rollupsOfAll, rollupsOfEach, rollupsOfNamed } from "./customer-rollups.ts";
import { type DimensionRows, rollupTables } from "./dimension-rollups.ts";
import { OF_CUSTOMERS, OF_PARTS, partColumns, reduceSql } from "./parts.ts";
import { REFUSAL, tailTable, WATERMARK } from "./tail.ts";
import { type PartTables, uniqueTables } from "./unique-sql.ts";
import { hasGap, periodsOfSlots, periodsSql, slotOfEvent, slotsSql, type Window } from "./window.ts";

/** The parameters of quantities. */
export type QuantitiesQuery = {
  window: Window;
  customers: Customers;
  metadata: MetadataCondition[];
  /** Aggregates per customer and period first, then over the customers that have a value in the period. */
  customerFunction?: Aggregation["func"] | undefined;
  /** What an event of the tail takes: a tail that would take longer than a statement may is not read. Without it there is no limit. */
  tailCost?: ScanCost | undefined;
  /** If a meter has at most so many rollups of customers, they are read in one pass. */
  mostScanned?: number;
};

/**
 * Where the numbers come from: a meter's rollups, possibly those of one of its dimensions, and the events above its watermark;
 * or all events of the range.
 */
export type Source = { rollupsOf: string; definitionVersion: number; dimension?: DimensionRows | undefined } | "scan";

/** A period's result, by the period's index. The index is null if there is too much to read; if that is the tail, `events` is 1. */
export type FoundPeriod = {
  period: number | null;
  quantity: number | null;
  events: number;
  total: number;
  distinct_total: number;
};

/**
 * The statement that computes the periods with at least one event. Its tables, in order: the periods and their slots, the customers
 * whose rollups count, the events of the tail, the parts of both per period and customer, and their aggregates. The limit makes
 * SQLite evaluate what it selects of an event once, not once for each use.
 */
export function quantitiesSql(
  organizationId: string,
  definition: CompiledDefinition,
  query: QuantitiesQuery,
  source: Source,
): Statement<FoundPeriod> {
  const byCustomer = query.customerFunction !== undefined;
  const quantity = byCustomer ? reduceSql(query.customerFunction!, OF_CUSTOMERS) : sql`max(quantity)`;
  const parts = partsOf(organizationId, definition.func, query, source);
  const tables = [
    periodsSql(query.window),
    slotsSql(query.window),
    ...(source === "scan" ? [] : [tailTable(organizationId, source, query.tailCost)]),
    ...parts.before,
    sql`matching (slot, customer, value) AS (
      SELECT ${slotOfEvent(query.window)}, ${byCustomer ? IDENTITY_OF_EVENT : ALL_CUSTOMERS}, ${definition.value}
      FROM ${definition.from} WHERE ${eventsSql(organizationId, definition, query, source)}
      LIMIT -1
    )`,
    ...parts.after,
  ];
  const refusal = sql`
    UNION ALL SELECT NULL, NULL, 0, 0, 0 FROM affordable WHERE NOT is_affordable`;
  return sql`
    WITH RECURSIVE ${sql.join(tables, sql`,\n    `)}
    SELECT period, ${quantity} AS quantity, sum(events) AS events, ${clamp(sql`total(total)`)} AS total,
      ${parts.distinctTotal} AS distinct_total
    FROM per_customer GROUP BY period${parts.canBeTooMany ? refusal : sql``}${
      source === "scan"
        ? sql``
        : sql`
    UNION ALL ${REFUSAL}`
    }`;
}

/** The tables before `matching` and after it. */
function partsOf(
  organizationId: string,
  func: Aggregation["func"],
  query: QuantitiesQuery,
  source: Source,
): PartTables {
  const { window, customers, customerFunction } = query;
  const isUnique = keepsValues(func);
  const canBeCounted = isUnique && customerFunction === undefined && !hasGap(window);
  if (canBeCounted && source !== "scan" && source.dimension === undefined) {
    return uniqueTables(source.rollupsOf, query, selectCustomerKeys(organizationId, customers));
  }
  const rollups = source === "scan" ? null : rollupsOf(organizationId, source, query, isUnique);
  const places = rollups?.ofAll === true ? periodsOfSlots(window) : sql`slots USING (slot)`;
  return {
    before: rollups?.tables ?? [],
    distinctTotal: sql`(SELECT * FROM distinct_total)`,
    after: [isUnique ? uniqueSql(rollups, places) : numberSql(func, rollups, places, customerFunction !== undefined)],
    canBeTooMany: rollups?.canBeTooMany === true,
  };
}

/** Where the numbers come from if not from a scan. */
export type RollupSource = Exclude<Source, "scan">;

function rollupsOf(organizationId: string, source: RollupSource, query: QuantitiesQuery, isUnique: boolean): Rollups {
  const { rollupsOf: meterId, dimension } = source;
  const of = rollupTables(dimension);
  const tables = isUnique ? [of.rollups, of.uniques] : [of.rollups];
  const keys = selectCustomerKeys(organizationId, query.customers);
  if (keys !== undefined) return rollupsOfNamed(meterId, query, keys, tables, of);
  return query.customerFunction === undefined ? rollupsOfAll(meterId, of) : rollupsOfEach(meterId, query, tables, of);
}

/**
 * The events to examine one by one: those above the watermark, or all in the range, of the requested customers. SQLite tests
 * in this order, so that the metadata of other customers is not parsed.
 */
export function eventsSql(
  organizationId: string,
  definition: CompiledDefinition,
  { window, customers, metadata }: QuantitiesQuery,
  source: Source,
): SQL | undefined {
  return and(
    sql`e.organization_id = ${organizationId} AND ${examinedSql(organizationId, window, source)}`,
    isOfCustomers(organizationId, customers),
    definition.matches,
    keepsValues(definition.func) ? undefined : definition.contributes,
    eventMeets(metadata),
  );
}

/** The events to examine, by time and seq: all in the range, or those that are not in rollups of whole buckets. */
function examinedSql(organizationId: string, { range, edges }: Window, source: Source): SQL {
  if (source === "scan") return sql`e.timestamp >= ${range.from} AND e.timestamp < ${range.to}`;
  // The unary plus keeps SQLite on the primary key: the tail is short, the range is not.
  const tail = sql`e.seq > ${WATERMARK} AND +e.timestamp >= ${range.from} AND +e.timestamp < ${range.to}`;
  if (edges === null || edges.length === 0) return tail;
  const ofEdges = edges.map(
    ({ from, to }) => sql`
      UNION ALL SELECT e.seq FROM events AS e
      WHERE e.organization_id = ${organizationId} AND e.timestamp >= ${from} AND e.timestamp < ${to} AND +e.seq <= ${WATERMARK}`,
  );
  return sql`e.seq IN (
      SELECT e.seq FROM events AS e WHERE e.organization_id = ${organizationId} AND ${tail}${sql.join(ofEdges)}
    )`;
}

/** For all functions except unique: count, sum, minimum and maximum of each period and customer. */
function numberSql(func: Aggregation["func"], rollups: Rollups | null, places: SQL, byCustomer: boolean): SQL {
  const { names, ofEvents, ofRollups } = partColumns(func);
  const stored = rollups?.select(rollups.of.rollups, ofRollups(rollups.of.row));
  return sql`tail (slot, customer, ${names}) AS MATERIALIZED (
      SELECT slot, customer, ${ofEvents} FROM matching GROUP BY 1${byCustomer ? sql`, 2` : sql``}
    ),
    parts (period, customer, ${names}) AS (
      ${stored ? sql`${stored} UNION ALL` : sql``}
      SELECT period, customer, ${names} FROM tail CROSS JOIN ${places}
    ),
    per_customer (period, customer, events, total, quantity) AS (
      SELECT period, customer, sum(events), ${clamp(sql`total(total)`)}, ${reduceSql(func, OF_PARTS)}
      FROM parts GROUP BY period, customer
    ),
    distinct_total (total) AS (SELECT 0)`;
}

/** For unique, by reading the values: those of each period and customer; NULL for events without the property. */
function uniqueSql(rollups: Rollups | null, places: SQL): SQL {
  const stored = rollups && [
    rollups.select(rollups.of.rollups, sql`NULL`),
    rollups.select(rollups.of.uniques, rollups.of.value),
  ];
  return sql`tail (slot, customer, value) AS MATERIALIZED (SELECT DISTINCT slot, customer, value FROM matching),
    parts (period, customer, value) AS MATERIALIZED (
      ${stored ? sql`${sql.join(stored, sql` UNION ALL `)} UNION ALL` : sql``}
      SELECT period, customer, value FROM tail CROSS JOIN ${places}
    ),
    per_customer (period, customer, events, total, quantity) AS (
      SELECT period, customer, 0, 0, count(DISTINCT value) FROM parts GROUP BY period, customer
    ),
    distinct_total (total) AS (SELECT count(DISTINCT value) FROM parts)`;
}
