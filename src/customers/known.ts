import { and, eq, notExists, type SQL, sql } from "drizzle-orm";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { customers, events } from "../store/tables.ts";
import { isUndeleted, selectKeys } from "./queries.ts";

/** Selects which of some ids no undeleted customer of the organization has. */
function selectUnknown(organizationId: string, ids: readonly string[]) {
  const id = sql<string>`value`;
  const isKnown = and(eq(customers.id, id), isUndeleted(organizationId));
  return db
    .select({ id: id.as("id") })
    .from(sql`json_each(${JSON.stringify(ids)})`)
    .where(notExists(db.select({ id: customers.id }).from(customers).where(isKnown)));
}

/** Finds which of some ids no undeleted customer of the organization has: one round trip. */
export async function findUnknownCustomers(store: Store, ids: readonly string[]): Promise<Set<string>> {
  const [unknown] = await store.read([selectUnknown(store.organizationId, ids)]);
  return new Set(unknown.map((row) => row.id));
}

/** True while each of some ids is that of an undeleted customer of the organization. */
export function areCustomers(organizationId: string, ids: readonly string[]): SQL {
  return ids.length === 0 ? sql`true` : notExists(selectUnknown(organizationId, ids));
}

/** Selects the customers of some events, by either identity, as balances need them. */
export function selectKeysOf(organizationId: string, seqs: readonly number[]): SQL {
  const { organization_id, seq, customer_id, external_customer_id } = events;
  const among = sql`FROM ${events} WHERE ${organization_id} = ${organizationId}
    AND ${seq} IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`;
  const isOne = sql`(${customers.id} IN (SELECT ${customer_id} ${among})
    OR ${customers.external_id} IN (SELECT ${external_customer_id} ${among}))`;
  return selectKeys(and(isUndeleted(organizationId), isOne));
}
