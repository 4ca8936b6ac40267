import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { numbers } from "./rollup-columns.ts";
export { alert_thresholds, alert_triggers, alerts, compared_balances } from "./table-of-alerts.ts";
export { meter_dimension_uniques, meter_dimensions } from "./table-of-dimensions.ts";
export { event_counts } from "./table-of-event-counts.ts";
export { events } from "./table-of-events.ts";
export { exported_objects } from "./table-of-exported-objects.ts";
export { holds } from "./table-of-holds.ts";
export { session_keys } from "./table-of-session-keys.ts";
export { organization_access_tokens } from "./table-of-access-tokens.ts";
export { meter_total_uniques, meter_uniques, meter_value_counts } from "./table-of-uniques.ts";
export { webhook_attempts, webhook_deliveries, webhook_endpoints, webhook_events } from "./table-of-webhooks.ts";
export { voids } from "./table-of-voids.ts";

// Columns have the names of the wire. Times are milliseconds since 1970 UTC; JSON is text. All tables are STRICT.

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
    /** The organization's events_from when the meter began to count: earlier events had been deleted. */
    events_from: integer(),
    /** A list of properties; null for none. */
    dimensions: text(),
  },
  (table) => [
    index("meters_by_name").on(table.organization_id, table.name, table.id),
    index("meters_by_created_at").on(table.organization_id, table.created_at, table.id),
  ],
);

/** The answers of requests with an Idempotency-Key, for replays: one row per key. */
export const idempotency_keys = sqliteTable(
  "idempotency_keys",
  {
    organization_id: text().notNull(),
    key: text().notNull(),
    fingerprint: text().notNull(),
    answer: text().notNull(),
    created_at: integer().notNull(),
    /** The customer in the answer of a credit or a reset. */
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

/** Customers, deleted ones too: apart from stored answers, the only table with e-mail addresses and names. */
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
    /** The customer has the events of this generation of its external id; null if no deleted customer had it. */
    generation: integer(),
    /** The organization's last seq when the customer was deleted. */
    deleted_seq: integer(),
    /** While the events of a deleted customer are erased: the last bucket that is done, then the last seq of the export. */
    erased_bucket: integer(),
    erased_seq: integer(),
    /** The maximum number of events that remain to be examined. */
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
 * The external ids of deleted customers, with the generation for new events and for the next customer with that external id.
 * It is at least the last seq when the previous customer was deleted, and always increases. One row per external id.
 */
export const generations = sqliteTable(
  "generations",
  { organization_id: text().notNull(), external_id: text().notNull(), generation: integer().notNull() },
  (table) => [primaryKey({ columns: [table.organization_id, table.external_id] })],
);

/** The last seq, and how far activity is collected: one row per organization with events. */
export const organizations = sqliteTable("organizations", {
  id: text().primaryKey(),
  last_seq: integer().notNull(),
  activity_watermark: integer().notNull(),
  /** Events before this time have been deleted by the retention; null if none have. */
  events_from: integer(),
  /** The same, but never set back when events are restored: before it, rollups may include events that are not stored. */
  deleted_before: integer(),
});

/** Writers whose writes are refused, and why: organizations (with the token '') and tokens, one row each. */
export const write_refusals = sqliteTable(
  "write_refusals",
  {
    organization_id: text().notNull(),
    token_id: text().notNull(),
    reason: text({ enum: ["revoked", "moving", "arriving", "moved", "cancelling"] }).notNull(),
    created_at: integer().notNull(),
    /** The progress of a move (`moving`): its phase and the position in it; null at the beginning. */
    progress: text(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.token_id] })],
);

/** When each customer had the first user event, up to the organization's activity_watermark: one row per identity. */
export const customer_activity = sqliteTable(
  "customer_activity",
  { organization_id: text().notNull(), customer: text().notNull(), first_event_at: integer().notNull() },
  (table) => [primaryKey({ columns: [table.organization_id, table.customer] })],
);

const aggregates = () => ({ ...numbers(), last_event_at: integer() });

/** The events up to a meter's watermark, aggregated: one row per customer and bucket, and one per bucket for all (''). */
export const meter_rollups = sqliteTable(
  "meter_rollups",
  { meter_id: text().notNull(), customer: text().notNull(), bucket: integer().notNull(), ...aggregates() },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer, table.bucket] })],
);

/**
 * The same events per customer: one row for all (since 0), and one for those after the seq of the last reset, if any. The sum of a
 * `unique` meter is how many distinct values there are.
 */
export const meter_totals = sqliteTable(
  "meter_totals",
  { meter_id: text().notNull(), customer: text().notNull(), since: integer().notNull(), ...aggregates() },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer, table.since] })],
);

/** The credits of customers on meters since the last reset: one row per meter and customer with a credit or a reset. */
export const meter_balances = sqliteTable(
  "meter_balances",
  {
    meter_id: text().notNull(),
    customer_id: text().notNull(),
    credited_units: real().notNull(),
    /** The seq of the last reset; 0 before the first. */
    reset_seq: integer().notNull(),
    /** When that was; null before the first. */
    reset_at: integer(),
    modified_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer_id] })],
);
