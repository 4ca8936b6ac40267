import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

const places = () => ({ meter_id: text().notNull(), customer: text().notNull(), bucket: integer().notNull() });

/** The distinct values of `unique` meters: one row per value, customer and bucket, as in meter_rollups. */
export const meter_uniques = sqliteTable("meter_uniques", { ...places(), value: text().notNull() }, (table) => [
  primaryKey({ columns: [table.meter_id, table.customer, table.bucket, table.value] }),
  index("meter_uniques_by_value").on(table.meter_id, table.customer, table.value, table.bucket),
]);

/** How many of these rows there are for each bucket, and for each previous bucket of their values. */
export const meter_value_counts = sqliteTable(
  "meter_value_counts",
  {
    ...places(),
    /** The last bucket before this one with the same value; for the first one a number below all buckets. */
    previous: integer().notNull(),
    /** 0 only within a transaction, which deletes such rows. */
    count: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.meter_id, table.customer, table.bucket, table.previous] }),
    index("meter_value_counts_empty")
      .on(table.meter_id)
      .where(sql`${table.count} = 0`),
  ],
);

/** The same values per customer since the last reset, if there was one: one row per value. Those of all events are in meter_uniques. */
export const meter_total_uniques = sqliteTable(
  "meter_total_uniques",
  { meter_id: text().notNull(), customer: text().notNull(), since: integer().notNull(), value: text().notNull() },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer, table.since, table.value] })],
);
