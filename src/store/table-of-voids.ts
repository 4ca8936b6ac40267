import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** When events were voided: kept after the retention has deleted them, for the case that they are restored. One row per event. */
export const voids = sqliteTable(
  "voids",
  { organization_id: text().notNull(), seq: integer().notNull(), voided_at: integer().notNull() },
  (table) => [primaryKey({ columns: [table.organization_id, table.seq] })],
);
