import { and, eq, lte, type SQL, sql } from "drizzle-orm";
import { readBalances } from "../customers/balances.ts";
import { findCustomer, type FoundCustomer } from "../customers/queries.ts";
import { presentBalance } from "../customers/state.ts";
import type { KnownMeter } from "../engine/reading/known-meters.ts";
import { customerMeterId } from "../engine/reading/customer-meter-id.ts";
import { InvalidFields, InvalidToken, ResourceNotFound } from "../errors.ts";
import { readQuantities } from "../meters/quantities.ts";
import { db } from "../store/db.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { events, meter_balances, meters } from "../store/tables.ts";
import { fold } from "../wire/text.ts";
import { presentPortalMeter, type PortalMeter, type ShownMeter } from "./present.ts";
import type { PortalMeterListQuery, PortalQuantitiesQuery } from "./schemas.ts";

/** Finds the customer of a session. */
export function findSessionCustomer(store: Store, customerId: string): Promise<FoundCustomer> {
  return ofSession(findCustomer(store, { id: customerId }));
}

/**
 * Lists the customer's balances, sorted, a page of them: what the customer's state has, in the same round trip.
 * @throws InvalidToken when the customer was deleted, InvalidFields when the meters' names are too long
 */
export async function listPortalMeters(
  store: Store,
  customerId: string,
  { meter_id, query, sorting = ["-modified_at"], limit, offset }: PortalMeterListQuery,
): Promise<{ items: PortalMeter[]; total: number }> {
  const { organizationId } = store;
  const isWanted = ({ id }: KnownMeter) => meter_id?.includes(id) !== false;
  const bytes = sql<number>`octet_length(json_quote(${meters.name})) + octet_length(json_quote(${meters.custom_label}))`;
  const all = sql`(SELECT total(${bytes}) FROM ${meters} WHERE ${eq(meters.organization_id, organizationId)})`;
  const read = await readPortalMeters(store, customerId, isWanted, lte(all, MAX_PAGE_BYTES));
  const found = read.filter(({ meter: { name } }) => query === undefined || fold(name).includes(fold(query)));
  const orders = [...sorting, "meter_id" as const].map((order) => ({ of: VALUES[order.replace("-", "") as Column], sign: order.startsWith("-") ? -1 : 1 })); // prettier-ignore
  const compareAll = (a: PortalMeter, b: PortalMeter) =>
    orders.reduce((sofar, { of, sign }) => sofar || sign * compare(of(a), of(b)), 0);
  return { items: found.toSorted(compareAll).slice(offset, offset + limit), total: found.length };
}

type Column = Exclude<NonNullable<PortalMeterListQuery["sorting"]>[number], `-${string}`>;
type Value = string | number | null;

const VALUES: Record<Column, (item: PortalMeter) => Value> = {
  created_at: (item) => item.created_at,
  modified_at: (item) => item.modified_at,
  meter_id: (item) => item.meter_id,
  meter_name: (item) => item.meter.name,
  consumed_units: (item) => item.consumed_units,
  credited_units: (item) => item.credited_units,
  balance: (item) => item.balance,
};

/** Null is greater than anything. */
function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  return b === null || (a !== null && a < b) ? -1 : 1;
}

/**
 * Finds a balance of the customer.
 * @param isMeant whether a meter is the one that a request names
 * @throws InvalidToken when the customer was deleted, ResourceNotFound
 */
async function findPortalMeter(store: Store, customerId: string, ids: string[]): Promise<PortalMeter> {
  const isOne = sql`${meters.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  const [found] = await readPortalMeters(store, customerId, ({ id }) => ids.includes(id), isOne);
  if (found === undefined) throw new ResourceNotFound("You have no meter with this id.");
  return found;
}

/** Finds a balance of the customer by its id. */
export function findPortalBalance(store: Store, customerId: string, id: string): Promise<PortalMeter> {
  return findPortalMeter(store, customerId, [customerMeterId(id, customerId)]);
}

/**
 * Reads the customer's quantities of a meter, which its own id names, or that of the balance; grouped by its dimensions only,
 * because other properties may be nothing that a customer should see.
 * @throws InvalidToken when the customer was deleted, ResourceNotFound, InvalidFields when the range is too long or `group_by`
 *   is not a dimension
 */
export async function readPortalQuantities(store: Store, customerId: string, id: string, query: PortalQuantitiesQuery) {
  const { meter_id } = await findPortalMeter(store, customerId, [id, customerMeterId(id, customerId)]);
  const requested = { ...query, metadata: [], customer_id: [customerId] };
  return readQuantities(store, meter_id, requested, ({ dimensions = [] }) => requireDimension(query, dimensions));
}

function requireDimension({ group_by: groupBy }: PortalQuantitiesQuery, dimensions: readonly string[]): void {
  if (groupBy === undefined || (groupBy.by !== "customer" && dimensions.includes(groupBy.by.property))) return;
  const expected = dimensions.length === 0 ? "This meter has no dimensions." : `Use one of: ${dimensions.join(", ")}.`;
  const msg = `Only a dimension of the meter can be grouped by. ${expected}`;
  throw new InvalidFields([{ type: "value_error", field: ["group_by"], msg, input: groupBy.name }]);
}

/** Reads the customer's balances with what is shown of their meters, in one snapshot. */
async function readPortalMeters(
  store: Store,
  customerId: string,
  isWanted: (meter: KnownMeter) => boolean,
  condition: SQL,
): Promise<PortalMeter[]> {
  const { organizationId } = store;
  const { id, name, created_at, modified_at, unit, custom_label } = meters;
  const shown = db
    .select({ id, name, created_at, modified_at, unit, custom_label, ingested_at: events.ingested_at })
    .from(meters)
    .leftJoin(meter_balances, and(eq(meter_balances.meter_id, id), eq(meter_balances.customer_id, customerId)))
    .leftJoin(events, and(eq(events.organization_id, organizationId), eq(events.seq, meter_balances.reset_seq)))
    .where(and(eq(meters.organization_id, organizationId), condition));
  const { customer, balances, also } = await ofSession(readBalances<ShownMeter>(store, { id: customerId }, Date.now(), isWanted, shown)); // prettier-ignore
  const byId = new Map(also.map((meter) => [meter.id, meter]));
  return balances.map(({ meter, balance }) => {
    const own = byId.get(meter.id);
    if (own === undefined) throw tooLong();
    return presentPortalMeter(customer.id, presentBalance(customer, meter, balance), own);
  });
}

function tooLong(): InvalidFields {
  const msg = `The names of the organization's meters together have more than ${MAX_PAGE_BYTES} bytes.`;
  return new InvalidFields([{ type: "too_long", field: [], msg }]);
}

/** A session outlives its customer, but shows nothing then. */
async function ofSession<T>(read: Promise<T>): Promise<T> {
  return read.catch((error: unknown) => {
    throw error instanceof ResourceNotFound ? new InvalidToken("The customer of this session was deleted.") : error;
  });
}
