import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { numbers } from "./rollup-columns.ts";

const places = () => ({
  meter_id: text().notNull(),
  customer: text().notNull(),
  /** The place of the dimension among those of the meter. */
  dimension: integer().notNull(),
  bucket: integer().notNull(),
  /** The value of the dimension with its kind, as JSON. */
  dimension_value: text().notNull(),
});

/** The rollups of meters with dimensions, by the values of each: one row per value, customer and bucket, and one for all (''). */
export const meter_dimensions = sqliteTable("meter_dimensions", { ...places(), ...numbers() }, (table) => [
  primaryKey({ columns: [table.meter_id, table.customer, table.dimension, table.bucket, table.dimension_value] }),
]);

/** The same for the distinct values of `unique` meters, as in meter_uniques. */
export const meter_dimension_uniques = sqliteTable(
  "meter_dimension_uniques",
  { ...places(), value: text().notNull() },
  (table) => [
    primaryKey({
      columns: [table.meter_id, table.customer, table.dimension, table.bucket, table.dimension_value, table.value],
    }),
  ],
);
