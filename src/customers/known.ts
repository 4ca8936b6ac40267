import { and, eq, notExists, type SQL, sql } from "drizzle-orm";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import { isUndeleted } from "./queries.ts";

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
