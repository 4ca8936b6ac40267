import { and, eq, isNotNull, type SQL, sql } from "drizzle-orm";
import { Conflict } from "../errors.ts";
import { releaseHolds } from "../engine/reading/held.ts";
import { generationOf } from "../engine/rollups/customer-key.ts";
import { forgetPayloads } from "../outbox/forget.ts";
import { db, type NewRow, rowIf } from "../store/db.ts";
import type { Statement, Store } from "../store/store.ts";
import { customers, generations, idempotency_keys, organizations } from "../store/tables.ts";
import { type CustomerRef, isNamed, notFound } from "./queries.ts";
import { putCustomerEvents } from "./write.ts";

/** A customer's columns without personal data. The external id stays, because it identifies the customer's events. */
const ANONYMOUS = { email: "", email_folded: "", name: null, name_folded: null, metadata: "{}", idempotency_key: null };

/** Columns that are set together with the anonymous ones. */
type More = Partial<NewRow<typeof customers>>;

/**
 * Marks a customer as deleted; its row and its events stay.
 * @param anonymize also removes its e-mail address, name and metadata, and the stored answers that contain them; also from a
 *   customer that is deleted already
 * @throws ResourceNotFound; Conflict when several deleted customers had the external id
 */
export async function deleteCustomer(store: Store, ref: CustomerRef, anonymize: boolean, now: number): Promise<void> {
  if (await markDeleted(store, ref, now, anonymize ? {} : null)) return;
  if (!anonymize || !(await markFormer(store, ref, {}, sql`${customers.email} <> ''`))) throw notFound(ref);
}

/**
 * Marks a customer as deleted, in one transaction, releases its holds, and begins the next generation of its external id.
 * @param more null keeps the personal data; otherwise it is removed, and these columns are set too
 * @returns whether there was such a customer; possibly false if the connection was lost and a repetition found it deleted
 */
export async function markDeleted(store: Store, ref: CustomerRef, now: number, more: More | null): Promise<boolean> {
  const { organizationId: organization_id } = store;
  const named = isNamed(organization_id, ref);
  const last = db
    .select({ last_seq: organizations.last_seq })
    .from(organizations)
    .where(eq(organizations.id, organization_id));
  // A customer can be deleted at the seq at which its generation began; the next generation must still differ.
  const deleted_seq = sql`max(coalesce((${last}), 0), coalesce(${customers.generation} + 1, 0))`;
  const next = { organization_id, external_id: sql`${customers.external_id}`, generation: deleted_seq };
  const begin = db
    .insert(generations)
    .select(rowIf(generations, next, and(named, isNotNull(customers.external_id)), sql`${customers}`))
    .onConflictDoUpdate({
      target: [generations.organization_id, generations.external_id],
      set: { generation: sql`excluded.generation` },
    });
  const version = sql`${customers.version} + 1`;
  const changes = { deleted_at: now, deleted_seq, version, ...(more && { ...ANONYMOUS, ...more }) };
  const mark: Statement[] = [
    releaseHolds(named, now),
    begin,
    ...putCustomerEvents(organization_id, ["customer.deleted", "customer.state_changed"], named, now),
    db.update(customers).set(changes).where(named),
  ];
  const statements = more === null ? mark : [...forget(organization_id, named, now), ...mark];
  const results = await store.write(statements, ...(more === null ? [] : [{ repeat: statements }]));
  return results.at(-1)!.changes > 0;
}

/**
 * Removes the personal data of a customer that was deleted before, in one transaction, and sets more columns.
 * @param condition what must be true of the customer
 * @returns whether there was such a customer
 * @throws Conflict when several deleted customers had the external id
 */
export async function markFormer(store: Store, ref: CustomerRef, more: More, condition: SQL): Promise<boolean> {
  const id = "id" in ref ? ref.id : await findFormer(store, ref.external_id);
  if (id === null) return false;
  const { organizationId } = store;
  const named = and(
    eq(customers.id, id),
    eq(customers.organization_id, organizationId),
    isNotNull(customers.deleted_at),
    condition,
  );
  const statements = [
    ...forget(organizationId, named, Date.now()),
    db
      .update(customers)
      .set({ ...ANONYMOUS, ...more })
      .where(named),
  ];
  const results = await store.write(statements, { repeat: statements });
  return results.at(-1)!.changes > 0;
}

/** The maximum number of ids in an error message. */
const MAX_NAMED = 10;

/**
 * Finds the deleted customer with an external id, if no other customer ever had it.
 * @returns null when no deleted customer had it
 * @throws Conflict when others had it too: a repeated request must not affect an earlier customer
 */
async function findFormer(store: Store, externalId: string): Promise<string | null> {
  const { organizationId } = store;
  const { id, generation, deleted_seq, organization_id, external_id, deleted_at } = customers;
  const isOnly = sql<number>`${generation} IS NULL AND ${deleted_seq} = ${generationOf(organizationId, externalId)}`;
  const [found] = await store.read([
    db
      .select({ id, is_only: isOnly.as("is_only") })
      .from(customers)
      .where(and(eq(organization_id, organizationId), eq(external_id, externalId), isNotNull(deleted_at)))
      .orderBy(deleted_seq)
      .limit(MAX_NAMED),
  ]);
  if (found.length === 0) return null;
  if (found.length === 1 && found[0]!.is_only === 1) return found[0]!.id;
  throw new Conflict(
    `Several customers had this external_id, one after the other. Name the deleted one by its id: ${found.map((row) => row.id).join(", ")}.`,
  );
}

/** Deletes what contains a customer's personal data: payloads, and the stored answers of its creation, and of credits and resets. */
function forget(organizationId: string, named: SQL | undefined, now: number): Statement[] {
  const { organization_id, key, customer_id, answer } = idempotency_keys;
  const keyOfCreation = db.select({ key: customers.idempotency_key }).from(customers).where(named);
  const id = db.select({ id: customers.id }).from(customers).where(named);
  // Keys are deleted after some time, so another request may have used the same key since.
  const isOfCreation = and(eq(key, keyOfCreation), eq(sql`${answer} ->> '$.id'`, id));
  const forgetAnswers = [isOfCreation, eq(customer_id, id)].map((isOfCustomer) =>
    db.delete(idempotency_keys).where(and(eq(organization_id, organizationId), isOfCustomer)),
  );
  return [...forgetAnswers, ...forgetPayloads(organizationId, sql`(${id})`, now)];
}
