import { and, eq, or, type SQL, sql } from "drizzle-orm";
import { isUndeleted } from "../customers/queries.ts";
import { ResourceNotFound } from "../errors.ts";
import { isOpenHold } from "../engine/reading/held.ts";
import { isAfterPosition, isOneOf, orderBy, pageOf, type SortColumn } from "../store/conditions.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { customers, holds } from "../store/tables.ts";
import type { Position } from "../wire/query.ts";
import type { HoldListQuery, HoldStatus } from "./schemas.ts";

/** A hold as it is stored. */
export type HoldRow = typeof holds.$inferSelect;

/** Selects a hold of the organization. */
export function selectHold(organizationId: string, id: string) {
  return db.select().from(holds).where(isNamed(organizationId, id));
}

/** Matches the hold of the organization that a request names. */
export function isNamed(organizationId: string, id: string): SQL | undefined {
  return and(eq(holds.id, id), eq(holds.organization_id, organizationId));
}

/** Reads a hold: @throws ResourceNotFound */
export async function findHold(store: Store, id: string): Promise<HoldRow> {
  const [rows] = await store.read([selectHold(store.organizationId, id)]);
  return onlyHold(rows);
}

/**
 * Returns the hold that was selected.
 * @throws ResourceNotFound when there was none
 */
export function onlyHold([row]: HoldRow[]): HoldRow {
  if (row === undefined) throw new ResourceNotFound("No hold in your organization has this id.");
  return row;
}

/**
 * Reads one page of an organization's holds and counts them all: one round trip.
 * @param now milliseconds since 1970 UTC, on which it depends which holds are open
 * @param after where the page begins that is read by a cursor, which counts nothing; null for the first one
 */
export async function listHolds(
  store: Store,
  query: HoldListQuery,
  now: number,
  after?: Position | null,
): Promise<{ rows: HoldRow[]; total: number; next?: Position | null }> {
  const { organizationId } = store;
  const { customer_id, external_customer_id, meter_id, status, sorting = ["-created_at"], limit } = query;
  const columns: SortColumn[] = [...sorting.map(columnOf), { column: holds.id, isDescending: false }];
  const named = and(isUndeleted(organizationId), isOneOf(customers.external_id, external_customer_id ?? []));
  const ofExternal = sql`${holds.customer_id} IN (${db.select({ id: customers.id }).from(customers).where(named)})`;
  const where = and(
    eq(holds.organization_id, organizationId),
    customer_id && isOneOf(holds.customer_id, customer_id),
    external_customer_id && ofExternal,
    meter_id && isOneOf(holds.meter_id, meter_id),
    status && or(...status.map((each) => hasStatus(each, now))),
    after ? isAfterPosition(columns, after) : undefined,
  );
  const count = after === undefined ? sql`(SELECT count(*)` : sql`EXISTS (SELECT 1`;
  const [rows, [counted]] = await store.read([
    db
      .select()
      .from(holds)
      .where(where)
      .orderBy(orderBy(columns))
      .limit(after === undefined ? limit : limit + 1)
      .offset(query.offset),
    sql<{ total: number }>`SELECT ${count} FROM ${holds} WHERE ${where}) AS total`,
  ]);
  const { total } = counted!;
  if (after === undefined) return { rows, total };
  return { ...pageOf(rows, limit, (row) => [...sorting.map((order) => row[nameOf(order)]), row.id]), total };
}

function hasStatus(status: HoldStatus, now: number): SQL {
  if (status === "open") return sql`(${isOpenHold(now)})`;
  if (status === "expired") return sql`(status = 'open' AND expires_at <= ${now})`;
  return eq(holds.status, status);
}

type Sorting = NonNullable<HoldListQuery["sorting"]>[number];

const nameOf = (order: Sorting) => order.replace("-", "") as Exclude<Sorting, `-${string}`>;

const columnOf = (order: Sorting): SortColumn => ({
  column: holds[nameOf(order)],
  isDescending: order.startsWith("-"),
});
