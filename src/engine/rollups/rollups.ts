import { type SQL, sql } from "drizzle-orm";
import { UTC_OFFSET_STEP } from "../../time/zone.ts";

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

/** The last seq whose event is in customer_activity and event_counts. */
export function activityWatermark(organizationId: string): SQL {
  return sql`(SELECT activity_watermark FROM organizations WHERE id = ${organizationId})`;
}

/** Bucket numbers before the first and after the last one. */
export const BUCKETS = { first: Number.MIN_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER };

/** The numbers of a rollup, computed from events. */
export const NUMBERS = sql`count(*), ${clamp(sql`total(value)`)}, min(value), max(value)`;
/** The columns of a rollup, computed from events. */
export const AGGREGATES = sql`${NUMBERS}, max(at)`;
/** The numbers of a rollup, computed from other rollups. */
export const SUMS_OF_NUMBERS = sql`sum(count), ${clamp(sql`total(sum)`)}, min(min), max(max)`;
/** The columns of a rollup, computed from other rollups. */
export const SUMS = sql`${SUMS_OF_NUMBERS}, max(last_event_at)`;
