import { type SQL, sql } from "drizzle-orm";
import { ResourceNotFound } from "../errors.ts";
import type { Idempotency } from "../http/idempotency.ts";
import { MAX_PAGE_BYTES } from "../http/page.ts";
import { firstEventsSql } from "../metering/activity.ts";
import { all, meetsMetadata } from "../store/conditions.ts";
import { insertWithKey, type StoredAnswer } from "../store/idempotency.ts";
import { assignments, insertOnce } from "../store/statements.ts";
import type { Statement, Store } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import { fold } from "../wire/text.ts";
import { foldEmail } from "./email.ts";
import type { CustomerListQuery } from "./schemas.ts";

/** A customer as it is stored. */
export type CustomerRow = typeof customers.$inferSelect;
/** The columns that answers are made of. */
export type CustomerFields = Pick<
  CustomerRow,
  "id" | "organization_id" | "external_id" | "email" | "name" | "metadata" | "created_at" | "modified_at"
>;
/** A stored customer, and when its first user event happened: milliseconds since 1970 UTC. */
export type FoundCustomer = CustomerRow & { first_user_event_at: number | null };

/** How a request names a customer: by its id here, or by the caller's own id. */
export type CustomerRef = { id: string } | { external_id: string };

/** A field whose value another customer of the organization has. */
export type TakenField = "email" | "external_id";
type Taken = Record<TakenField, number>;

/** Matches the undeleted customer that a request names. */
export function isNamed(organizationId: string, ref: CustomerRef): SQL {
  const named = "id" in ref ? sql`id = ${ref.id}` : sql`external_id = ${ref.external_id}`;
  return sql`organization_id = ${organizationId} AND ${named} AND deleted_at IS NULL`;
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
    WITH found AS MATERIALIZED (SELECT * FROM customers WHERE ${isNamed(organizationId, ref)}),
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

/** The error for a customer that is not there. */
export function notFound(ref: CustomerRef): ResourceNotFound {
  return new ResourceNotFound(`No customer in your organization has this ${"id" in ref ? "id" : "external_id"}.`);
}

/** The size of a customer in an answer, in bytes of JSON. */
export const BYTES = sql.raw(`octet_length(metadata) + octet_length(json_quote(email))
  + octet_length(json_quote(coalesce(name, ''))) * 2 + octet_length(json_quote(coalesce(external_id, ''))) + 700`);

/**
 * Reads one page of an organization's customers and counts them all, in one round trip.
 * @returns no rows when the page would be too large
 */
export async function listCustomers(
  store: Store,
  query: CustomerListQuery,
): Promise<{ rows: FoundCustomer[]; total: number }> {
  const where = all([
    sql`organization_id = ${store.organizationId} AND deleted_at IS NULL`,
    query.email === undefined ? undefined : sql`email_folded = ${foldEmail(query.email)}`,
    query.query === undefined ? undefined : isFoundBy(query.query),
    meetsMetadata(sql`metadata`, query.metadata),
  ]);
  const order = orderOf(query.sorting ?? ["-created_at"]);
  const [rows, [counted]] = await store.read([
    sql<FoundCustomer>`
      WITH page (id, external_id, bytes) AS MATERIALIZED (
        SELECT id, external_id, ${BYTES} FROM customers
        WHERE ${where} ORDER BY ${order} LIMIT ${query.limit} OFFSET ${query.offset}
      ),
      ${firstEventsSql(store.organizationId, sql`page`)}
      SELECT customers.*, first_events.at AS first_user_event_at
      FROM page CROSS JOIN customers ON customers.id = page.id LEFT JOIN first_events ON first_events.id = page.id
      WHERE (SELECT total(bytes) FROM page) <= ${MAX_PAGE_BYTES} ORDER BY ${order}`,
    sql<{ total: number }>`SELECT count(*) AS total FROM customers WHERE ${where}`,
  ]);
  return { rows, total: counted!.total };
}

/** A search finds what contains the text in the e-mail address or the name, and external ids that begin with it. */
function isFoundBy(text: string): SQL {
  const folded = fold(text);
  return sql`(instr(email_folded, ${foldEmail(text)}) > 0 OR instr(name_folded, ${folded}) > 0
    OR substr(external_id_folded, 1, length(${folded})) = ${folded})`;
}

function orderOf(sorting: NonNullable<CustomerListQuery["sorting"]>): SQL {
  const orders = sorting.map((order) => {
    switch (order) {
      case "created_at":
      case "email":
        return `customers.${order}`;
      case "name":
        return "customers.name NULLS LAST";
      case "-created_at":
        return "customers.created_at DESC";
      case "-email":
        return "customers.email DESC";
      case "-name":
        return "customers.name DESC NULLS FIRST";
    }
  });
  return sql.raw([...orders, "customers.id"].join(", "));
}

/** True when another undeleted customer has a row's e-mail address, or its external id. */
function isTaken({ id, organization_id, email_folded, external_id }: CustomerRow): Record<TakenField, SQL> {
  const exists = (condition: SQL) => sql`EXISTS (SELECT 1 FROM customers
    WHERE organization_id = ${organization_id} AND ${condition} AND deleted_at IS NULL AND id <> ${id})`;
  return {
    email: exists(sql`email_folded = ${email_folded}`),
    external_id: exists(sql`external_id = ${external_id}`),
  };
}

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

/** Finds which of some ids no undeleted customer of the organization has: one round trip. */
export async function findUnknownCustomers(store: Store, ids: readonly string[]): Promise<Set<string>> {
  const [unknown] = await store.read([
    sql<{ id: string }>`SELECT value AS id FROM json_each(${JSON.stringify(ids)}) WHERE NOT EXISTS (
      SELECT 1 FROM customers WHERE id = value AND organization_id = ${store.organizationId} AND deleted_at IS NULL)`,
  ]);
  return new Set(unknown.map(({ id }) => id));
}

/** When the first user event of a new customer happened: of those that carried its external id before. */
function firstEventOf({ id, organization_id, external_id }: CustomerRow): SQL {
  return sql`(
    WITH created (id, external_id) AS (SELECT ${id}, ${external_id}), ${firstEventsSql(organization_id, sql`created`)}
    SELECT at FROM first_events)`;
}

/**
 * Stores a new customer, unless others have its values: one transaction, which can be repeated when its outcome is unknown.
 * @returns the fields whose values others have, and when its first user event happened
 */
export async function insertCustomer(
  store: Store,
  row: CustomerRow,
): Promise<{ taken: TakenField[]; firstUserEventAt: number | null }> {
  const taken = isTaken(row);
  const statements = [
    selectTaken(taken),
    insertOnce<typeof customers>("customers", row, sql`NOT ${taken.email} AND NOT ${taken.external_id}`),
    sql`SELECT ${firstEventOf(row)} AS at`,
  ];
  const [found, , first] = await store.write(statements, { repeat: statements });
  const [{ at }] = first!.rows as [{ at: number | null }];
  return { taken: takenFields(found!.rows), firstUserEventAt: at };
}

/**
 * Stores a new customer unless others have its values, or its idempotency key was used before: one transaction.
 * @param answer the customer as JSON, in two parts: the time of its first user event goes between them
 * @returns the fields whose values others have, and what the key has now
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
  const statements = [
    selectTaken(taken),
    ...insertWithKey(customers, row, creation, sql`NOT ${taken.email} AND NOT ${taken.external_id}`),
  ];
  const [found, , , stored] = await store.write(statements, { repeat: statements });
  return { taken: takenFields(found!.rows), stored: stored!.rows[0] as StoredAnswer | undefined };
}

/**
 * Writes the changes of a customer over the version that was read, unless others have its new values: one transaction.
 * @param row the customer with the changes
 * @returns the fields whose values others have, and whether it was written; neither when the version is outdated
 */
export async function writeCustomer(
  store: Store,
  row: CustomerRow,
  changes: Partial<CustomerRow>,
  version: number,
): Promise<{ taken: TakenField[]; isWritten: boolean }> {
  const taken = isTaken(row);
  const [found, written] = await store.write([
    selectTaken(taken),
    sql`UPDATE customers SET ${sql.join(assignments<typeof customers>(changes), sql`, `)}
      WHERE ${isNamed(store.organizationId, row)} AND version = ${version} AND NOT ${taken.email} AND NOT ${taken.external_id}`,
  ]);
  return { taken: takenFields(found!.rows), isWritten: (written?.changes ?? 0) > 0 };
}
