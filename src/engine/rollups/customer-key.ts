import { type SQL, sql } from "drizzle-orm";

// A rollup's customer is the identity that the event carried: `id:<customer_id>`, otherwise
// `ext:<external_customer_id>`. Which identities are one customer's is found when reading. Only the metering module
// knows these keys.

/** The requested customers; an event belongs to the union of both lists. Both absent: all customers. */
export type Customers = { ids?: readonly string[] | undefined; externalIds?: readonly string[] | undefined };

/** The key of all customers together. */
export const ALL_CUSTOMERS = sql.raw("''");

/** The key of an event `e`: customer_id counts before external_customer_id. */
export const CUSTOMER_OF_EVENT = sql.raw(
  "(CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END)",
);

/** Matches events `e` of the requested customers; undefined for all customers. */
export function isOfCustomers(organizationId: string, customers: Customers): SQL | undefined {
  const keys = selectCustomerKeys(organizationId, customers);
  return keys && sql`${CUSTOMER_OF_EVENT} IN (${keys})`;
}

/**
 * Selects the keys of the requested customers; undefined for all customers. Each id means both ids of its customer, if
 * that is not deleted; an external id also means itself, whether or not a customer has it.
 */
export function selectCustomerKeys(organizationId: string, { ids, externalIds }: Customers): SQL | undefined {
  if (ids === undefined && externalIds === undefined) return undefined;
  const external = JSON.stringify(externalIds ?? []);
  const own = sql`known.organization_id = ${organizationId} AND known.deleted_at IS NULL`;
  return sql`
    WITH named (id, external_id) AS MATERIALIZED (
      SELECT known.id, known.external_id FROM json_each(${JSON.stringify(ids ?? [])}) AS wanted
      CROSS JOIN customers AS known ON known.id = wanted.value AND ${own}
      UNION SELECT known.id, known.external_id FROM json_each(${external}) AS wanted
      CROSS JOIN customers AS known ON known.external_id = wanted.value AND ${own}
    )
    SELECT 'id:' || id FROM named
    UNION SELECT 'ext:' || external_id FROM named WHERE external_id IS NOT NULL
    UNION SELECT 'ext:' || value FROM json_each(${external})`;
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
