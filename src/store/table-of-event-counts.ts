import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How many events are stored, up to the organization's activity_watermark: one row per bucket, name and source. */
export const event_counts = sqliteTable(
  "event_counts",
  {
    organization_id: text().notNull(),
    bucket: integer().notNull(),
    name: text().notNull(),
    source: text().notNull(),
    count: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.bucket, table.name, table.source] })],
);
