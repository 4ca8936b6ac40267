import { and, eq, type SQL, sql } from "drizzle-orm";
import { db, type NewRow } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { customers, idempotency_keys } from "../store/tables.ts";
import { type CustomerRef, isNamed, notFound } from "./queries.ts";

/** What a customer is without personal data. The external id stays: it says which events were the customer's. */
const ANONYMOUS = { email: "", email_folded: "", name: null, name_folded: null, metadata: "{}", idempotency_key: null };

/**
 * Marks a customer as deleted; its row and its events stay.
 * @param anonymize also removes its e-mail address, name and metadata, and the answers that have them
 * @throws ResourceNotFound
 */
export async function deleteCustomer(store: Store, ref: CustomerRef, anonymize: boolean, now: number): Promise<void> {
  if (!(await markDeleted(store, ref, now, anonymize ? {} : null))) throw notFound(ref);
}

/**
 * Marks a customer as deleted, in one transaction.
 * @param more null keeps the personal data; otherwise it is removed, and these columns are set too
 * @returns whether there was such a customer; unknown when the connection was lost and a repetition found it done
 */
export async function markDeleted(
  store: Store,
  ref: CustomerRef,
  now: number,
  more: Partial<NewRow<typeof customers>> | null,
): Promise<boolean> {
  const named = isNamed(store.organizationId, ref);
  const changes = { deleted_at: now, version: sql`${customers.version} + 1`, ...(more && { ...ANONYMOUS, ...more }) };
  const mark = db.update(customers).set(changes).where(named);
  const statements = more === null ? [mark] : [...forgetAnswers(store.organizationId, named), mark];
  const results = await store.write(statements, ...(more === null ? [] : [{ repeat: statements }]));
  return results.at(-1)!.changes > 0;
}

/** Deletes the stored answers that show a customer: to its creation, and to credits and resets. */
function forgetAnswers(organizationId: string, named: SQL | undefined) {
  const { organization_id, key, customer_id } = idempotency_keys;
  const keyOfCreation = db.select({ key: customers.idempotency_key }).from(customers).where(named);
  const id = db.select({ id: customers.id }).from(customers).where(named);
  return [eq(key, keyOfCreation), eq(customer_id, id)].map((isOfCustomer) =>
    db.delete(idempotency_keys).where(and(eq(organization_id, organizationId), isOfCustomer)),
  );
}
