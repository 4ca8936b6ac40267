import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Events in the order of acceptance: `seq` counts within the organization. One row per event. */
export const events = sqliteTable(
  "events",
  {
    organization_id: text().notNull(),
    seq: integer().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    source: text().notNull(),
    timestamp: integer().notNull(),
    customer_id: text(),
    external_customer_id: text(),
    /** The generation of the external_customer_id when the event was accepted; null if there was none. */
    generation: integer(),
    external_id: text(),
    parent_id: text(),
    metadata: text().notNull(),
    ingested_at: integer().notNull(),
    /** When the event was voided, and why; null for all that count. They are last, so that a NULL takes a byte. */
    voided_at: integer(),
    void_reason: text(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.seq] }),
    // Ids begin with their seq (events/event-id.ts) and need no index.
    index("events_by_timestamp").on(table.organization_id, table.timestamp),
    uniqueIndex("events_by_external_id")
      .on(table.organization_id, table.external_id)
      .where(sql`${table.external_id} IS NOT NULL`),
    check("events_have_a_customer", sql`${table.customer_id} IS NOT NULL OR ${table.external_customer_id} IS NOT NULL`),
  ],
);
