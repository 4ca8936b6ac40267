import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Where an organization wants webhook events to be sent. One row per endpoint. */
export const webhook_endpoints = sqliteTable(
  "webhook_endpoints",
  {
    organization_id: text().notNull(),
    id: text().notNull(),
    url: text().notNull(),
    name: text(),
    secret: text().notNull(),
    /** The types of events that it gets: a JSON array of texts. */
    events: text().notNull(),
    enabled: integer().notNull(),
    created_at: integer().notNull(),
    modified_at: integer(),
    /** 1 if the last attempt succeeded: healthy endpoints come first. */
    is_healthy: integer().notNull(),
    /** How many deliveries in a row have failed for good. */
    failures: integer().notNull(),
    /** Until then, the invocation with this lease is the only one that sends to it. */
    lease: text(),
    leased_until: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.id] })],
);

/** The outbox: what happened, written in the transaction in which it happened. One row per webhook event. */
export const webhook_events = sqliteTable(
  "webhook_events",
  {
    organization_id: text().notNull(),
    id: text().notNull(),
    type: text().notNull(),
    /** The customer that it is about; null for a test. */
    customer_id: text(),
    /** What the payload has in addition, as JSON: the alert. */
    extra: text(),
    /** The body of requests, made before the first attempt; null before that, and after it was deleted. */
    payload: text(),
    created_at: integer().notNull(),
    /** When it was last attempted; before that, created_at. */
    modified_at: integer().notNull(),
    /** When its payload was deleted: it is not sent any more. */
    archived_at: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.id] }),
    index("webhook_events_by_customer").on(table.customer_id),
    index("webhook_events_to_archive")
      .on(table.modified_at)
      .where(sql`${table.archived_at} IS NULL`),
    index("webhook_events_to_delete")
      .on(table.modified_at)
      .where(sql`${table.archived_at} IS NOT NULL`),
  ],
);

/** What becomes of an event at an endpoint. One row per event and endpoint, in the order of commit. */
export const webhook_deliveries = sqliteTable(
  "webhook_deliveries",
  {
    seq: integer().primaryKey(),
    organization_id: text().notNull(),
    event_id: text().notNull(),
    endpoint_id: text().notNull(),
    attempts: integer().notNull(),
    /** When it is to be attempted: 0 for the first time; null when that is over. */
    next_attempt_at: integer(),
    /** Null until it is over. */
    succeeded: integer(),
    /** 1 if it was given up without an attempt. */
    skipped: integer().notNull(),
    last_http_code: integer(),
  },
  (table) => [
    uniqueIndex("webhook_deliveries_by_event").on(table.organization_id, table.event_id, table.endpoint_id),
    index("webhook_deliveries_due")
      .on(table.endpoint_id, table.next_attempt_at)
      .where(sql`${table.next_attempt_at} IS NOT NULL`),
  ],
);

/** Requests to endpoints, and how each ended. One row per attempt. */
export const webhook_attempts = sqliteTable(
  "webhook_attempts",
  {
    organization_id: text().notNull(),
    event_id: text().notNull(),
    id: text().notNull(),
    endpoint_id: text().notNull(),
    created_at: integer().notNull(),
    succeeded: integer().notNull(),
    http_code: integer(),
    /** The beginning of the answer, or why there was none. */
    response: text(),
  },
  (table) => [
    primaryKey({ columns: [table.event_id, table.id] }),
    index("webhook_attempts_by_created_at").on(table.organization_id, table.created_at, table.id),
  ],
);
