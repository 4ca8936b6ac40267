import { type SQL, sql } from "drizzle-orm";
import { ALL_CUSTOMERS } from "../rollups/customer-key.ts";
import { rollupsOfNamed } from "./customer-rollups.ts";
import { rollupTables } from "./dimension-rollups.ts";
import type { QuantitiesQuery } from "./quantities-sql.ts";
import { bucketsOf } from "./window.ts";

// The distinct values of one customer key, which can be that of all customers, are counted without reading them, as
// rollups/values.ts says; the tail adds those values that the key does not have. Where a customer has values by both identities,
// they are read, because the same value can have been counted for each.

/** The tables of a statement before `matching`, and after it up to `per_customer`; and the number of all distinct values. */
export type PartTables = { before: SQL[]; after: SQL[]; distinctTotal: SQL; canBeTooMany: boolean };

/** What stands for all periods together, among the numbers of periods. */
const TOTAL = sql.raw("-1");
/** Counts a value in its period, and in all. */
const EACH_AND_ALL = sql`(SELECT false AS of_all UNION ALL SELECT true)`;

// A second reference to `found` would make SQLite parse all of it twice.
const PER_CUSTOMER = sql`per_customer (period, customer, events, total, quantity) AS (
      SELECT period, ${ALL_CUSTOMERS}, 0, total, quantity FROM (
        SELECT period, sum(quantity) AS quantity, max(sum(quantity)) FILTER (WHERE period = ${TOTAL}) OVER () AS total
        FROM found GROUP BY period
      ) WHERE period <> ${TOTAL}
    )`;

/**
 * The tables that count the distinct values of each period, and of all periods together, from the rollups of a meter.
 * @param keys selects the keys of the requested customers; undefined for all customers
 */
export function uniqueTables(meterId: string, query: QuantitiesQuery, keys: SQL | undefined): PartTables {
  const { window } = query;
  const { first, end } = bucketsOf(window.range);
  const isSingleRow = window.edges !== null;
  const all = isSingleRow ? undefined : sql` UNION ALL SELECT ${TOTAL}, ${first}, ${end}`;
  const several = keys && severalTables(meterId, query, keys);
  // Columns of JSON have no types, without which SQLite makes no index.
  const after = [
    sql`bounds (period, first_bucket, end_bucket) AS MATERIALIZED (
      SELECT CAST(period AS INTEGER), first_bucket, end_bucket FROM periods${all}
    )`,
    sql`tail (period, value) AS MATERIALIZED (
      SELECT DISTINCT CAST(period AS INTEGER), value FROM matching CROSS JOIN slots USING (slot) WHERE value IS NOT NULL
    )`,
    ...(several ? [several.parts] : []),
    sql`found (period, quantity) AS MATERIALIZED (
      ${countedSql(meterId)}${several?.counted}
    )`,
    PER_CUSTOMER,
  ];
  const before = several?.tables ?? [sql`single (customer) AS MATERIALIZED (SELECT ${ALL_CUSTOMERS})`];
  return { before, after, distinctTotal: sql`max(total)`, canBeTooMany: several !== undefined };
}

const within = (row: string) => sql.raw(`${row}.bucket >= b.first_bucket AND ${row}.bucket < b.end_bucket`);

/** The stored values of a single key, each in its first bucket of the period, and those values of the tail that are not stored. */
function countedSql(meterId: string): SQL {
  return sql`SELECT b.period, (
        SELECT coalesce(sum(r.count), 0) FROM meter_value_counts AS r
        WHERE r.meter_id = ${meterId} AND r.customer = s.customer AND ${within("r")} AND r.previous < b.first_bucket
      )
      FROM single AS s CROSS JOIN bounds AS b
      UNION ALL
      SELECT b.period, count(DISTINCT t.value)
      FROM single AS s CROSS JOIN tail AS t CROSS JOIN ${EACH_AND_ALL} CROSS JOIN bounds AS b ON b.period = iif(of_all, ${TOTAL}, t.period)
      WHERE NOT EXISTS (
        SELECT 1 FROM meter_uniques AS u
        WHERE u.meter_id = ${meterId} AND u.customer = s.customer AND u.value = t.value AND ${within("u")}
      ) GROUP BY 1`;
}

/** `single` has the key of the customers that has values in the range, or NULL if none has; it has no row if several have. */
function severalTables(meterId: string, query: QuantitiesQuery, keys: SQL) {
  const { first, end } = bucketsOf(query.window.range);
  const of = rollupTables(undefined);
  const several = sql`SELECT customer FROM present WHERE NOT EXISTS (SELECT 1 FROM single)`;
  const { tables, select } = rollupsOfNamed(meterId, query, several, [of.uniques], of);
  return {
    tables: [
      sql`named_keys (customer) AS MATERIALIZED (${keys})`,
      sql`present (customer) AS MATERIALIZED (
      SELECT k.customer FROM named_keys AS k WHERE EXISTS (
        SELECT 1 FROM meter_value_counts AS r
        WHERE r.meter_id = ${meterId} AND r.customer = k.customer AND r.bucket >= ${first} AND r.bucket < ${end}
      )
    )`,
      sql`single (customer) AS MATERIALIZED (SELECT max(customer) FROM present HAVING count(*) < 2)`,
      ...tables,
    ],
    parts: sql`parts (period, value) AS MATERIALIZED (
      SELECT period, value FROM tail WHERE NOT EXISTS (SELECT 1 FROM single)
      UNION ALL SELECT period, value FROM (${select(of.uniques, sql`r.value AS value`)})
    )`,
    counted: sql`
      UNION ALL SELECT iif(of_all, ${TOTAL}, period), count(DISTINCT value) FROM parts CROSS JOIN ${EACH_AND_ALL} GROUP BY 1`,
  };
}
