import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Objects of the export (R2): which events each has. The row is there first, so that a repetition writes the same object. */
export const exported_objects = sqliteTable(
  "exported_objects",
  {
    organization_id: text().notNull(),
    /** The numbers of its events, of which some may be missing; the next object begins behind the last one. */
    first_seq: integer().notNull(),
    last_seq: integer().notNull(),
    /** When its events were accepted: the midnight of their day, UTC. */
    day: integer().notNull(),
    /** The least and the greatest time of its events. */
    from_timestamp: integer().notNull(),
    to_timestamp: integer().notNull(),
    /** When it was written; null while it may not be there yet. */
    exported_at: integer(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.first_seq] })],
);
