import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

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

/** How far an organization's events are numbered. */
export const organizations = sqliteTable("organizations", {
  id: text().primaryKey(),
  lastSeq: integer("last_seq").notNull(),
});

/** What happened, in the order in which it was accepted: `seq` counts within the organization. */
export const events = sqliteTable(
  "events",
  {
    organizationId: text("organization_id").notNull(),
    seq: integer().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    source: text().notNull(),
    timestamp: integer().notNull(),
    externalCustomerId: text("external_customer_id").notNull(),
    externalId: text("external_id"),
    parentId: text("parent_id"),
    metadata: text().notNull(),
    ingestedAt: integer("ingested_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organizationId, table.seq] }),
    uniqueIndex("events_by_id").on(table.organizationId, table.id),
    index("events_by_timestamp").on(table.organizationId, table.timestamp),
    uniqueIndex("events_by_external_id")
      .on(table.organizationId, table.externalId)
      .where(sql`${table.externalId} IS NOT NULL`),
  ],
);

/** What a meter made of the events up to its watermark, a quarter of an hour each: for a customer, and for all (''). */
export const meterRollups = sqliteTable(
  "meter_rollups",
  {
    meterId: text("meter_id").notNull(),
    customer: text().notNull(),
    bucket: integer().notNull(),
    count: integer().notNull(),
    sum: real().notNull(),
    min: real(),
    max: real(),
  },
  (table) => [primaryKey({ columns: [table.meterId, table.customer, table.bucket] })],
);

/** The distinct values that a `unique` meter found, a quarter of an hour each: for a customer, and for all (''). */
export const meterUniques = sqliteTable(
  "meter_uniques",
  {
    meterId: text("meter_id").notNull(),
    customer: text().notNull(),
    bucket: integer().notNull(),
    value: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.meterId, table.customer, table.bucket, table.value] })],
);
