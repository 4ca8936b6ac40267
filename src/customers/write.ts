import { and, eq, exists, ne, not, notExists, type SQL, sql } from "drizzle-orm";
import { compareBalances, compareFirst, withWatchedMeters } from "../engine/reading/compare.ts";
import { firstEventsSql } from "../engine/rollups/activity.ts";
import { externalKey, generationOf } from "../engine/rollups/customer-key.ts";
import {
  addUpSinceResets,
  areUpToDate,
  insertTotals,
  type LinkedTotals,
} from "../engine/rollups/totals-since-resets.ts";
import { ofCustomer, putWebhookEvents } from "../outbox/put.ts";
import type { WebhookEventType } from "../outbox/types.ts";
import { db, rowIf } from "../store/db.ts";
import { type Idempotency, insertWithKey, selectAnswer, type StoredAnswer } from "../store/idempotency.ts";
import type { Statement, Store, Written } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import { type CustomerRow, isNamed, isUndeleted, selectKeys } from "./queries.ts";

/** A field whose value another customer of the organization has. */
export type TakenField = "email" | "external_id";
type Taken = Record<TakenField, number> & { is_current: number };

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

/** @param areCurrent whether alerts are as the statements expect them */
function selectTaken({ email, external_id }: Record<TakenField, SQL>, areCurrent = sql`true`): Statement<Taken> {
  return sql`SELECT ${email} AS email, ${external_id} AS external_id, ${areCurrent} AS is_current`;
}

/** Whether a transaction was as alerts required, by its first statement, which is selectTaken. */
const isCurrent = ([found]: Written[]) => (found!.rows as Taken[])[0]?.is_current !== 0;

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

/** Selects a new customer as balances need it: events may have had its external id before. */
function newKeys(row: CustomerRow): SQL {
  return sql`SELECT ${row.id}, ${externalKey(sql`${row.external_id}`, withGeneration(row).generation)}`;
}

/** The time of a new customer's first user event. */
function firstEventOf(row: CustomerRow): SQL {
  const { organization_id } = row;
  return sql`(
    WITH created (id, external_key) AS (${newKeys(row)}), ${firstEventsSql(organization_id, sql`created`)}
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
  return insertWatched(store, row, isFree(taken), async (isFitting, areCurrent, compared) => {
    const statements = [
      selectTaken(taken, areCurrent),
      ...compared,
      db
        .insert(customers)
        .select(rowIf(customers, withGeneration(row), isFitting))
        .onConflictDoNothing(),
      sql`SELECT ${firstEventOf(row)} AS at`,
      ...putCreated(row),
    ];
    const results = await store.write(statements, { repeat: statements });
    if (!isCurrent(results)) return null;
    const [{ at }] = results[2 + compared.length]!.rows as [{ at: number | null }];
    return { taken: takenFields(results[0]!.rows), firstUserEventAt: at };
  });
}

/**
 * Inserts a customer together with the evaluation of alerts for the events that had its external id before.
 * @param condition on which the customer is stored
 * @param act inserts it on a stricter condition, after the given statements; null when alerts are not as they were read
 */
function insertWatched<T>(
  store: Store,
  row: CustomerRow,
  condition: SQL | undefined,
  act: (isFitting: SQL | undefined, areCurrent: SQL | undefined, compared: SQL[]) => Promise<T | null>,
): Promise<T> {
  return withWatchedMeters(store, (meters, areCurrent) => {
    if (row.external_id === null) return act(condition, undefined, []);
    const isFitting = and(condition, areCurrent);
    const isNew = notExists(db.select({ id: customers.id }).from(customers).where(eq(customers.id, row.id)));
    const created = sql`${newKeys(row)} WHERE ${and(isFitting, isNew)}`;
    const { organization_id: organizationId, created_at: now } = row;
    return act(isFitting, areCurrent, compareFirst({ organizationId, meters, customers: created, now }));
  });
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
  const isFirst = and(isFree(taken), notExists(selectAnswer(creation)));
  return insertWatched(store, row, isFirst, async (isFitting, areCurrent, compared) => {
    const inserts = insertWithKey(customers, withGeneration(row), creation, isFitting);
    const statements = [selectTaken(taken, areCurrent), ...compared, ...inserts, ...putCreated(row)];
    const results = await store.write(statements, { repeat: statements });
    const stored = results[3 + compared.length]!.rows[0] as StoredAnswer | undefined;
    if (stored === undefined && !isCurrent(results)) return null;
    return { taken: takenFields(results[0]!.rows), stored };
  });
}

/**
 * Writes the changes of a customer over the version that was read, unless its new unique values are taken: one transaction.
 * If it gets its external id after resets, what that adds since them is added up before.
 * @param before the customer as it was read
 * @returns the fields whose values are taken, and whether it was written; neither when the version is outdated
 * @throws InvalidFields at `external_id` when there is too much to add up; Conflict
 */
export async function writeCustomer(
  store: Store,
  before: CustomerRow,
  changes: Partial<CustomerRow> & { modified_at: number },
): Promise<{ taken: TakenField[]; isWritten: boolean }> {
  const { organizationId } = store;
  const row = { ...before, ...changes };
  const taken = isTaken(row);
  const named = isNamed(organizationId, row);
  const where = and(named, eq(customers.version, before.version), isFree(taken));
  const update = (set: typeof changes | Record<"generation", SQL>, condition: SQL | undefined): Statement[] => [
    ...putCustomerEvents(organizationId, UPDATED, condition, changes.modified_at),
    db.update(customers).set(set).where(condition),
  ];
  if (changes.external_id == null) {
    const results = await store.write([selectTaken(taken), ...update(changes, where)]);
    return { taken: takenFields(results[0]!.rows), isWritten: (results.at(-1)?.changes ?? 0) > 0 };
  }
  const set = { ...changes, generation: withGeneration(row).generation };
  const linked = before.external_id === null ? { id: row.id, external_id: changes.external_id } : null;
  let totals: LinkedTotals | undefined;
  return withWatchedMeters(store, async (meters, areWatched) => {
    if (linked !== null) totals = await addUpSinceResets(store, linked, totals);
    const areCurrent = totals ? and(areWatched, areUpToDate(organizationId, totals))! : areWatched;
    const compared = { organizationId, meters, customers: selectKeys(named), now: changes.modified_at };
    const condition = and(where, areCurrent);
    const isDue = exists(db.select({ id: customers.id }).from(customers).where(condition));
    const statements = [
      selectTaken(taken, areCurrent),
      ...compareBalances(compared),
      ...(totals ? insertTotals(totals, isDue) : []),
      ...update(set, condition),
    ];
    const results = await store.write([...statements, ...compareBalances(compared)]);
    if (!isCurrent(results)) return null;
    const isWritten = (results[statements.length - 1]?.changes ?? 0) > 0;
    return { taken: takenFields(results[0]!.rows), isWritten };
  });
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
