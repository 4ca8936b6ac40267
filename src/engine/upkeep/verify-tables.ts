import { type SQL, sql } from "drizzle-orm";

const NUMBERS = ["count", "sum", "min", "max"];
const AGGREGATES = [...NUMBERS, "last_event_at"];
const OF_DIMENSION = ["customer", "dimension", "bucket", "dimension_value"];
/** The tables of a meter's rollups and totals: their key columns in the order of the primary key, and their aggregates. */
export const TABLES: { name: string; keys: string[]; sums: string[] }[] = [
  { name: "meter_rollups", keys: ["customer", "bucket"], sums: AGGREGATES },
  { name: "meter_uniques", keys: ["customer", "bucket", "value"], sums: [] },
  { name: "meter_value_counts", keys: ["customer", "bucket", "previous"], sums: ["count"] },
  { name: "meter_totals", keys: ["customer", "since"], sums: AGGREGATES },
  { name: "meter_dimensions", keys: OF_DIMENSION, sums: NUMBERS },
  { name: "meter_dimension_uniques", keys: [...OF_DIMENSION, "value"], sums: [] },
];
/** One of these tables. */
export type Table = (typeof TABLES)[number];

/** Those of the key columns that are text; the others are integers. */
export const TEXTS = ["customer", "dimension_value", "value"];

/** By column: whether a row differs. Sums are added up in another order, so their last digits can. */
export const DIFFERS: Record<string, SQL> = {
  meter_id: sql`other.meter_id IS NULL`,
  count: sql`own.count <> other.count`,
  min: sql`own.min IS NOT other.min`,
  max: sql`own.max IS NOT other.max`,
  sum: sql`abs(own.sum - other.sum) > 1e-9 * (abs(own.sum) + max(abs(coalesce(own.min, 0)), abs(coalesce(own.max, 0))))`,
};

/** The comparisons: the rows of each table of the meter with the shadow, then those of the shadow with the meter. */
export const LISTS = TABLES.flatMap((table) => [true, false].map((isOfMeter) => ({ table, isOfMeter })));
