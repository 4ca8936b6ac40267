import { type SQL, sql } from "drizzle-orm";
import { isOneOf } from "../store/conditions.ts";

// A rollup's customer is the identity that the event carried: `id:<customer_id>`, otherwise
// `ext:<external_customer_id>`. Identities are joined when read. Only this file knows these keys.

/** The requested customers; an event belongs to the union of both lists. Both absent: all customers. */
export type Customers = { ids?: readonly string[] | undefined; externalIds?: readonly string[] | undefined };

/** The key of all customers together. */
export const ALL_CUSTOMERS = sql.raw("''");

/** The key of an event `e`: customer_id counts before external_customer_id. */
export const CUSTOMER_OF_EVENT = sql.raw(
  "(CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END)",
);

/** Matches events `e` of the requested customers; undefined for all customers. */
export function isOfCustomers({ ids, externalIds }: Customers): SQL | undefined {
  if (ids === undefined && externalIds === undefined) return undefined;
  // Without a customers resource no customer has an id; an event that carried one is not found by its external id.
  return sql`(e.customer_id IS NULL AND ${isOneOf(sql`e.external_customer_id`, externalIds ?? [])})`;
}

/** Selects the keys whose rollups are read: of the requested customers; undefined for all customers. */
export function selectCustomerKeys({ ids, externalIds }: Customers): SQL | undefined {
  if (ids === undefined && externalIds === undefined) return undefined;
  return sql`SELECT DISTINCT 'ext:' || value FROM json_each(${JSON.stringify(externalIds ?? [])})`;
}

/** Selects each customer key of a meter's rollups, by jumping in the primary key from one to the next. */
export function selectEveryCustomerKey(meterId: string): SQL {
  return sql`
    SELECT customer FROM (
      WITH RECURSIVE next (customer) AS (
        SELECT ${ALL_CUSTOMERS}
        UNION ALL
        SELECT (SELECT min(r.customer) FROM meter_rollups AS r WHERE r.meter_id = ${meterId} AND r.customer > next.customer)
        FROM next WHERE next.customer IS NOT NULL
      )
      SELECT customer FROM next WHERE customer <> ${ALL_CUSTOMERS}
    )`;
}
