import { type SQL, sql } from "drizzle-orm";
import { ALL_CUSTOMERS } from "./customer-key.ts";
import {
  type Compiled,
  type CompiledMeter,
  HAS_RESETS,
  inSpan,
  matchingTables,
  type Span,
  takenForDimensions,
  takenForRollups,
  takenForTotals,
  takenForUniques,
} from "./matching.ts";
import { AGGREGATES, clamp, NUMBERS, SUMS, SUMS_OF_NUMBERS } from "./rollups.ts";
import { addValues, countValues, valueInTotal } from "./values.ts";
import { keepsValues } from "../definition/aggregation.ts";

/** Tables of rollups: what is taken for them, their columns beside meter, customer and bucket, and how these are computed. */
export const ROLLUPS = {
  name: sql`meter_rollups`,
  taken: takenForRollups,
  keys: sql``,
  columns: sql`count, sum, min, max, last_event_at`,
  ofEvents: AGGREGATES,
  ofRows: SUMS,
  groupBy: sql`1, 2, 3`,
};
export const DIMENSIONS: typeof ROLLUPS = {
  name: sql`meter_dimensions`,
  taken: takenForDimensions,
  keys: sql`, dimension, dimension_value`,
  columns: sql`count, sum, min, max`,
  ofEvents: NUMBERS,
  ofRows: SUMS_OF_NUMBERS,
  groupBy: sql`1, 2, 3, 4, 5`,
};

/** Whether events have a value each that is kept. */
export const isUnique = ({ text }: Compiled) => keepsValues(text.func);

/** The statements that add the events of a span to the rollups and totals of meters, and to the distinct values of unique ones. */
export function addEvents(meters: readonly CompiledMeter[], span: Span): SQL[] {
  const [uniques, others] = [meters.filter(isUnique), meters.filter((meter) => !isUnique(meter))];
  return [
    addToRollups(meters, span, ROLLUPS),
    ...(others.length > 0 ? [addToTotals(others, span, AGGREGATES)] : []),
    ...(uniques.length > 0 ? addToTotalsAndValues(uniques, span) : []),
    ...dimensionsOf(meters).flatMap(({ numbers, values }) => [
      ...(numbers.length > 0 ? [addToRollups(numbers, span, DIMENSIONS)] : []),
      ...(values.length > 0 ? [addToDimensionUniques(values, span)] : []),
    ]),
  ];
}

/** The first dimensions of meters, then the second ones, and so on, so that a statement has each meter once. */
export function dimensionsOf(meters: readonly CompiledMeter[]) {
  const most = Math.max(...meters.map(({ dimensions }) => dimensions.length));
  return Array.from({ length: most }, (_, place) => {
    const those = meters.flatMap(({ dimensions }) => dimensions[place] ?? []);
    return { numbers: those.filter((each) => !isUnique(each)), values: those.filter(isUnique) };
  });
}

/** The conflict clause that adds the numbers of a new row to an existing one. */
export function addToRow(keys: SQL): SQL {
  return sql`WHERE true
    ON CONFLICT (${keys}) DO UPDATE SET
      count = count + excluded.count,
      sum = ${clamp(sql`sum + excluded.sum`)},
      min = coalesce(min(min, excluded.min), min, excluded.min),
      max = coalesce(max(max, excluded.max), max, excluded.max)`;
}

/** Continues addToRow for tables that have the column. */
export const ADD_LAST_EVENT = sql`,
      last_event_at = coalesce(max(last_event_at, excluded.last_event_at), last_event_at, excluded.last_event_at)`;

/** Adds rows per customer and bucket, and from these the rows of all customers. */
function addToRollups(meters: readonly Compiled[], span: Span, table: typeof ROLLUPS): SQL {
  const { name, taken, keys, columns, ofEvents, ofRows, groupBy } = table;
  return sql`
    WITH ${matchingTables(meters, taken, inSpan(span))},
    own (meter_id, customer, bucket${keys}, ${columns}) AS MATERIALIZED (
      SELECT meter_id, customer, bucket${keys}, ${ofEvents} FROM matching GROUP BY ${groupBy}
    )
    INSERT INTO ${name} (meter_id, customer, bucket${keys}, ${columns})
    SELECT * FROM (
      SELECT * FROM own
      UNION ALL
      SELECT meter_id, ${ALL_CUSTOMERS}, bucket${keys}, ${ofRows} FROM own GROUP BY meter_id, bucket${keys}
    )
    ${addToRow(sql`meter_id, customer, bucket${keys}`)}${table === ROLLUPS ? ADD_LAST_EVENT : sql``}`;
}

/** The columns of a unique meter's totals, computed from events: the sum is that of new values. */
export const aggregatesOfUnique = (isNew: SQL) =>
  sql`count(*), count(DISTINCT value) FILTER (WHERE ${isNew}), NULL, NULL, max(at)`;

/** Adds totals per customer: of all events, and of those after the last reset, if there was one. */
function addToTotals(meters: readonly CompiledMeter[], span: Span, aggregates: SQL): SQL {
  return sql`
    WITH ${matchingTables(meters, takenForTotals, inSpan(span))}
    INSERT INTO meter_totals (meter_id, customer, since, count, sum, min, max, last_event_at)
    SELECT * FROM (
      SELECT meter_id, customer, since, ${aggregates} FROM (
        SELECT meter_id, customer, 0 AS since, value, at FROM matching
        UNION ALL
        ${sinceResets(sql`value, at`)}
      ) AS t GROUP BY 1, 2, 3
    )
    ${addToRow(sql`meter_id, customer, since`)}${ADD_LAST_EVENT}`;
}

/** The same for unique meters, before their values are added, because only new ones count. */
function addToTotalsAndValues(meters: readonly CompiledMeter[], span: Span): SQL[] {
  const isNew = sql`${valueInTotal("t", "= t.value")} IS NULL`;
  return [
    addToTotals(meters, span, aggregatesOfUnique(isNew)),
    ...addToUniques(meters, span),
    addToTotalUniques(meters, span),
  ];
}

/** Selects the matching events after their customer's last reset, if there was one. */
function sinceResets(columns: SQL): SQL {
  return sql`SELECT matching.meter_id, matching.customer, so_far.since, ${columns}
      FROM matching CROSS JOIN meter_totals AS so_far
      WHERE matching.meter_id IN (SELECT meter_id FROM metered WHERE has_resets)
        AND so_far.meter_id = matching.meter_id AND so_far.customer = matching.customer
        AND so_far.since > 0 AND so_far.since < matching.seq`;
}

function addToUniques(meters: readonly Compiled[], span: Span): SQL[] {
  const own = sql`own (meter_id, customer, bucket, value) AS MATERIALIZED (SELECT DISTINCT meter_id, customer, bucket, value FROM matching)`;
  return addValues({
    meterIds: meters.map(({ id }) => id),
    tables: [matchingTables(meters, takenForUniques, inSpan(span)), own],
    rows: sql`
      SELECT * FROM own
      UNION SELECT meter_id, ${ALL_CUSTOMERS}, bucket, value FROM own
    `,
  });
}

const OF_DIMENSION = sql`dimension, dimension_value, value`;

function addToDimensionUniques(meters: readonly Compiled[], span: Span): SQL {
  return sql`
    WITH ${matchingTables(meters, takenForDimensions, inSpan(span))},
    own (meter_id, customer, bucket, ${OF_DIMENSION}) AS MATERIALIZED (SELECT DISTINCT meter_id, customer, bucket, ${OF_DIMENSION} FROM matching)
    INSERT INTO meter_dimension_uniques (meter_id, customer, bucket, ${OF_DIMENSION})
    SELECT * FROM (
      SELECT * FROM own
      UNION SELECT meter_id, ${ALL_CUSTOMERS}, bucket, ${OF_DIMENSION} FROM own
    )
    WHERE true ON CONFLICT DO NOTHING`;
}

function addToTotalUniques(meters: readonly CompiledMeter[], span: Span): SQL {
  const counted = inSpan(span);
  return sql`
    WITH ${matchingTables(meters, takenForUniques, { ...counted, meters: sql`${counted.meters} AND ${HAS_RESETS}` })}
    INSERT INTO meter_total_uniques (meter_id, customer, since, value)
    SELECT * FROM (${sinceResets(sql`matching.value`)})
    WHERE true ON CONFLICT DO NOTHING`;
}

/**
 * Computes deleted totals of all events again, from rollups and counts of values.
 * @param keys a JSON list of the meter and the customer of each
 */
export function restoreTotals(keys: string, condition: SQL): SQL {
  const sum = clamp(sql`total(sum) + ${countValues(sql`r.meter_id`, sql`r.customer`)}`);
  return sql`
    INSERT INTO meter_totals (meter_id, customer, since, ${ROLLUPS.columns})
    SELECT r.meter_id, r.customer, 0, sum(count), ${sum}, min(min), max(max), max(last_event_at)
    FROM json_each(${keys}) AS k
    CROSS JOIN ${ROLLUPS.name} AS r ON r.meter_id = k.value ->> 0 AND r.customer = k.value ->> 1
    WHERE ${condition} GROUP BY 1, 2`;
}

/**
 * The statements that count events again for single customers, whose rows have been deleted, except for the distinct values of
 * the meter itself.
 * @param events a condition on `e`
 */
export function restoreRollups(meter: CompiledMeter, events: SQL): SQL[] {
  const counted = { events, meters: sql`true` };
  const rollups = (of: Compiled, { name, taken, keys, columns, ofEvents, groupBy }: typeof ROLLUPS) => sql`
    WITH ${matchingTables([of], taken, counted)}
    INSERT INTO ${name} (meter_id, customer, bucket${keys}, ${columns})
    SELECT meter_id, customer, bucket${keys}, ${ofEvents} FROM matching GROUP BY ${groupBy}`;
  const uniques = (of: Compiled) => sql`
    WITH ${matchingTables([of], takenForDimensions, counted)}
    INSERT INTO meter_dimension_uniques (meter_id, customer, bucket, ${OF_DIMENSION})
    SELECT DISTINCT meter_id, customer, bucket, ${OF_DIMENSION} FROM matching`;
  return [
    rollups(meter, ROLLUPS),
    ...meter.dimensions.map((each) => (isUnique(meter) ? uniques(each) : rollups(each, DIMENSIONS))),
  ];
}
