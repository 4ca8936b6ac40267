import { type SQL, sql } from "drizzle-orm";
import { ALL_CUSTOMERS } from "../rollups/customer-key.ts";
import { rollupsOfNamed } from "./customer-rollups.ts";
import { rollupTables } from "./dimension-rollups.ts";
import type { QuantitiesQuery } from "./quantities-sql.ts";
import { bucketsOf, slotOf } from "./window.ts";

// The distinct values of one customer key, which can be that of all customers, are counted without reading them, as
// rollups/values.ts says; the tail adds those values that the key does not have. Where a customer has values by both identities,
// they are read, because the same value can have been counted for each.

/** The tables of a statement before `matching`, and after it up to `per_customer` and `distinct_total`. */
export type UniqueTables = { before: SQL[]; after: SQL[]; canBeTooMany: boolean };

/** The first bucket of a period, or of the range, and the one after its last. */
type Bounds = { first: SQL; end: SQL };

/**
 * The tables that count the distinct values of each period, and of all periods together, from the rollups of a meter.
 * @param keys selects the keys of the requested customers; undefined for all customers
 */
export function uniqueTables(meterId: string, query: QuantitiesQuery, keys: SQL | undefined): UniqueTables {
  const { window } = query;
  const { first, end } = bucketsOf(window.range);
  const range: Bounds = { first: sql`${first}`, end: sql`${end}` };
  const period: Bounds = { first: sql`p.first_bucket`, end: sql`p.end_bucket` };
  const places = window.edges === null ? sql`slots ON slot = ${slotOf(window, sql.raw("bucket"))}` : sql`periods`;
  const several = keys && severalTables(meterId, query, keys, range);
  const ofSeveral = several && {
    rows: sql`
      UNION ALL SELECT period, count(DISTINCT value) FROM parts GROUP BY period`,
    total: sql` + (SELECT count(DISTINCT value) FROM parts)`,
  };
  return {
    canBeTooMany: several !== undefined,
    before: several?.before ?? [sql`single (customer) AS MATERIALIZED (SELECT ${ALL_CUSTOMERS})`],
    after: [
      sql`tail (period, value) AS MATERIALIZED (
      SELECT DISTINCT CAST(period AS INTEGER), value FROM matching CROSS JOIN ${places} WHERE value IS NOT NULL
    )`,
      // Its columns have types, without which SQLite makes no index.
      sql`typed (period, first_bucket, end_bucket) AS MATERIALIZED (
      SELECT CAST(period AS INTEGER), first_bucket, end_bucket FROM periods
    )`,
      ...(several ? [several.parts] : []),
      sql`per_customer (period, customer, events, total, quantity) AS (
      SELECT period, ${ALL_CUSTOMERS}, 0, 0, sum(quantity) FROM (
        SELECT period, ${storedSql(meterId, period)} AS quantity FROM periods AS p
        UNION ALL SELECT p.period, count(*) FROM tail AS t CROSS JOIN typed AS p ON p.period = t.period CROSS JOIN single
        WHERE ${isNew(meterId, period)} GROUP BY 1${ofSeveral?.rows}
      ) GROUP BY period
    )`,
      sql`distinct_total (total) AS (
      SELECT ${storedSql(meterId, range)} + (
        SELECT count(*) FROM (SELECT DISTINCT value FROM tail) AS t CROSS JOIN single WHERE ${isNew(meterId, range)}
      )${ofSeveral?.total}
    )`,
    ],
  };
}

/** How many values are stored: each in its first bucket there. */
function storedSql(meterId: string, { first, end }: Bounds): SQL {
  return sql`(
          SELECT coalesce(sum(r.count), 0) FROM single CROSS JOIN meter_value_counts AS r
          WHERE r.meter_id = ${meterId} AND r.customer = single.customer AND r.bucket >= ${first} AND r.bucket < ${end}
            AND r.previous < ${first}
        )`;
}

/** True for a value of the tail that is not stored. */
function isNew(meterId: string, { first, end }: Bounds): SQL {
  return sql`NOT EXISTS (
          SELECT 1 FROM meter_uniques AS u WHERE u.meter_id = ${meterId} AND u.customer = single.customer AND u.value = t.value
            AND u.bucket >= ${first} AND u.bucket < ${end}
        )`;
}

/** `single` has the key of the customers that has values in the range, or NULL if none has; it has no row if several have. */
function severalTables(meterId: string, query: QuantitiesQuery, keys: SQL, { first, end }: Bounds) {
  const of = rollupTables(undefined);
  const several = sql`SELECT customer FROM present WHERE NOT EXISTS (SELECT 1 FROM single)`;
  const rollups = rollupsOfNamed(meterId, query, several, [of.uniques], of);
  return {
    before: [
      sql`named_keys (customer) AS MATERIALIZED (${keys})`,
      sql`present (customer) AS MATERIALIZED (
      SELECT k.customer FROM named_keys AS k WHERE EXISTS (
        SELECT 1 FROM meter_value_counts AS r
        WHERE r.meter_id = ${meterId} AND r.customer = k.customer AND r.bucket >= ${first} AND r.bucket < ${end}
      )
    )`,
      sql`single (customer) AS MATERIALIZED (SELECT max(customer) FROM present HAVING count(*) < 2)`,
      ...rollups.tables,
    ],
    parts: sql`parts (period, value) AS MATERIALIZED (
      SELECT period, value FROM tail WHERE NOT EXISTS (SELECT 1 FROM single)
      UNION ALL SELECT period, value FROM (${rollups.select(of.uniques, sql`r.value AS value`)})
    )`,
  };
}
