import { type SQL, sql } from "drizzle-orm";
import { assignments } from "../store/statements.ts";
import type { Store } from "../store/store.ts";
import type { customers } from "../store/tables.ts";
import { type CustomerRef, isNamed, notFound } from "./queries.ts";

/** What a customer is without personal data. The external id stays: it says which events were the customer's. */
const ANONYMOUS = { email: "", email_folded: "", name: null, name_folded: null, metadata: "{}", idempotency_key: null };

/**
 * Marks a customer as deleted; its row and its events stay.
 * @param anonymize also removes its e-mail address, name and metadata, and the answers that have them
 * @throws ResourceNotFound
 */
export async function deleteCustomer(store: Store, ref: CustomerRef, anonymize: boolean, now: number): Promise<void> {
  if (!(await markDeleted(store, ref, now, anonymize ? [] : null))) throw notFound(ref);
}

/**
 * Marks a customer as deleted, in one transaction.
 * @param more null keeps the personal data; otherwise it is removed, and these columns are set too
 * @returns whether there was such a customer; unknown when the connection was lost and a repetition found it done
 */
export async function markDeleted(store: Store, ref: CustomerRef, now: number, more: SQL[] | null): Promise<boolean> {
  const named = isNamed(store.organizationId, ref);
  const changes = assignments<typeof customers>({ deleted_at: now, ...(more && ANONYMOUS) });
  const mark = sql`UPDATE customers SET ${sql.join([...changes, ...(more ?? [])], sql`, `)}, version = version + 1
      WHERE ${named}`;
  const statements = more === null ? [mark] : [...forgetAnswers(store.organizationId, named), mark];
  const results = await store.write(statements, ...(more === null ? [] : [{ repeat: statements }]));
  return results.at(-1)!.changes > 0;
}

/** Deletes the stored answers that show a customer: to its creation, and to credits and resets. */
function forgetAnswers(organizationId: string, named: SQL): SQL[] {
  const keys = sql`DELETE FROM idempotency_keys WHERE organization_id = ${organizationId}`;
  return [
    sql`${keys} AND key = (SELECT idempotency_key FROM customers WHERE ${named})`,
    sql`${keys} AND customer_id = (SELECT id FROM customers WHERE ${named})`,
  ];
}
