import { type SQL, sql } from "drizzle-orm";
import { UTC_OFFSET_STEP } from "../time/zone.ts";
import { ALL_CUSTOMERS, CUSTOMER_OF_EVENT } from "./customer-key.ts";
import type { CompiledDefinition } from "./definition.ts";

/** The width of a bucket in milliseconds: each calendar period of each time zone is a whole number of buckets. */
export const BUCKET = UTC_OFFSET_STEP;
/** The bucket of an event `e`: its number since 1970 UTC. */
export const BUCKET_OF_EVENT = sql.raw(`(e.timestamp / ${BUCKET})`);
/** A sum stays inside this range: a column never has an infinity, and no sum becomes NaN. */
const MAX_SUM = sql.raw("1.7976931348623157e308");

/** Limits a sum to the range of finite doubles. */
export function clamp(number: SQL): SQL {
  return sql`max(min(${number}, ${MAX_SUM}), -${MAX_SUM})`;
}

/** The last seq that a meter's rollups contain; NULL when its definition is no longer the compiled one. */
export function watermarkOf(meterId: string, definitionVersion: number): SQL {
  return sql`(SELECT watermark FROM meters WHERE id = ${meterId} AND definition_version = ${definitionVersion})`;
}

/** Adds the matching events of a chunk to a meter's rollups: first per customer and bucket, then for all customers. */
export function addToRollups(meterId: string, definition: CompiledDefinition, inChunk: SQL): SQL {
  // A unique meter's rows count the events that match, with or without a value: they tell which customers have events.
  const isUnique = definition.func === "unique";
  const [counts, value] = isUnique ? [sql`1`, sql`NULL`] : [definition.contributes, definition.value];
  return sql`
    WITH matching (customer, bucket, value) AS MATERIALIZED (
      SELECT ${CUSTOMER_OF_EVENT}, ${BUCKET_OF_EVENT}, ${value}
      FROM ${definition.from} WHERE ${inChunk} AND ${definition.matches} AND ${counts}
    ),
    own (customer, bucket, count, sum, min, max) AS MATERIALIZED (
      SELECT customer, bucket, count(*), ${clamp(sql`total(value)`)}, min(value), max(value) FROM matching GROUP BY 1, 2
    )
    INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max)
    SELECT ${meterId}, * FROM (
      SELECT * FROM own
      UNION ALL
      SELECT ${ALL_CUSTOMERS}, bucket, sum(count), ${clamp(sql`total(sum)`)}, min(min), max(max) FROM own GROUP BY bucket
    )
    WHERE true
    ON CONFLICT (meter_id, customer, bucket) DO UPDATE SET
      count = count + excluded.count,
      sum = ${clamp(sql`sum + excluded.sum`)},
      min = min(min, excluded.min),
      max = max(max, excluded.max)`;
}

/** Adds the distinct values of a chunk to a unique meter. */
export function addToUniques(meterId: string, definition: CompiledDefinition, inChunk: SQL): SQL {
  return sql`
    WITH own (customer, bucket, value) AS MATERIALIZED (
      SELECT DISTINCT ${CUSTOMER_OF_EVENT}, ${BUCKET_OF_EVENT}, ${definition.value}
      FROM ${definition.from} WHERE ${inChunk} AND ${definition.matches} AND ${definition.contributes}
    )
    INSERT INTO meter_uniques (meter_id, customer, bucket, value)
    SELECT ${meterId}, * FROM (SELECT * FROM own UNION SELECT ${ALL_CUSTOMERS}, bucket, value FROM own)
    WHERE true ON CONFLICT DO NOTHING`;
}
