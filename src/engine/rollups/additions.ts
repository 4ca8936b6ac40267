import { type SQL, sql } from "drizzle-orm";
import { ALL_CUSTOMERS } from "./customer-key.ts";
import { type CompiledMeter, matchingTables, type Span, takenForRollups, takenForUniques } from "./matching.ts";
import { AGGREGATES, bucketSince, clamp, FIRST_BUCKET, SUMS } from "./rollups.ts";
import { keepsValues } from "../definition/aggregation.ts";

/** What the events add to customers whose balances were reset before: those after that reset. */
function addedSinceResets(columns: SQL): SQL {
  return sql`
      SELECT matching.meter_id, since.customer, since.bucket, ${columns}
      FROM matching CROSS JOIN meter_rollups AS since
        ON since.meter_id = matching.meter_id AND since.customer = matching.customer
        AND since.bucket > ${FIRST_BUCKET} AND since.bucket < ${bucketSince(sql`matching.seq`)}
      WHERE matching.meter_id IN (SELECT meter_id FROM metered WHERE has_resets)`;
}

/**
 * The statements that add the events of a span to the rollups of meters, and to the distinct values of those that are unique: per
 * customer and bucket; from these for all customers, and for each customer all together; and those after a customer's last
 * reset.
 */
export function addEvents(meters: readonly CompiledMeter[], span: Span): SQL[] {
  const uniques = meters.filter(({ text }) => keepsValues(text.func));
  return [addToRollups(meters, span), ...(uniques.length > 0 ? [addToUniques(uniques, span)] : [])];
}

function addToRollups(meters: readonly CompiledMeter[], span: Span): SQL {
  return sql`
    WITH ${matchingTables(meters, takenForRollups, span)},
    own (meter_id, customer, bucket, count, sum, min, max, last_event_at) AS MATERIALIZED (
      SELECT meter_id, customer, bucket, ${AGGREGATES} FROM matching GROUP BY 1, 2, 3
    )
    INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max, last_event_at)
    SELECT * FROM (
      SELECT * FROM own
      UNION ALL
      SELECT meter_id, ${ALL_CUSTOMERS}, bucket, ${SUMS} FROM own GROUP BY meter_id, bucket
      UNION ALL
      SELECT meter_id, customer, ${bucketSince(0)}, ${SUMS} FROM own GROUP BY meter_id, customer
      UNION ALL
      ${addedSinceResets(AGGREGATES)} GROUP BY 1, 2, 3
    )
    WHERE true
    ON CONFLICT (meter_id, customer, bucket) DO UPDATE SET
      count = count + excluded.count,
      sum = ${clamp(sql`sum + excluded.sum`)},
      min = coalesce(min(min, excluded.min), min, excluded.min),
      max = coalesce(max(max, excluded.max), max, excluded.max),
      last_event_at = coalesce(max(last_event_at, excluded.last_event_at), last_event_at, excluded.last_event_at)`;
}

function addToUniques(meters: readonly CompiledMeter[], span: Span): SQL {
  return sql`
    WITH ${matchingTables(meters, takenForUniques, span)},
    own (meter_id, customer, bucket, value) AS MATERIALIZED (SELECT DISTINCT meter_id, customer, bucket, value FROM matching)
    INSERT INTO meter_uniques (meter_id, customer, bucket, value)
    SELECT * FROM (
      SELECT * FROM own
      UNION SELECT meter_id, ${ALL_CUSTOMERS}, bucket, value FROM own
      UNION SELECT meter_id, customer, ${bucketSince(0)}, value FROM own
      UNION ${addedSinceResets(sql`matching.value`)}
    )
    WHERE true ON CONFLICT DO NOTHING`;
}
