import { sql } from "drizzle-orm";
import { index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Units of a meter that are reserved for a customer, and how each reservation ended. One row per hold, for 30 days after its end. */
export const holds = sqliteTable(
  "holds",
  {
    id: text().primaryKey(),
    organization_id: text().notNull(),
    customer_id: text().notNull(),
    /** Set when the customer was named by it: then the event of the settlement carries it. */
    external_customer_id: text(),
    meter_id: text().notNull(),
    units: real().notNull(),
    metadata: text().notNull(),
    /** An open hold counts until it expires; nothing is written then. */
    status: text({ enum: ["open", "settled", "released"] }).notNull(),
    created_at: integer().notNull(),
    modified_at: integer(),
    expires_at: integer().notNull(),
    /** When it was settled or released; before that, when it expires. */
    ends_at: integer().notNull(),
    /** The event by which it was settled, the fingerprint of what was sent then, and the timestamp if one was sent. */
    event_id: text(),
    settlement: text(),
    settlement_timestamp: integer(),
  },
  (table) => [
    // It has all that the sum of a customer's open holds needs.
    index("holds_open")
      .on(table.customer_id, table.meter_id, table.expires_at, table.units)
      .where(sql`${table.status} = 'open'`),
    index("holds_by_created_at").on(table.organization_id, table.created_at),
    index("holds_by_customer").on(table.customer_id, table.created_at),
    index("holds_by_end").on(table.ends_at),
  ],
);
