import { and, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import { ResourceNotFound } from "../errors.ts";
import { firstEventsSql } from "../engine/rollups/activity.ts";
import { externalKey } from "../engine/rollups/customer-key.ts";
import {
  isAfterPosition,
  meetsMetadata,
  orderBy,
  pageOf,
  requirePosition,
  type SortColumn,
} from "../store/conditions.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import { given } from "../store/prepared.ts";
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
export type CustomerRef<Given = never> = { id: string | Given; isDeletedToo?: true } | { external_id: string | Given };

const NAMED = given("named");

/** A reference for prepared statements, and the id that stands for `named` in it. */
export function likeRef(ref: CustomerRef): { named: string; like: CustomerRef<SQL> } {
  if ("id" in ref) return { named: ref.id, like: { ...ref, id: NAMED } };
  return { named: ref.external_id, like: { external_id: NAMED } };
}

/** The engine's key for events with a customer's external id; NULL without one. */
export const EXTERNAL_KEY = externalKey(customers.external_id, customers.generation);

/** Selects customers as balances need them. */
export function selectKeys(where: SQL | undefined): SQL {
  return sql`SELECT ${customers.id}, ${EXTERNAL_KEY} FROM ${customers} WHERE ${where}`;
}

/** Matches the undeleted customer that a request names; the sender of webhook events also reads deleted ones. */
export function isNamed(organizationId: string, ref: CustomerRef<SQL>): SQL | undefined {
  if ("id" in ref && ref.isDeletedToo)
    return and(eq(customers.organization_id, organizationId), eq(customers.id, ref.id));
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
export function selectCustomer(organizationId: string, ref: CustomerRef<SQL>): Statement<FoundCustomer> {
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
