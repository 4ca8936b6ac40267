import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Times are integer milliseconds since 1970 UTC; JSON is text, written and read by the table's queries. */
export const meters = sqliteTable(
  "meters",
  {
    id: text().primaryKey(),
    organizationId: text("organization_id").notNull(),
    name: text().notNull(),
    nameFolded: text("name_folded").notNull(),
    unit: text({ enum: ["scalar", "token", "custom"] }).notNull(),
    customLabel: text("custom_label"),
    customMultiplier: integer("custom_multiplier"),
    filter: text().notNull(),
    aggregation: text().notNull(),
    metadata: text().notNull(),
    createdAt: integer("created_at").notNull(),
    modifiedAt: integer("modified_at"),
    archivedAt: integer("archived_at"),
    version: integer().notNull().default(1),
    definitionVersion: integer("definition_version").notNull().default(1),
    watermark: integer().notNull().default(0),
  },
  (table) => [
    index("meters_by_name").on(table.organizationId, table.name, table.id),
    index("meters_by_created_at").on(table.organizationId, table.createdAt, table.id),
  ],
);

/** What a request with an Idempotency-Key made, and its answer, word for word. */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    organizationId: text("organization_id").notNull(),
    key: text().notNull(),
    fingerprint: text().notNull(),
    status: integer().notNull(),
    answer: text().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.key] })],
);
