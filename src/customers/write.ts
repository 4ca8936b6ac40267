import { and, eq, exists, ne, not, type SQL, sql } from "drizzle-orm";
import { firstEventsSql } from "../engine/rollups/activity.ts";
import { externalKey, generationOf } from "../engine/rollups/customer-key.ts";
import { ofCustomer, putWebhookEvents } from "../outbox/put.ts";
import type { WebhookEventType } from "../outbox/types.ts";
import { db, rowIf } from "../store/db.ts";
import { type Idempotency, insertWithKey, type StoredAnswer } from "../store/idempotency.ts";
import type { Statement, Store } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import { type CustomerRow, isNamed, isUndeleted } from "./queries.ts";

/** A field whose value another customer of the organization has. */
export type TakenField = "email" | "external_id";
type Taken = Record<TakenField, number>;

/** True when another undeleted customer has a row's e-mail address, or its external id. */
function isTaken({ id, organization_id, email_folded, external_id }: CustomerRow): Record<TakenField, SQL> {
  const isOthers = (value: SQL) =>
    exists(
      db
        .select({ id: customers.id })
        .from(customers)
        .where(and(isUndeleted(organization_id), value, ne(customers.id, id))),
    );
  return {
    email: isOthers(eq(customers.email_folded, email_folded)),
    external_id: external_id === null ? sql`false` : isOthers(eq(customers.external_id, external_id)),
  };
}

const isFree = (taken: Record<TakenField, SQL>) => and(not(taken.email), not(taken.external_id));

function selectTaken({ email, external_id }: Record<TakenField, SQL>): Statement<Taken> {
  return sql`SELECT ${email} AS email, ${external_id} AS external_id`;
}

function takenFields(rows: unknown[]): TakenField[] {
  const [taken] = rows as Taken[];
  return (["email", "external_id"] as const).filter((field) => taken?.[field] === 1);
}

/** Finds which of a row's values other customers have. */
export async function findTaken(store: Store, row: CustomerRow): Promise<TakenField[]> {
  const [rows] = await store.read([selectTaken(isTaken(row))]);
  return takenFields(rows);
}

/** Adds the current generation of the external id to a new customer. */
function withGeneration<R extends CustomerRow>(row: R) {
  return { ...row, generation: generationOf(row.organization_id, sql`${row.external_id}`) };
}

/** The time of a new customer's first user event: events may have had its external id before. */
function firstEventOf(row: CustomerRow): SQL {
  const { id, organization_id, external_id } = row;
  const key = externalKey(sql`${external_id}`, withGeneration(row).generation);
  return sql`(
    WITH created (id, external_key) AS (SELECT ${id}, ${key}), ${firstEventsSql(organization_id, sql`created`)}
    SELECT at FROM first_events)`;
}

/**
 * Stores a new customer unless its unique values are taken: one transaction, which can be repeated when its outcome is
 * unknown.
 * @returns the fields whose values are taken, and when its first user event happened
 */
export async function insertCustomer(
  store: Store,
  row: CustomerRow,
): Promise<{ taken: TakenField[]; firstUserEventAt: number | null }> {
  const taken = isTaken(row);
  const statements = [
    selectTaken(taken),
    db
      .insert(customers)
      .select(rowIf(customers, withGeneration(row), isFree(taken)))
      .onConflictDoNothing(),
    sql`SELECT ${firstEventOf(row)} AS at`,
    ...putCreated(row),
  ];
  const [found, , first] = await store.write(statements, { repeat: statements });
  const [{ at }] = first!.rows as [{ at: number | null }];
  return { taken: takenFields(found!.rows), firstUserEventAt: at };
}

/**
 * Stores a new customer unless its unique values are taken or its idempotency key was used before: one transaction.
 * @param answer the customer as JSON in two parts, before and after the time of its first user event
 * @returns the fields whose values are taken, and the stored answer of the key
 */
export async function insertCustomerOnce(
  store: Store,
  row: CustomerRow,
  { key, fingerprint }: Idempotency,
  answer: [before: string, after: string],
): Promise<{ taken: TakenField[]; stored: StoredAnswer | undefined }> {
  const { organization_id, created_at } = row;
  const taken = isTaken(row);
  const time = sql`strftime('%Y-%m-%dT%H:%M:%fZ', ${firstEventOf(row)} / 1000.0, 'unixepoch')`;
  const complete = sql`${answer[0]} || coalesce('"' || ${time} || '"', 'null') || ${answer[1]}`;
  const creation = { organization_id, key, fingerprint, answer: complete, created_at };
  const insert = insertWithKey(customers, withGeneration(row), creation, isFree(taken));
  const statements = [selectTaken(taken), ...insert, ...putCreated(row)];
  const [found, , , stored] = await store.write(statements, { repeat: statements });
  return { taken: takenFields(found!.rows), stored: stored!.rows[0] as StoredAnswer | undefined };
}

/**
 * Writes the changes of a customer over the version that was read, unless its new unique values are taken: one transaction.
 * @param row the customer with the changes
 * @returns the fields whose values are taken, and whether it was written; neither when the version is outdated
 */
export async function writeCustomer(
  store: Store,
  row: CustomerRow,
  changes: Partial<CustomerRow>,
  version: number,
): Promise<{ taken: TakenField[]; isWritten: boolean }> {
  const taken = isTaken(row);
  const set = changes.external_id == null ? changes : { ...changes, generation: withGeneration(row).generation };
  const where = and(isNamed(store.organizationId, row), eq(customers.version, version), isFree(taken));
  const results = await store.write([
    selectTaken(taken),
    ...putCustomerEvents(store.organizationId, UPDATED, where, changes.modified_at!),
    db.update(customers).set(set).where(where),
  ]);
  return { taken: takenFields(results[0]!.rows), isWritten: (results.at(-1)?.changes ?? 0) > 0 };
}

const UPDATED = ["customer.updated", "customer.state_changed"] as const;

/** Puts webhook events about customers that meet a condition into the outbox. */
export function putCustomerEvents(
  organizationId: string,
  types: readonly WebhookEventType[],
  where: SQL | undefined,
  now: number,
): [SQL, SQL] {
  return putWebhookEvents(organizationId, ofCustomer(types, sql`SELECT id FROM ${customers} WHERE ${where}`), now);
}

/** Puts the webhook events of a new customer into the outbox, if it was stored. */
function putCreated({ id, organization_id, created_at }: CustomerRow): [SQL, SQL] {
  const isStored = isNamed(organization_id, { id });
  return putCustomerEvents(organization_id, ["customer.created", "customer.state_changed"], isStored, created_at);
}
