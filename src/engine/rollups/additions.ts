import { type SQL, sql } from "drizzle-orm";
import { ALL_CUSTOMERS } from "./customer-key.ts";
import { type CompiledMeter, inSpan, matchingTables, type Span, takenForRollups, takenForUniques } from "./matching.ts";
import { AGGREGATES, clamp, SUMS } from "./rollups.ts";
import { keepsValues } from "../definition/aggregation.ts";

/** The statements that add the events of a span to the rollups and totals of meters, and to the distinct values of unique ones. */
export function addEvents(meters: readonly CompiledMeter[], span: Span): SQL[] {
  const uniques = meters.filter(({ text }) => keepsValues(text.func));
  return [
    addToRollups(meters, span),
    addToTotals(meters, span),
    ...(uniques.length > 0 ? [addToUniques(uniques, span), addToTotalUniques(uniques, span)] : []),
  ];
}

/** The conflict clause that adds a new row to an existing one. */
function addToRow(keys: SQL): SQL {
  return sql`WHERE true
    ON CONFLICT (${keys}) DO UPDATE SET
      count = count + excluded.count,
      sum = ${clamp(sql`sum + excluded.sum`)},
      min = coalesce(min(min, excluded.min), min, excluded.min),
      max = coalesce(max(max, excluded.max), max, excluded.max),
      last_event_at = coalesce(max(last_event_at, excluded.last_event_at), last_event_at, excluded.last_event_at)`;
}

/** Adds rows per customer and bucket, and from these the rows of all customers. */
function addToRollups(meters: readonly CompiledMeter[], span: Span): SQL {
  return sql`
    WITH ${matchingTables(meters, takenForRollups, inSpan(span))},
    own (meter_id, customer, bucket, count, sum, min, max, last_event_at) AS MATERIALIZED (
      SELECT meter_id, customer, bucket, ${AGGREGATES} FROM matching GROUP BY 1, 2, 3
    )
    INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max, last_event_at)
    SELECT * FROM (
      SELECT * FROM own
      UNION ALL
      SELECT meter_id, ${ALL_CUSTOMERS}, bucket, ${SUMS} FROM own GROUP BY meter_id, bucket
    )
    ${addToRow(sql`meter_id, customer, bucket`)}`;
}

/** Adds totals per customer: of all events, and of those after the last reset, if there was one. */
function addToTotals(meters: readonly CompiledMeter[], span: Span): SQL {
  return sql`
    WITH ${matchingTables(meters, takenForRollups, inSpan(span))}
    INSERT INTO meter_totals (meter_id, customer, since, count, sum, min, max, last_event_at)
    SELECT * FROM (
      SELECT meter_id, customer, 0, ${AGGREGATES} FROM matching GROUP BY 1, 2
      UNION ALL
      ${sinceResets(AGGREGATES)} GROUP BY 1, 2, 3
    )
    ${addToRow(sql`meter_id, customer, since`)}`;
}

/** Selects the matching events after their customer's last reset, if there was one. */
function sinceResets(columns: SQL): SQL {
  return sql`SELECT matching.meter_id, matching.customer, so_far.since, ${columns}
      FROM matching CROSS JOIN meter_totals AS so_far
      WHERE matching.meter_id IN (SELECT meter_id FROM metered WHERE has_resets)
        AND so_far.meter_id = matching.meter_id AND so_far.customer = matching.customer
        AND so_far.since > 0 AND so_far.since < matching.seq`;
}

function addToUniques(meters: readonly CompiledMeter[], span: Span): SQL {
  return sql`
    WITH ${matchingTables(meters, takenForUniques, inSpan(span))},
    own (meter_id, customer, bucket, value) AS MATERIALIZED (SELECT DISTINCT meter_id, customer, bucket, value FROM matching)
    INSERT INTO meter_uniques (meter_id, customer, bucket, value)
    SELECT * FROM (
      SELECT * FROM own
      UNION SELECT meter_id, ${ALL_CUSTOMERS}, bucket, value FROM own
    )
    WHERE true ON CONFLICT DO NOTHING`;
}

function addToTotalUniques(meters: readonly CompiledMeter[], span: Span): SQL {
  return sql`
    WITH ${matchingTables(meters, takenForUniques, inSpan(span))}
    INSERT INTO meter_total_uniques (meter_id, customer, since, value)
    SELECT * FROM (
      SELECT meter_id, customer, 0, value FROM matching
      UNION
      ${sinceResets(sql`matching.value`)}
    )
    WHERE true ON CONFLICT DO NOTHING`;
}

/**
 * The statements that count events again for single customers, whose rows have been deleted.
 * @param events a condition on `e`
 */
export function restoreRollups(meter: CompiledMeter, events: SQL): SQL[] {
  const counted = { events, meters: sql`true` };
  const rollups = sql`
    WITH ${matchingTables([meter], takenForRollups, counted)}
    INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max, last_event_at)
    SELECT meter_id, customer, bucket, ${AGGREGATES} FROM matching GROUP BY 1, 2, 3`;
  const uniques = sql`
    WITH ${matchingTables([meter], takenForUniques, counted)}
    INSERT INTO meter_uniques (meter_id, customer, bucket, value)
    SELECT DISTINCT meter_id, customer, bucket, value FROM matching`;
  return keepsValues(meter.text.func) ? [rollups, uniques] : [rollups];
}
