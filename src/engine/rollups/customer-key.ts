import { type AnyColumn, type SQL, sql } from "drizzle-orm";

// A rollup's customer is the identity that the event carried: `id:<customer_id>`, otherwise
// `ext<generation>:<external_customer_id>`, without a number while nobody with the external id was deleted. Which
// identities are one customer's is found when reading. Only the engine knows these keys.

/** The requested customers; an event belongs to the union of both lists. Both absent: all customers. */
export type Customers = { ids?: readonly string[] | undefined; externalIds?: readonly string[] | undefined };

/** The key of all customers together. */
export const ALL_CUSTOMERS = sql.raw("''");

/** A customer, or what was one. */
export type Owner = { id: string; external_id: string | null; generation: number | null };

/** The keys of a customer: by its id, and by its external id if it has one. */
export function keysOf({ id, external_id, generation }: Owner): string[] {
  return [`id:${id}`, ...(external_id === null ? [] : [`ext${generation ?? ""}:${external_id}`])];
}

/** The key by the external id of a customer, or of an event without a customer_id; NULL without one. */
export function externalKey(externalId: AnyColumn | SQL, generation: AnyColumn | SQL): SQL {
  return sql`('ext' || coalesce(${generation}, '') || ':' || ${externalId})`;
}

/** The generation that an external id has for whoever gets it now, and for events that name it; NULL for the first. */
export function generationOf(organizationId: string, externalId: SQL | string): SQL {
  return sql`(SELECT generation FROM generations WHERE organization_id = ${organizationId} AND external_id = ${externalId})`;
}

/** The same for each of many external ids: whether the organization has any generation is looked up once for all of them. */
export function generationIn(organizationId: string, externalId: SQL): SQL {
  const hasAny = sql`EXISTS (SELECT 1 FROM generations WHERE organization_id = ${organizationId})`;
  return sql`CASE WHEN ${hasAny} THEN ${generationOf(organizationId, externalId)} END`;
}

/** The key of an event `e`: customer_id counts before external_customer_id. */
export const CUSTOMER_OF_EVENT = sql`(CASE WHEN e.customer_id IS NULL
      THEN ${externalKey(sql.raw("e.external_customer_id"), sql.raw("e.generation"))} ELSE 'id:' || e.customer_id END)`;

/** The ids that an event `e` carried, by which customers are grouped: those who had an external id one after the other are one. */
export const IDENTITY_OF_EVENT = sql.raw(
  "(CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END)",
);

/** The same, from a key. */
export function identityOf(key: SQL): SQL {
  return sql`(CASE WHEN ${key} GLOB 'ext[0-9]*' THEN 'ext' || substr(${key}, instr(${key}, ':')) ELSE ${key} END)`;
}

/** Matches events `e` of the requested customers; undefined for all customers. */
export function isOfCustomers(organizationId: string, customers: Customers): SQL | undefined {
  const keys = selectCustomerKeys(organizationId, customers);
  return keys && sql`${CUSTOMER_OF_EVENT} IN (${keys})`;
}

/**
 * Selects the keys of the requested customers; undefined for all customers. Each id means both ids of its customer, if
 * that is not deleted; an external id that no customer has means itself, whoever had it.
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

/** Selects the keys of external ids that no customer has: of the events since the last one was deleted, and of all before. */
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
