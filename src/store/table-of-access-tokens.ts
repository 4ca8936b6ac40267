import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The tokens of organizations, deleted ones too; KV has copies. One row per token. */
export const organization_access_tokens = sqliteTable(
  "organization_access_tokens",
  {
    organization_id: text().notNull(),
    id: text().notNull(),
    /** The SHA-256 of the token, by which KV finds it. */
    hash: text().notNull(),
    scopes: text().notNull(),
    comment: text(),
    created_at: integer().notNull(),
    modified_at: integer(),
    expires_at: integer(),
    /** The lifetime in milliseconds, if the token expires; a successor gets the same. */
    lifetime: integer(),
    /** The start of the last UTC day with a request. */
    last_used_at: integer(),
    revoked_at: integer(),
    version: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.id] }),
    // Deleted tokens are kept, and queries for the others should not read them.
    index("organization_access_tokens_live").on(table.organization_id, table.revoked_at, table.expires_at),
  ],
);
