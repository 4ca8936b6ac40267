import { and, eq, exists, isNull, ne, not, or, type SQL, sql } from "drizzle-orm";
import { ResourceNotFound } from "../errors.ts";
import { firstEventsSql } from "../engine/rollups/activity.ts";
import { externalKey, generationOf } from "../engine/rollups/customer-key.ts";
import {
  isAfterPosition,
  meetsMetadata,
  orderBy,
  pageOf,
  requirePosition,
  type SortColumn,
} from "../store/conditions.ts";
import { db, rowIf } from "../store/db.ts";
import { type Idempotency, insertWithKey, type StoredAnswer } from "../store/idempotency.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import type { Position } from "../wire/query.ts";
import type { Statement, Store } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import { fold } from "../wire/text.ts";
import { foldEmail } from "./email.ts";
import type { CustomerListQuery } from "./schemas.ts";

/** A customer as it is stored. */
export type CustomerRow = typeof customers.$inferSelect;
/** A stored customer, and when its first user event happened: milliseconds since 1970 UTC. */
export type FoundCustomer = CustomerRow & { first_user_event_at: number | null };

/** How a request names a customer: by its id here, or by the caller's own id. */
export type CustomerRef = { id: string } | { external_id: string };

/** A field whose value another customer of the organization has. */
export type TakenField = "email" | "external_id";
type Taken = Record<TakenField, number>;

/** The engine's key for events with a customer's external id; NULL without one. */
export const EXTERNAL_KEY = externalKey(customers.external_id, customers.generation);

/** Matches the undeleted customer that a request names. */
export function isNamed(organizationId: string, ref: CustomerRef): SQL | undefined {
  const named = "id" in ref ? eq(customers.id, ref.id) : eq(customers.external_id, ref.external_id);
  return and(isUndeleted(organizationId), named);
}

/** Matches the undeleted customers of an organization. */
export function isUndeleted(organizationId: string): SQL | undefined {
  return and(eq(customers.organization_id, organizationId), isNull(customers.deleted_at));
}

/**
 * Reads a customer of the organization that is not deleted, by an index.
 * @throws ResourceNotFound
 */
export async function findCustomer(store: Store, ref: CustomerRef): Promise<FoundCustomer> {
  const [rows] = await store.read([selectCustomer(store.organizationId, ref)]);
  return onlyCustomer(rows, ref);
}

/** Selects the customer that a request names. */
export function selectCustomer(organizationId: string, ref: CustomerRef): Statement<FoundCustomer> {
  return sql`
    WITH found AS MATERIALIZED (
      SELECT *, ${EXTERNAL_KEY} AS external_key FROM ${customers} WHERE ${isNamed(organizationId, ref)}
    ),
    ${firstEventsSql(organizationId, sql`found`)}
    SELECT found.*, (SELECT at FROM first_events) AS first_user_event_at FROM found`;
}

/**
 * Returns the customer that was selected.
 * @throws ResourceNotFound when there was none
 */
export function onlyCustomer([row]: FoundCustomer[], ref: CustomerRef): FoundCustomer {
  if (row === undefined) throw notFound(ref);
  return row;
}

/** The error for a customer that does not exist. */
export function notFound(ref: CustomerRef): ResourceNotFound {
  return new ResourceNotFound(`No customer in your organization has this ${"id" in ref ? "id" : "external_id"}.`);
}

/** The size of a customer in an answer, in bytes of JSON. */
export const CUSTOMER_BYTES = sql`octet_length(${customers.metadata}) + octet_length(json_quote(${customers.email}))
  + octet_length(json_quote(coalesce(${customers.name}, ''))) * 2
  + octet_length(json_quote(coalesce(${customers.external_id}, ''))) + 700`;

/**
 * Reads one page of an organization's customers and counts them all, in one round trip.
 * @param after the position after which a page by cursor begins, null for the first one; with a cursor nothing is counted
 * @returns no rows when the page would be too large
 */
export async function listCustomers(
  store: Store,
  query: CustomerListQuery,
  after?: Position | null,
): Promise<{ rows: FoundCustomer[]; total: number; next?: Position | null }> {
  const sorting = query.sorting ?? ["-created_at"];
  if (after) requirePosition(after, [...sorting.map((name) => KINDS[nameOf(name)]), "text"]);
  const columns: SortColumn[] = [...sorting.map(columnOf), { column: customers.id, isDescending: false }];
  const where = and(
    isUndeleted(store.organizationId),
    query.email === undefined ? undefined : eq(customers.email_folded, foldEmail(query.email)),
    query.query === undefined ? undefined : isFoundBy(query.query),
    meetsMetadata(customers.metadata, query.metadata),
    after ? isAfterPosition(columns, after) : undefined,
  );
  const order = orderBy(columns);
  const count = after === undefined ? sql`(SELECT count(*)` : sql`EXISTS (SELECT 1`;
  const limit = after === undefined ? query.limit : query.limit + 1;
  const [rows, [counted]] = await store.read([
    sql<FoundCustomer>`
      WITH page (id, external_key, bytes) AS MATERIALIZED (
        SELECT ${customers.id}, ${EXTERNAL_KEY}, ${CUSTOMER_BYTES} FROM ${customers}
        WHERE ${where} ORDER BY ${order} LIMIT ${limit} OFFSET ${query.offset}
      ),
      ${firstEventsSql(store.organizationId, sql`page`)}
      SELECT ${customers}.*, first_events.at AS first_user_event_at
      FROM page CROSS JOIN ${customers} ON ${customers.id} = page.id LEFT JOIN first_events ON first_events.id = page.id
      WHERE (SELECT total(bytes) FROM page) <= ${MAX_PAGE_BYTES} ORDER BY ${order}`,
    sql<{ total: number }>`SELECT ${count} FROM ${customers} WHERE ${where}) AS total`,
  ]);
  const { total } = counted!;
  if (after === undefined) return { rows, total };
  return { ...pageOf(rows, query.limit, (row) => [...sorting.map((name) => row[nameOf(name)]), row.id]), total };
}

/** Matches e-mail addresses and names that contain a text, and external ids that begin with it. */
function isFoundBy(text: string): SQL | undefined {
  const folded = fold(text);
  return or(
    sql`instr(${customers.email_folded}, ${foldEmail(text)}) > 0`,
    sql`instr(${customers.name_folded}, ${folded}) > 0`,
    sql`substr(${customers.external_id_folded}, 1, length(${folded})) = ${folded}`,
  );
}

const KINDS = { created_at: "number", email: "text", name: "text or null" } as const;
type Sorting = NonNullable<CustomerListQuery["sorting"]>[number];
const nameOf = (sorting: Sorting) => sorting.replace("-", "") as Exclude<Sorting, `-${string}`>;

const columnOf = (sorting: Sorting): SortColumn => {
  const name = nameOf(sorting);
  return { column: customers[name], isDescending: sorting.startsWith("-"), isNullable: name === "name" };
};

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
  const statements = [selectTaken(taken), ...insertWithKey(customers, withGeneration(row), creation, isFree(taken))];
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
  const [found, written] = await store.write([
    selectTaken(taken),
    db
      .update(customers)
      .set(set)
      .where(and(isNamed(store.organizationId, row), eq(customers.version, version), isFree(taken))),
  ]);
  return { taken: takenFields(found!.rows), isWritten: (written?.changes ?? 0) > 0 };
}
