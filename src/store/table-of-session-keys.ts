import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The key that signs the sessions of an organization's customers; KV has a copy. One row per organization with sessions. */
export const session_keys = sqliteTable("session_keys", {
  organization_id: text().primaryKey(),
  id: text().notNull(),
  /** 32 bytes in base64url. */
  secret: text().notNull(),
  created_at: integer().notNull(),
  /** The key before: the next replacement deletes it from KV once more, because the last one may have failed there. */
  replaced_id: text(),
});
