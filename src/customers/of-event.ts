import { type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { customers, events } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import { type Customer, type CustomerFields, PRESENTED, presentCustomer } from "./present.ts";
import { CUSTOMER_BYTES } from "./queries.ts";

// An event is stored with the ids that it was sent with; its customer is resolved when it is read.

/** A customer's own columns, as JSON. */
type Embedded = CustomerFields & { first_user_event_at: number | null };

const c = alias(customers, "c");
const owner = alias(customers, "owner");
const e = alias(events, "e");

/**
 * `LEFT JOIN customers AS c`: the undeleted customer of an event `e`, if there is one. It is found by the customer_id, or by
 * the external id, provided that the event is not older than the deletion of an earlier customer with that external id.
 */
export function joinCustomerOfEvent(organizationId: string): SQL {
  return sql`LEFT JOIN ${customers} AS ${c} ON ${c.organization_id} = ${organizationId} AND ${c.deleted_at} IS NULL
    AND ${c.id} = CASE WHEN ${e.customer_id} IS NULL THEN (
      SELECT ${owner.id} FROM ${customers} AS ${owner} WHERE ${owner.organization_id} = ${organizationId}
        AND ${owner.external_id} = ${e.external_customer_id} AND ${owner.deleted_at} IS NULL
        AND ${owner.generation} IS ${e.generation}
    ) ELSE ${e.customer_id} END`;
}

/** The size of a customer `c` in an answer, in bytes of JSON; NULL without one. */
export const OWNER_BYTES = sql`(SELECT ${CUSTOMER_BYTES} FROM ${customers} WHERE ${customers.id} = ${c.id})`;

/** A customer `c` as JSON text; NULL without one. */
export function customerJson(firstEventAt: SQL): SQL {
  const fields = PRESENTED.map((name) => sql`${sql.raw(`'${name}'`)}, ${c[name]}`);
  return sql`CASE WHEN ${c.id} IS NOT NULL THEN json_object(${sql.join(fields, sql`, `)},
    'first_user_event_at', ${firstEventAt}) END`;
}

/**
 * The customer of an event as the API answers it, from customerJson.
 * @param eventAt the time of a user event that the customer has had since: milliseconds since 1970 UTC
 */
export async function presentCustomerOfEvent(json: string | null, eventAt = Infinity): Promise<Customer | null> {
  if (json === null) return null;
  const customer = parseJson(json) as Embedded;
  const first = Math.min(customer.first_user_event_at ?? Infinity, eventAt);
  return presentCustomer(customer, first === Infinity ? null : first);
}
