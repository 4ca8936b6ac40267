import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

// Columns are declared by their SQL names, which are the names on the wire too. Times are integer milliseconds since
// 1970 UTC; JSON is text. `npm run migrations:generate` adds STRICT and WITHOUT ROWID.

/** Meters: their definitions, and how far each is aggregated. One row per meter. */
export const meters = sqliteTable(
  "meters",
  {
    id: text().primaryKey(),
    organization_id: text().notNull(),
    name: text().notNull(),
    name_folded: text().notNull(),
    unit: text({ enum: ["scalar", "token", "custom"] }).notNull(),
    custom_label: text(),
    custom_multiplier: integer(),
    filter: text().notNull(),
    aggregation: text().notNull(),
    metadata: text().notNull(),
    created_at: integer().notNull(),
    modified_at: integer(),
    archived_at: integer(),
    version: integer().notNull(),
    definition_version: integer().notNull(),
    watermark: integer().notNull(),
    /** The organization's events_from when the meter began to count: earlier events were no longer there. */
    events_from: integer(),
  },
  (table) => [
    index("meters_by_name").on(table.organization_id, table.name, table.id),
    index("meters_by_created_at").on(table.organization_id, table.created_at, table.id),
  ],
);

/** What a request with an Idempotency-Key did, and what answers it again: one row per key. */
export const idempotency_keys = sqliteTable(
  "idempotency_keys",
  {
    organization_id: text().notNull(),
    key: text().notNull(),
    fingerprint: text().notNull(),
    answer: text().notNull(),
    created_at: integer().notNull(),
    /** Whom the answer shows, if it is that of a credit or a reset. */
    customer_id: text(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.key] }),
    index("idempotency_keys_by_customer")
      .on(table.organization_id, table.customer_id)
      .where(sql`${table.customer_id} IS NOT NULL`),
    index("idempotency_keys_by_created_at").on(table.created_at),
  ],
);

/** Customers, deleted ones too: the only table with e-mail addresses and names, beside answers to creations. */
export const customers = sqliteTable(
  "customers",
  {
    id: text().primaryKey(),
    organization_id: text().notNull(),
    external_id: text(),
    external_id_folded: text(),
    email: text().notNull(),
    email_folded: text().notNull(),
    name: text(),
    name_folded: text(),
    metadata: text().notNull(),
    idempotency_key: text(),
    created_at: integer().notNull(),
    modified_at: integer(),
    deleted_at: integer(),
    version: integer().notNull(),
    /** Which events with the external id are the customer's: those of this generation; null if nobody had it before. */
    generation: integer(),
    /** The organization's last seq when the customer was deleted. */
    deleted_seq: integer(),
    /** While the events of a deleted customer are erased, in the order of their times: the last bucket that is done. */
    erased_bucket: integer(),
    /** How many events are still to be examined at most. */
    erase_remaining: integer(),
  },
  (table) => [
    uniqueIndex("customers_by_email")
      .on(table.organization_id, table.email_folded)
      .where(sql`${table.deleted_at} IS NULL`),
    uniqueIndex("customers_by_external_id")
      .on(table.organization_id, table.external_id)
      .where(sql`${table.deleted_at} IS NULL`),
    index("customers_by_created_at")
      .on(table.organization_id, table.created_at, table.id)
      .where(sql`${table.deleted_at} IS NULL`),
    index("customers_deleted_by_external_id")
      .on(table.organization_id, table.external_id)
      .where(sql`${table.deleted_at} IS NOT NULL AND ${table.external_id} IS NOT NULL`),
  ],
);

/**
 * The external ids of deleted customers: events carry the generation, and so does the next customer with the external id. It
 * is the last seq when the customer before was deleted, or more: no two are equal. One row per external id.
 */
export const generations = sqliteTable(
  "generations",
  { organization_id: text().notNull(), external_id: text().notNull(), generation: integer().notNull() },
  (table) => [primaryKey({ columns: [table.organization_id, table.external_id] })],
);

/** The last number that was given to an event, and how far activity is collected: one row per organization with events. */
export const organizations = sqliteTable("organizations", {
  id: text().primaryKey(),
  last_seq: integer().notNull(),
  activity_watermark: integer().notNull(),
  /** Events before this time have been deleted because they are older than the retention; null when all are kept. */
  events_from: integer(),
  /** The same, but never set back when events are restored: what is before it may have counted more than is stored. */
  deleted_before: integer(),
});

/** Who may not write, and why: an organization (with the token ''), or one of its tokens. One row for each. */
export const write_refusals = sqliteTable(
  "write_refusals",
  {
    organization_id: text().notNull(),
    token_id: text().notNull(),
    reason: text({ enum: ["revoked", "moving", "arriving", "moved", "cancelling"] }).notNull(),
    created_at: integer().notNull(),
    /** How far the move is, beside `moving`: its phase, and where in it; null at its beginning. */
    progress: text(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.token_id] })],
);

/** Tokens that the organization's requests may carry, deleted ones too: what KV has is a copy. One row per token. */
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
    /** For how many milliseconds it was made, if it expires: its successor lives as long. */
    lifetime: integer(),
    /** The beginning of the last day (UTC) with a request. */
    last_used_at: integer(),
    revoked_at: integer(),
    version: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.id] }),
    // Deleted tokens stay for ever, and are not read by what asks about all the others.
    index("organization_access_tokens_live").on(table.organization_id, table.revoked_at, table.expires_at),
  ],
);

/** When each customer had the first user event, up to the organization's activity_watermark: one row per identity. */
export const customer_activity = sqliteTable(
  "customer_activity",
  { organization_id: text().notNull(), customer: text().notNull(), first_event_at: integer().notNull() },
  (table) => [primaryKey({ columns: [table.organization_id, table.customer] })],
);

/** What happened, in the order of acceptance: `seq` counts within the organization. One row per event. */
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
    /** That of the external_customer_id when the event was accepted; null until a customer with it is deleted. */
    generation: integer(),
    external_id: text(),
    parent_id: text(),
    metadata: text().notNull(),
    ingested_at: integer().notNull(),
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

const aggregates = () => ({
  count: integer().notNull(),
  sum: real().notNull(),
  min: real(),
  max: real(),
  last_event_at: integer(),
});

/** The events up to a meter's watermark, aggregated: one row per customer and bucket, and one per bucket for all (''). */
export const meter_rollups = sqliteTable(
  "meter_rollups",
  { meter_id: text().notNull(), customer: text().notNull(), bucket: integer().notNull(), ...aggregates() },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer, table.bucket] })],
);

/** The same events per customer: one row for all of them (0), and one for those behind the seq of the last reset, if any. */
export const meter_totals = sqliteTable(
  "meter_totals",
  { meter_id: text().notNull(), customer: text().notNull(), since: integer().notNull(), ...aggregates() },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer, table.since] })],
);

/** What customers were credited on meters since their last reset, if any: one row per meter and customer with either. */
export const meter_balances = sqliteTable(
  "meter_balances",
  {
    meter_id: text().notNull(),
    customer_id: text().notNull(),
    credited_units: real().notNull(),
    /** The seq of the last reset; 0 before the first. */
    reset_seq: integer().notNull(),
    modified_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer_id] })],
);

/** The distinct values that a `unique` meter found: one row per value, for each customer and bucket as in meter_rollups. */
export const meter_uniques = sqliteTable(
  "meter_uniques",
  { meter_id: text().notNull(), customer: text().notNull(), bucket: integer().notNull(), value: text().notNull() },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer, table.bucket, table.value] })],
);

/** The same values per customer: one row per value, for all events and since the last reset as in meter_totals. */
export const meter_total_uniques = sqliteTable(
  "meter_total_uniques",
  { meter_id: text().notNull(), customer: text().notNull(), since: integer().notNull(), value: text().notNull() },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer, table.since, table.value] })],
);
