import { type SQL, sql } from "drizzle-orm";
import { Budget } from "../../jobs/budget.ts";
import { log } from "../../log.ts";
import { causeOf } from "../../store/failures.ts";
import type { Store, Written } from "../../store/store.ts";
import { BUCKETS } from "./rollups.ts";

// Distinct values of a range are counted without reading them: each value once, in its first bucket of the range. That is the
// bucket whose previous one, of the same value, lies before the range. `meter_value_counts` has how many rows of `meter_uniques`
// each bucket has for each previous one, and changes together with them.

/** The previous bucket of the first one. */
const NONE = sql.raw(String(BUCKETS.first));
const LAST = sql.raw(String(BUCKETS.last));

/** Rows of meter_uniques: the tables of a WITH clause, and what selects their meter, customer, bucket and value. */
export type Values = { meterIds: string[]; tables: SQL[]; rows: SQL };

/** The statements that add distinct values, some of which can be there already. */
export function addValues({ meterIds, tables, rows }: Values): SQL[] {
  return [
    changeCounts(tables, rows, true),
    deleteEmpty(meterIds),
    sql`
    ${withTables(tables)}
    INSERT INTO meter_uniques (meter_id, customer, bucket, value)
    SELECT * FROM (${rows})
    WHERE true ON CONFLICT DO NOTHING`,
  ];
}

/** The statements that delete distinct values, all of which are there. */
export function removeValues({ meterIds, tables, rows }: Values): SQL[] {
  return [
    changeCounts(tables, rows, false),
    deleteEmpty(meterIds),
    sql`
    ${withTables(tables)}
    DELETE FROM meter_uniques WHERE (meter_id, customer, bucket, value) IN (${rows})`,
  ];
}

const withTables = (tables: SQL[]) =>
  tables.length === 0 ? sql`` : sql`WITH RECURSIVE ${sql.join(tables, sql`,\n    `)}`;

function deleteEmpty(meterIds: string[]): SQL {
  // Otherwise SQLite takes the primary key, and reads all rows of the meters.
  return sql`DELETE FROM meter_value_counts INDEXED BY meter_value_counts_empty
      WHERE meter_id IN (SELECT value FROM json_each(${JSON.stringify(meterIds)})) AND count = 0`;
}

/** Selects a bucket of the value of a row `r`. */
const bucketBeside = (bucket: string, condition: string) =>
  sql.raw(`(SELECT ${bucket} FROM meter_uniques AS u
        WHERE u.meter_id = r.meter_id AND u.customer = r.customer AND u.value = r.value AND u.bucket ${condition} r.bucket)`);

/**
 * Counts rows that are about to be added, or to be deleted: `stored` is the bucket before each that is stored now, `before` and
 * `after` are those of the rows themselves. A next bucket that is not one of them changes its previous one.
 */
function changeCounts(tables: SQL[], rows: SQL, isAdded: boolean): SQL {
  const found = sql`affected (meter_id, customer, bucket, value) AS (${rows}),
    found AS MATERIALIZED (
      SELECT r.*, coalesce(${bucketBeside("max(u.bucket)", isAdded ? "<=" : "<")}, ${NONE}) AS stored FROM affected AS r
    ),
    changed AS MATERIALIZED (
      SELECT r.*, ${bucketBeside("min(u.bucket)", ">")} AS next, coalesce(lag(bucket) OVER of_value, ${NONE}) AS before,
        coalesce(lead(bucket) OVER of_value, ${LAST}) AS after
      FROM found AS r WHERE stored < bucket WINDOW of_value AS (PARTITION BY meter_id, customer, value ORDER BY bucket)
    )`;
  // The last bucket that stays, before a row that goes: stored before the first of the adjacent rows that go.
  const staying = sql`staying AS MATERIALIZED (
      SELECT *, max(stored) FILTER (WHERE before < stored OR before = ${NONE})
        OVER (PARTITION BY meter_id, customer, value ORDER BY bucket) AS other
      FROM changed
    )`;
  const [from, other] = isAdded ? [sql`changed`, sql`stored`] : [sql`staying`, sql`other`];
  return sql`
    ${withTables([...tables, found, ...(isAdded ? [] : [staying])])}
    INSERT INTO meter_value_counts (meter_id, customer, bucket, previous, count)
    SELECT meter_id, customer, bucket, previous, ${sql.raw(isAdded ? "" : "-")}sum(count) FROM (
      SELECT meter_id, customer, bucket, max(stored, before) AS previous, 1 AS count FROM ${from}
      UNION ALL SELECT meter_id, customer, next, ${other}, -1 FROM ${from} WHERE next < after
      UNION ALL SELECT meter_id, customer, next, bucket, 1 FROM ${from} WHERE next < after
    )
    GROUP BY 1, 2, 3, 4 HAVING sum(count) <> 0
    ON CONFLICT (meter_id, customer, bucket, previous) DO UPDATE SET count = count + excluded.count`;
}

/** How many distinct values a key has in all its buckets: each counts in its first one. */
export function countValues(meter: SQL, customer: SQL): SQL {
  return sql`(SELECT total(v.count) FROM meter_value_counts AS v
      WHERE v.meter_id = ${meter} AND v.customer = ${customer} AND v.previous = ${NONE})`;
}

/**
 * The least value that meets a condition in the total of a row `t` with `meter_id`, `customer` and `since`; NULL if there is none.
 * The values of all events are in buckets, those since a reset are stored by themselves.
 */
export function valueInTotal(t: string, condition: string, customer = `${t}.customer`): SQL {
  const select = (table: string, more = "") => `(SELECT min(u.value) FROM ${table} AS u
        WHERE u.meter_id = ${t}.meter_id AND u.customer = ${customer}${more} AND u.value ${condition})`;
  const sinceReset = select("meter_total_uniques", ` AND u.since = ${t}.since`);
  return sql.raw(`CASE ${t}.since WHEN 0 THEN ${select("meter_uniques")} ELSE ${sinceReset} END`);
}

/** The values of totals that one statement deletes at most: a customer can have very many. */
export const MOST_FORGOTTEN = 10_000;
/** Statements of a request at most: D1 allows 1,000. */
const MOST_STATEMENTS = 800;

/** Deletes some of the distinct values of totals that nothing reads any more. */
export function forgetValues(condition: SQL): SQL {
  const row = sql`meter_id, customer, since, value`;
  return sql`DELETE FROM meter_total_uniques WHERE (${row}) IN (
      SELECT ${row} FROM meter_total_uniques WHERE ${condition} LIMIT ${MOST_FORGOTTEN}
    )`;
}

const isMore = (written: Written[]) => written.some(({ changes }) => changes === MOST_FORGOTTEN);

/** Deletes the others after a reset, which has been entered: if this fails, the next one goes on. */
export async function forgetRest(store: Store, condition: SQL, reset: Written[]): Promise<void> {
  const budget = new Budget({ statements: MOST_STATEMENTS });
  const counted = budget.counted(store);
  try {
    for (let last = reset; isMore(last) && budget.mayGoOn();) last = await counted.write([forgetValues(condition)]);
  } catch (error) {
    log("warn", { error: "ForgetFailed", organization_id: store.organizationId, cause: causeOf(error) });
  }
}
