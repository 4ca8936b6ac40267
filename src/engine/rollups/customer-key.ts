import { type AnyColumn, type SQL, sql } from "drizzle-orm";

// A rollup's customer is the identity in the event: `id:<customer_id>`, otherwise `ext<generation>:<external_customer_id>`,
// without a number if no customer with the external id was ever deleted. The identities of one customer are joined when
// reading. These keys are used only inside the engine.

/** The requested customers: the union of both lists, or all customers if both are absent. */
export type Customers = { ids?: readonly string[] | undefined; externalIds?: readonly string[] | undefined };

/** The key of all customers together. */
export const ALL_CUSTOMERS = sql.raw("''");

/** The identities of a customer, which may be deleted. */
export type Owner = { id: string; external_id: string | null; generation: number | null };

/** The keys of a customer: by its id, and by its external id if it has one. */
export function keysOf({ id, external_id, generation }: Owner): string[] {
  return [`id:${id}`, ...(external_id === null ? [] : [`ext${generation ?? ""}:${external_id}`])];
}

/** The key by the external id of a customer, or of an event without a customer_id; NULL without one. */
export function externalKey(externalId: AnyColumn | SQL, generation: AnyColumn | SQL): SQL {
  return sql`('ext' || coalesce(${generation}, '') || ':' || ${externalId})`;
}

/** The current generation of an external id, for new customers and events; NULL for the first one. */
export function generationOf(organizationId: string, externalId: SQL | string): SQL {
  return sql`(SELECT generation FROM generations WHERE organization_id = ${organizationId} AND external_id = ${externalId})`;
}

/** The same for many external ids: whether the organization has any generations is looked up once. */
export function generationIn(organizationId: string, externalId: SQL): SQL {
  const hasAny = sql`EXISTS (SELECT 1 FROM generations WHERE organization_id = ${organizationId})`;
  return sql`CASE WHEN ${hasAny} THEN ${generationOf(organizationId, externalId)} END`;
}

/** The key of an event `e`: customer_id counts before external_customer_id. */
export const CUSTOMER_OF_EVENT = sql`(CASE WHEN e.customer_id IS NULL
      THEN ${externalKey(sql.raw("e.external_customer_id"), sql.raw("e.generation"))} ELSE 'id:' || e.customer_id END)`;

/** The identity of an event `e` without the generation: customers who had the same external id in turn form one group. */
export const IDENTITY_OF_EVENT = sql.raw(
  "(CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END)",
);

/** The identity without the generation, from a key. */
export function identityOf(key: SQL): SQL {
  return sql`(CASE WHEN ${key} GLOB 'ext[0-9]*' THEN 'ext' || substr(${key}, instr(${key}, ':')) ELSE ${key} END)`;
}

/** Matches events `e` of the requested customers; undefined for all customers. */
export function isOfCustomers(organizationId: string, customers: Customers): SQL | undefined {
  const keys = selectCustomerKeys(organizationId, customers);
  return keys && sql`${CUSTOMER_OF_EVENT} IN (${keys})`;
}

/**
 * Selects the keys of the requested customers; undefined for all customers. An id selects both identities of its undeleted
 * customer. An external id without a customer selects itself, in all generations.
 */
export function selectCustomerKeys(organizationId: string, { ids, externalIds }: Customers): SQL | undefined {
  if (ids === undefined && externalIds === undefined) return undefined;
  const external = JSON.stringify(externalIds ?? []);
  const own = sql`known.organization_id = ${organizationId} AND known.deleted_at IS NULL`;
  return sql`
    WITH named (id, external_id, generation) AS MATERIALIZED (
      SELECT known.id, known.external_id, known.generation FROM json_each(${JSON.stringify(ids ?? [])}) AS wanted
      CROSS JOIN customers AS known ON known.id = wanted.value AND ${own}
      UNION SELECT known.id, known.external_id, known.generation FROM json_each(${external}) AS wanted
      CROSS JOIN customers AS known ON known.external_id = wanted.value AND ${own}
    )
    SELECT 'id:' || id FROM named
    UNION SELECT ${externalKey(sql.raw("external_id"), sql.raw("generation"))} FROM named WHERE external_id IS NOT NULL
    ${externalIds === undefined ? sql`` : selectUnowned(organizationId, external)}`;
}

/** Selects the keys of external ids without a customer: of all generations. */
function selectUnowned(organizationId: string, external: string): SQL {
  const wanted = sql.raw("wanted.value");
  const isUnowned = sql`wanted.value NOT IN (SELECT external_id FROM named WHERE external_id IS NOT NULL)`;
  return sql`
    UNION SELECT ${externalKey(wanted, sql.raw("NULL"))} FROM json_each(${external}) AS wanted WHERE ${isUnowned}
    UNION SELECT ${externalKey(wanted, sql.raw("g.generation"))} FROM json_each(${external}) AS wanted
    CROSS JOIN generations AS g ON g.organization_id = ${organizationId} AND g.external_id = wanted.value
    WHERE ${isUnowned}
    UNION SELECT ${externalKey(wanted, sql.raw("former.generation"))} FROM json_each(${external}) AS wanted
    CROSS JOIN customers AS former ON former.organization_id = ${organizationId} AND former.external_id = wanted.value
      AND former.deleted_at IS NOT NULL
    WHERE ${isUnowned}`;
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
