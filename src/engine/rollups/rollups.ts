import { type SQL, sql } from "drizzle-orm";
import { UTC_OFFSET_STEP } from "../../time/zone.ts";
import { CUSTOMER_OF_EVENT } from "./customer-key.ts";
import type { CompiledDefinition } from "../definition/definition.ts";
import { keepsValues } from "../definition/aggregation.ts";

/** The width of a bucket in milliseconds: each calendar period of each time zone is a whole number of buckets. */
export const BUCKET = UTC_OFFSET_STEP;
/** The bucket of an event `e`: its number since 1970 UTC. */
export const BUCKET_OF_EVENT = sql.raw(`(e.timestamp / ${BUCKET})`);
/** The maximum absolute value of a sum, so that no column becomes infinite and no sum NaN. */
const MAX_SUM = sql.raw("1.7976931348623157e308");

/** Limits a sum to the range of finite doubles. */
export function clamp(number: SQL): SQL {
  return sql`max(min(${number}, ${MAX_SUM}), -${MAX_SUM})`;
}

/** The last seq that a meter's rollups contain; NULL when its definition is no longer the compiled one. */
export function watermarkOf(meterId: string, definitionVersion: number): SQL {
  return sql`(SELECT watermark FROM meters WHERE id = ${meterId} AND definition_version = ${definitionVersion})`;
}

/** Bucket numbers before the first and after the last one. */
export const BUCKETS = { first: Number.MIN_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER };

/** The columns of a rollup, computed from events. */
export const AGGREGATES = sql`count(*), ${clamp(sql`total(value)`)}, min(value), max(value), max(at)`;
/** The columns of a rollup, computed from other rollups. */
export const SUMS = sql`sum(count), ${clamp(sql`total(sum)`)}, min(min), max(max), max(last_event_at)`;

/** Tables of a WITH clause: the matching events of a condition on `e`, and in `own` their rollups per customer and bucket. */
export function ownRollups(definition: CompiledDefinition, condition: SQL): SQL {
  // A unique meter's rows count the events that match, with or without a value: they tell which customers have events.
  const isUnique = keepsValues(definition.func);
  const [counts, value] = isUnique ? [sql`1`, sql`NULL`] : [definition.contributes, definition.value];
  const at = isUnique ? sql`CASE WHEN ${definition.contributes} THEN e.ingested_at END` : sql`e.ingested_at`;
  return sql`matching (customer, bucket, seq, value, at) AS MATERIALIZED (
      SELECT ${CUSTOMER_OF_EVENT}, ${BUCKET_OF_EVENT}, e.seq, ${value}, ${at}
      FROM ${definition.from} WHERE ${condition} AND ${definition.matches} AND ${counts}
    ),
    own (customer, bucket, count, sum, min, max, last_event_at) AS MATERIALIZED (
      SELECT customer, bucket, ${AGGREGATES} FROM matching GROUP BY 1, 2
    )`;
}

/** Tables of a WITH clause: as `ownRollups`, but in `own` the distinct values per customer and bucket. */
export function ownUniques(definition: CompiledDefinition, condition: SQL): SQL {
  return sql`matching (customer, bucket, seq, value) AS MATERIALIZED (
      SELECT ${CUSTOMER_OF_EVENT}, ${BUCKET_OF_EVENT}, e.seq, ${definition.value}
      FROM ${definition.from} WHERE ${condition} AND ${definition.matches} AND ${definition.contributes}
    ),
    own (customer, bucket, value) AS MATERIALIZED (SELECT DISTINCT customer, bucket, value FROM matching)`;
}
