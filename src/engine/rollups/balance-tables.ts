import { type SQL, sql } from "drizzle-orm";
import { type Aggregation, FUNCTIONS } from "../definition/aggregation.ts";
import { AGGREGATES, clamp, SUMS } from "./rollups.ts";
import { valueInTotal } from "./values.ts";

/**
 * The tables of a WITH clause that ends with `balances`: they add up the totals of the keys in `keyed`, and the events in
 * `tail`.
 * @param hasUnique whether any of the meters counts distinct values
 * @param hasBefore whether the tail has the column `is_candidate`, and the balances have the columns without these events
 */
export function resultTables(hasUnique: boolean, hasBefore: boolean): SQL[] {
  return [...(hasUnique ? [valuesSql(hasBefore)] : []), sumsSql(hasUnique, hasBefore), resultSql(hasBefore)];
}

/** Totals and tail of each pair, added up; with a candidate also without it. */
function sumsSql(hasUnique: boolean, hasBefore: boolean): SQL {
  const columns = sql`customer_id, meter_id, func, credited, changed_at, count, sum, min, max, last_event_at`;
  const soFar = sql`so_far.count, so_far.sum, so_far.min, so_far.max, so_far.last_event_at`;
  const before = hasBefore
    ? {
        columns: sql`, is_counted, count_before, sum_before, min_before, max_before, last_event_at_before`,
        sums: sql`, max(is_counted), sum(count_before), ${clamp(sql`total(sum_before)`)}, min(min_before), max(max_before),
        max(last_event_at_before)`,
        soFar: sql`, false AS is_counted, so_far.count AS count_before, so_far.sum AS sum_before, so_far.min AS min_before,
          so_far.max AS max_before, so_far.last_event_at AS last_event_at_before`,
        tail: sql`, max(is_candidate), ${AGGREGATES_BEFORE}`,
      }
    : undefined;
  const isCandidate = hasBefore ? sql`, is_candidate` : sql``;
  const tail = sql`(
          SELECT customer_id, meter_id, func, CASE WHEN func <> 'unique' THEN value END AS value, at${isCandidate} FROM tail
          UNION ALL SELECT customer_id, meter_id, 'unique', value, NULL${isCandidate} FROM distinct_values
        )`;
  return sql`sums (${columns}${before?.columns}) AS MATERIALIZED (
      SELECT customer_id, meter_id, func, max(credited), max(changed_at), ${SUMS}${before?.sums}
      FROM (
        SELECT k.customer_id, k.meter_id, k.func, k.credited, k.changed_at, ${soFar}${before?.soFar}
        FROM keyed AS k LEFT JOIN meter_totals AS so_far
          ON so_far.meter_id = k.meter_id AND so_far.customer = k.customer AND so_far.since = k.since
        UNION ALL
        SELECT customer_id, meter_id, func, NULL, NULL, ${AGGREGATES}${before?.tail} FROM ${hasUnique ? tail : sql`tail`} GROUP BY 1, 2, 3
      ) GROUP BY 1, 2, 3
    )`;
}

const BEFORE = sql`FILTER (WHERE NOT is_candidate)`;
const AGGREGATES_BEFORE = sql`count(*) ${BEFORE}, ${clamp(sql`total(value) ${BEFORE}`)}, min(value) ${BEFORE}, max(value) ${BEFORE}, max(at) ${BEFORE}`;

/**
 * What distinct values add to the sums of totals: 1 for one of the tail that no key of its pair has, and -1 for one that both keys
 * have. To find the latter, those of the key with fewer are looked up one by one.
 */
function valuesSql(hasBefore: boolean): SQL {
  const [column, none] = hasBefore ? [sql`, is_candidate`, sql`, false`] : [sql``, sql``];
  const earliest = hasBefore ? sql`, min(is_candidate) AS is_candidate` : sql``;
  return sql`smaller (customer_id, meter_id, since, customer, other, value) AS (
      SELECT *, '' FROM (
        SELECT k.customer_id, k.meter_id, k.since, k.customer,
          lead(k.customer) OVER (PARTITION BY k.customer_id, k.meter_id ORDER BY so_far.sum) AS other
        FROM keyed AS k CROSS JOIN meter_totals AS so_far
          ON so_far.meter_id = k.meter_id AND so_far.customer = k.customer AND so_far.since = k.since
        WHERE k.func = 'unique' AND so_far.sum > 0
      ) WHERE other IS NOT NULL
      UNION ALL
      SELECT customer_id, meter_id, since, customer, other, ${valueInTotal("smaller", "> smaller.value")} FROM smaller WHERE value IS NOT NULL
    ),
    distinct_values (customer_id, meter_id, value${column}) AS (
      SELECT customer_id, meter_id, 1${column} FROM (
        SELECT customer_id, meter_id, value${earliest} FROM tail WHERE func = 'unique' GROUP BY 1, 2, 3
      ) AS t
      WHERE NOT EXISTS (
        SELECT 1 FROM keyed AS k
        WHERE k.customer_id = t.customer_id AND k.meter_id = t.meter_id AND ${valueInTotal("k", "= t.value")} IS NOT NULL
      )
      UNION ALL
      SELECT customer_id, meter_id, -1${none} FROM smaller WHERE ${valueInTotal("smaller", "= smaller.value", "smaller.other")} IS NOT NULL
    )`;
}

/** Each function as SQL on a pair's sums `s`. */
const CONSUMED: Record<Aggregation["func"], (suffix: string) => string> = {
  count: (suffix) => `s.count${suffix}`,
  sum: (suffix) => `s.sum${suffix}`,
  max: (suffix) => `s.max${suffix}`,
  min: (suffix) => `s.min${suffix}`,
  avg: (suffix) => `s.sum${suffix} / s.count${suffix}`,
  unique: (suffix) => `s.sum${suffix}`,
};

/** Units that a pair has consumed, and when it last changed. */
function consumedSql(suffix = ""): SQL {
  const cases = FUNCTIONS.map((func) => `WHEN '${func}' THEN ${CONSUMED[func](suffix)}`).join(" ");
  const last = `s.last_event_at${suffix}`;
  return sql.raw(`coalesce(CASE s.func ${cases} END, 0) AS consumed${suffix},
          coalesce(max(s.changed_at, ${last}), s.changed_at, ${last}) AS modified_at${suffix}`);
}

function resultSql(hasBefore: boolean): SQL {
  const more = sql`, is_counted, consumed_before, balance_before, modified_before`;
  const before = sql`, is_counted, consumed_before, ${clamp(sql`credited - consumed_before`)}, modified_at_before`;
  return sql`balances (customer_id, meter_id, consumed_units, credited_units, balance, modified_at${hasBefore ? more : undefined}) AS MATERIALIZED (
      SELECT customer_id, meter_id, consumed, credited, ${clamp(sql`credited - consumed`)}, modified_at${hasBefore ? before : undefined}
      FROM (
        SELECT s.customer_id, s.meter_id, s.credited, ${consumedSql()}${
          hasBefore ? sql`, is_counted, ${consumedSql("_before")}` : undefined
        }
        FROM sums AS s
        WHERE (SELECT is_affordable FROM affordable)
      )
    )`;
}
