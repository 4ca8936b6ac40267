import { type SQL, sql } from "drizzle-orm";
import { meetsMetadata } from "../db/metadata.ts";
import type { MetadataCondition } from "../schema/query.ts";
import type { Interval, Period } from "../time/interval.ts";
import type { Aggregation } from "./aggregation.ts";
import type { CompiledDefinition } from "./definition.ts";
import { BUCKET, BUCKET_OF_EVENT, clamp, CUSTOMER_OF_EVENT, watermarkOf } from "./rollup.ts";

/** What is asked of a meter. Times are milliseconds since 1970 UTC. */
export type QuantitiesQuery = {
  start: number;
  end: number;
  interval: Interval;
  timezone: string;
  /** Only events of these external customers; absent means all. */
  customers?: string[] | undefined;
  metadata: MetadataCondition[];
  /** Aggregates per customer and period first, then over the customers that have a value there. */
  customerFunction?: Aggregation["func"] | undefined;
};

/** Where the numbers come from: a meter's rollups and the events above its watermark, or all events of the range. */
export type Source = { rollupsOf: string; definitionVersion: number } | "scan";

/** What the statement finds for one period, by its index. */
export type FoundPeriod = {
  period: number;
  quantity: number | null;
  count: number;
  sum: number;
  distinct_total: number;
};

/** The statement that finds the periods in which something was aggregated: FoundPeriod rows. */
export function quantitiesSql(
  organizationId: string,
  definition: CompiledDefinition,
  query: QuantitiesQuery,
  periods: Period[],
  source: Source,
): SQL {
  const byCustomer = query.customerFunction !== undefined;
  const inRange = rangeSql(organizationId, definition, query, periods, source);
  const rollups =
    source === "scan" ? null : { meterId: source.rollupsOf, customers: customersSql(source.rollupsOf, query) };
  const bounds = JSON.stringify(periods.map(({ from, to }) => [from / BUCKET, to / BUCKET]));
  const customer = byCustomer ? CUSTOMER_OF_EVENT : sql`''`;
  // Per period and customer: parts from the rollups by their primary key, and the events of the tail, grouped first.
  return sql`
    WITH RECURSIVE periods (period, low, high) AS MATERIALIZED (
      SELECT key, value ->> '$[0]', value ->> '$[1]' FROM json_each(${bounds})
    ),
    ${rollups === null ? sql`` : sql`customers (customer) AS MATERIALIZED (${rollups.customers}),`}
    event (customer, bucket, value) AS (
      SELECT ${customer}, ${BUCKET_OF_EVENT}, ${definition.value} FROM ${definition.from} WHERE ${inRange}
    ),
    ${definition.func === "unique" ? uniqueSql(rollups?.meterId, byCustomer) : numberSql(definition.func, rollups?.meterId, byCustomer)}
    SELECT period, ${byCustomer ? reduceSql(query.customerFunction!, OF_CUSTOMERS) : sql`max(x)`} AS quantity,
      sum(n) AS count, ${clamp(sql`total(s)`)} AS sum, (SELECT * FROM distinct_total) AS distinct_total
    FROM each GROUP BY period`;
}

/** The events that are looked at one by one: above the watermark, or all, inside the range and of the asked customers. */
function rangeSql(
  organizationId: string,
  definition: CompiledDefinition,
  query: QuantitiesQuery,
  periods: Period[],
  source: Source,
): SQL {
  const from = periods.reduce((least, period) => Math.min(least, period.from), Infinity);
  const to = periods.reduce((most, period) => Math.max(most, period.to), -Infinity);
  const ofCustomers =
    query.customers === undefined
      ? sql`1`
      : sql`e.external_customer_id IN (SELECT value FROM json_each(${JSON.stringify(query.customers)}))`;
  // The unary plus keeps SQLite on the primary key: the tail is short, the range is not.
  const range =
    source === "scan"
      ? sql`e.timestamp >= ${from} AND e.timestamp < ${to}`
      : sql`e.seq > ${watermarkOf(source.rollupsOf, source.definitionVersion)} AND +e.timestamp >= ${from} AND +e.timestamp < ${to}`;
  const contributes = definition.func === "unique" ? sql`1` : definition.contributes;
  const metadata = meetsMetadata(sql`e.metadata`, query.metadata) ?? sql`1`;
  return sql`e.organization_id = ${organizationId} AND ${range} AND ${definition.matches} AND ${contributes}
    AND ${ofCustomers} AND ${metadata}`;
}

/** The customers whose rollups are read: the asked ones, each that the meter has, or all together (''). */
function customersSql(meterId: string, { customers, customerFunction }: QuantitiesQuery): SQL {
  if (customers !== undefined) {
    return sql`SELECT DISTINCT 'ext:' || value FROM json_each(${JSON.stringify(customers)})`;
  }
  if (customerFunction === undefined) return sql`SELECT ''`;
  // A loose index scan: from each customer straight to the next one, whatever lies between.
  return sql`
    SELECT customer FROM (
      WITH RECURSIVE next (customer) AS (
        SELECT ''
        UNION ALL
        SELECT (SELECT min(r.customer) FROM meter_rollups AS r WHERE r.meter_id = ${meterId} AND r.customer > next.customer)
        FROM next WHERE next.customer IS NOT NULL
      )
      SELECT customer FROM next WHERE customer <> ''
    )`;
}

/** For all functions but unique: count, sum, least and most of each period and customer, from rollups and tail. */
function numberSql(func: Aggregation["func"], meterId: string | undefined, byCustomer: boolean): SQL {
  const customer = byCustomer ? sql`r.customer` : sql`''`;
  const fromRollups =
    meterId === undefined
      ? sql``
      : sql`SELECT period, ${customer}, count, sum, min, max
        FROM customers AS c CROSS JOIN periods CROSS JOIN meter_rollups AS r
        WHERE r.meter_id = ${meterId} AND r.customer = c.customer AND r.bucket >= low AND r.bucket < high
        UNION ALL`;
  return sql`
    tail (customer, bucket, n, s, least, most) AS MATERIALIZED (
      SELECT customer, bucket, count(*), ${clamp(sql`total(value)`)}, min(value), max(value) FROM event GROUP BY 1, 2
    ),
    part (period, customer, n, s, least, most) AS (
      ${fromRollups}
      SELECT period, customer, n, s, least, most FROM tail CROSS JOIN periods WHERE bucket >= low AND bucket < high
    ),
    each (period, customer, n, s, x) AS (
      SELECT period, customer, sum(n), ${clamp(sql`total(s)`)}, ${reduceSql(func, OF_PARTS)} FROM part GROUP BY period, customer
    ),
    distinct_total (total) AS (SELECT 0)`;
}

/** For unique: the distinct values of each period and customer; NULL stands for events without the property. */
function uniqueSql(meterId: string | undefined, byCustomer: boolean): SQL {
  const customer = byCustomer ? sql`r.customer` : sql`''`;
  const read = (table: SQL, value: SQL) => sql`
    SELECT period, ${customer}, ${value}
    FROM customers AS c CROSS JOIN periods CROSS JOIN ${table} AS r
    WHERE r.meter_id = ${meterId} AND r.customer = c.customer AND r.bucket >= low AND r.bucket < high
    UNION ALL`;
  const fromRollups =
    meterId === undefined
      ? sql``
      : sql`${read(sql`meter_rollups`, sql`NULL`)} ${read(sql`meter_uniques`, sql`r.value`)}`;
  return sql`
    tail (customer, bucket, value) AS MATERIALIZED (SELECT DISTINCT customer, bucket, value FROM event),
    part (period, customer, value) AS MATERIALIZED (
      ${fromRollups}
      SELECT period, customer, value FROM tail CROSS JOIN periods WHERE bucket >= low AND bucket < high
    ),
    each (period, customer, n, s, x) AS (
      SELECT period, customer, 0, 0, count(DISTINCT value) FROM part GROUP BY period, customer
    ),
    distinct_total (total) AS (SELECT count(DISTINCT value) FROM part)`;
}

/** What a function makes of several numbers, given the SQL of each way to take them together. */
function reduceSql(
  func: Aggregation["func"],
  of: { count: SQL; total: SQL; most: SQL; least: SQL; distinct: SQL },
): SQL {
  switch (func) {
    case "count":
      return of.count;
    case "sum":
      return clamp(of.total);
    case "max":
      return of.most;
    case "min":
      return of.least;
    case "avg":
      return sql`${clamp(of.total)} / ${of.count}`;
    case "unique":
      return of.distinct;
  }
}

/** Parts of a customer's period are counts, sums and bounds already. */
const OF_PARTS = {
  count: sql`sum(n)`,
  total: sql`total(s)`,
  most: sql`max(most)`,
  least: sql`min(least)`,
  distinct: sql`NULL`,
};

/** Customers' quantities are plain numbers; a customer without one counts for nothing. */
const OF_CUSTOMERS = {
  count: sql`count(x)`,
  total: sql`total(x)`,
  most: sql`max(x)`,
  least: sql`min(x)`,
  distinct: sql`count(DISTINCT x)`,
};
