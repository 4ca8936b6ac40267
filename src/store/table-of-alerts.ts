import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Alerts of an organization on the balances of its customers. One row per alert. */
export const alerts = sqliteTable(
  "alerts",
  {
    id: text().primaryKey(),
    organization_id: text().notNull(),
    name: text().notNull(),
    meter_id: text().notNull(),
    /** Null for every customer. */
    customer_id: text(),
    basis: text({ enum: ["consumed_units", "balance", "consumed_percent"] }).notNull(),
    /** A JSON array of numbers. */
    thresholds: text().notNull(),
    enabled: integer().notNull(),
    created_at: integer().notNull(),
    modified_at: integer(),
    version: integer().notNull(),
  },
  (table) => [
    index("alerts_by_created_at").on(table.organization_id, table.created_at, table.id),
    // Each ingestion asks whether there are any.
    index("alerts_enabled")
      .on(table.organization_id)
      .where(sql`${table.enabled} = 1`),
  ],
);

/** The thresholds of enabled alerts, in the order in which a growing level reaches them. One row per threshold. */
export const alert_thresholds = sqliteTable(
  "alert_thresholds",
  {
    meter_id: text().notNull(),
    /** '' for every customer. */
    customer_id: text().notNull(),
    basis: text({ enum: ["consumed_units", "balance", "consumed_percent"] }).notNull(),
    /** The threshold, reached at this level and above it; negative for a balance, which is reached from above. */
    level: real().notNull(),
    alert_id: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer_id, table.basis, table.level, table.alert_id] })],
);

/**
 * The balance that a customer had when alerts on the meter were last evaluated, if that included events above the meter's
 * watermark; without a row it is the balance at the watermark. One row per meter and customer.
 */
export const compared_balances = sqliteTable(
  "compared_balances",
  {
    meter_id: text().notNull(),
    customer_id: text().notNull(),
    /** The organization's last seq then. */
    seq: integer().notNull(),
    consumed_units: real().notNull(),
    credited_units: real().notNull(),
  },
  (table) => [primaryKey({ columns: [table.meter_id, table.customer_id] })],
);

/** Each time that a customer has reached thresholds of an alert, for 90 days. */
export const alert_triggers = sqliteTable(
  "alert_triggers",
  {
    id: text().primaryKey(),
    organization_id: text().notNull(),
    alert_id: text().notNull(),
    customer_id: text().notNull(),
    created_at: integer().notNull(),
    /** A JSON array of those that were reached. */
    thresholds: text().notNull(),
    /** The value of the alert's basis then. */
    value: real().notNull(),
    /** When the balance was last reset; null if never. */
    since: integer(),
  },
  (table) => [
    index("alert_triggers_by_alert").on(table.alert_id, table.created_at, table.id),
    index("alert_triggers_by_customer").on(table.customer_id),
    index("alert_triggers_by_created_at").on(table.created_at),
  ],
);
