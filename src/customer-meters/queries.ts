import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { isUndeleted } from "../customers/queries.ts";
import { InvalidFields, ResourceNotFound } from "../errors.ts";
import { scanTooLarge, STATEMENT_BUDGET } from "../engine/definition/scan-cost.ts";
import { readSingle } from "../engine/reading/affordable.ts";
import { partsOf } from "../engine/reading/meter-parts.ts";
import { customerMeterId } from "../engine/reading/customer-meter-id.ts";
import { type KnownMeter, readWithMeters } from "../engine/reading/known-meters.ts";
import { isOneOf, pageOf, requirePosition } from "../store/conditions.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import type { Position } from "../wire/query.ts";
import type { CustomerMeterListQuery } from "./schemas.ts";
import {
  type CustomerMeterRow,
  isAffordable,
  isPlain,
  ofPairs,
  type Page,
  PLAIN,
  type SelectedRow,
  selectBalances,
  selectWanted,
} from "./select-page.ts";

/** The maximum number of pairs (customers × meters) that are sorted, and of those that are sorted by a computed balance. */
const [MAX_PAIRS, MAX_COMPUTED] = [100_000, 10_000];

/**
 * Reads one page of balances and, without a cursor, counts them all: one round trip if the organization's meters are cached, else two. If the
 * order does not depend on a balance, only the page's balances are computed, in several statements if one takes too long.
 * @param now milliseconds since 1970 UTC
 * @returns no rows when the page would be too large
 * @throws InvalidFields when there are too many pairs, meters, or recent events to read at once
 */
export async function listCustomerMeters(
  store: Store,
  requested: CustomerMeterListQuery,
  now: number,
  after?: Position | null,
): Promise<{ rows: CustomerMeterRow[]; total: number; next?: Position | null }> {
  if (after) requirePosition(after, ["text", "text", "number", "text or null"]);
  const query = { ...requested, ...(after === undefined ? {} : byCursor(requested)), after };
  const { rows: page, total } = await readPage(store, query, now);
  if (after === undefined) return { rows: page, total };
  // A page is empty if it is too large, or if its customers were deleted meanwhile.
  const isCut = page.length === 0 && total > 0 && requested.limit > 1;
  const first = isCut ? await listCustomerMeters(store, { ...requested, limit: 1 }, now, after) : null;
  return { ...pageOf(page, requested.limit, positionOf), total: first?.rows.length ?? 0 };
}

type BalancePage = { rows: CustomerMeterRow[]; total: number };

async function readPage(store: Store, query: CustomerMeterListQuery & Page, now: number): Promise<BalancePage> {
  const { organizationId } = store;
  const { customer_id, external_customer_id, sorting } = query;
  const where = and(
    customer_id === undefined ? isUndeleted(organizationId) : isOneOfIds(organizationId, customer_id),
    external_customer_id && isOneOf(customers.external_id, external_customer_id),
  );
  const { meters, rows } = await readWithMeters(store, (known) => {
    const chosen = chooseMeters(known, query);
    if (partsOf(chosen).length > 1) throw tooManyMeters(chosen.length);
    const most = Math.floor(mostPairs(query, chosen.length) / Math.max(1, chosen.length));
    // By cursor, customers are not counted, only compared with what can be sorted.
    const count = countCustomers(where, query.after === undefined ? null : chosen.length === 1 ? 1 : most + 1);
    const few = and(where, sql`(${count}) <= ${most}`);
    return [selectBalances(organizationId, chosen, few, query, now, { budget: STATEMENT_BUDGET }), count] as const;
  });
  const [found, [counted]] = rows;
  const chosen = chooseMeters(meters, query);
  const total = counted!.customers * chosen.length;
  if (total > mostPairs(query, chosen.length)) throw isPlain(sorting) ? tooManyPairs() : tooManyBalances();
  if (isAffordable(found)) return { rows: ofPairs(found), total };
  if (!isPlain(sorting)) throw tooManyEvents();
  return { rows: await readParts(store, chosen, where, query, now), total };
}

/** @param most the number at which counting ends; null to count all */
function countCustomers(where: SQL | undefined, most: number | null): SQL<{ customers: number }> {
  const from = sql`FROM ${customers} WHERE ${where}`;
  if (most === null) return sql`SELECT count(*) AS customers ${from}`;
  return sql`SELECT count(*) AS customers FROM (SELECT 1 ${from} LIMIT ${most})`;
}

/** The customers of a single meter are sorted without their balances, so their number does not matter. */
function mostPairs({ sorting }: Page, meterCount: number): number {
  if (!isPlain(sorting)) return MAX_COMPUTED;
  return meterCount === 1 ? Number.MAX_SAFE_INTEGER : MAX_PAIRS;
}

/**
 * Reads a page in halves, recursively down to single balances, each from its own snapshot.
 * @returns no rows when the page would be too large
 */
async function readParts(
  store: Store,
  known: KnownMeter[],
  where: SQL | undefined,
  page: Page,
  now: number,
): Promise<CustomerMeterRow[]> {
  const read: CustomerMeterRow[] = [];
  const parts = halvesOf(page);
  let bytes = 0;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const rows = ofPairs(await readPart(store, known, where, part, now));
    // The page ends here: whatever follows is empty.
    if (rows.length === 0 && part.limit === 1) break;
    bytes += rows[0]?.page_bytes ?? 0;
    if (bytes > MAX_PAGE_BYTES) return [];
    read.push(...rows);
    // No rows: the part takes too long, is too large, or is empty.
    if (rows.length === 0 && part.limit > 1) parts.unshift(...halvesOf(part));
  }
  return read;
}

/** Reads a part of a page within the budget; a single balance is always computed. */
async function readPart(store: Store, known: KnownMeter[], where: SQL | undefined, part: Page, now: number) {
  const { organizationId } = store;
  if (part.limit > 1) {
    const [found] = await store.read([
      selectBalances(organizationId, known, where, part, now, { budget: STATEMENT_BUDGET }),
    ]);
    return found;
  }
  const [[wanted]] = await store.read([selectWanted(organizationId, known, where, part)]);
  const meter = known.find(({ id }) => id === wanted?.meter_id);
  return meter === undefined ? [] : readOne(store, meter, wanted!.customer_id, now);
}

function halvesOf(page: Page): Page[] {
  const first = Math.ceil(page.limit / 2);
  const second = { ...page, limit: page.limit - first, offset: page.offset + first };
  return second.limit === 0 ? [page] : [{ ...page, limit: first }, second];
}

function byCursor({ sorting = ["-created_at"], limit }: CustomerMeterListQuery) {
  const moving = sorting.findIndex((order) => !isPlain([order]));
  if (moving < 0) return { sorting, limit: limit + 1 };
  const msg = `Events change this order while pages are read. With a cursor, sort by ${Object.keys(PLAIN).join(", ")}; or use page.`;
  throw new InvalidFields([{ type: "value_error", field: ["sorting", moving], msg, input: sorting[moving] }]);
}

/** A pair's position. The meter's name is left out because it can be too long for a cursor; it is read again. */
function positionOf(row: CustomerMeterRow): Position {
  const { name } = parseJson(row.customer) as { name: string | null };
  return [row.customer_id, row.id, row.pair_created_at, name];
}

/** Matches undeleted customers by their ids. The unary plus makes SQLite use the primary key. */
function isOneOfIds(organizationId: string, ids: readonly string[]): SQL | undefined {
  const { id, organization_id, deleted_at } = customers;
  return and(eq(sql`+${organization_id}`, organizationId), isNull(sql`+${deleted_at}`), isOneOf(id, ids));
}

function chooseMeters(known: KnownMeter[], { meter_id }: CustomerMeterListQuery): KnownMeter[] {
  return known.filter(({ id, archived_at }) => (meter_id === undefined ? archived_at === null : meter_id.includes(id)));
}

/**
 * Reads a balance by its id: one round trip if the organization's meters are cached, else two.
 * @param now milliseconds since 1970 UTC
 * @throws ResourceNotFound
 */
export async function findCustomerMeter(store: Store, id: string, now: number): Promise<CustomerMeterRow> {
  const { organizationId } = store;
  const page = { limit: 1, offset: 0 };
  // The id and a meter's id give a customer's id; at most one of these customers exists.
  const customerOf = (meter: KnownMeter) => customerMeterId(id, meter.id);
  const { meters, rows } = await readWithMeters(store, (known) =>
    partsOf(known).map((group) => {
      const pairs = group.map((meter) => [customerOf(meter), meter.id]);
      const isPair = sql`(chosen.id, metered.id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(pairs)}))`;
      const where = isOneOfIds(organizationId, group.map(customerOf));
      return selectBalances(organizationId, group, where, page, now, { isPair, budget: STATEMENT_BUDGET });
    }),
  );
  const isRead = rows.every(isAffordable);
  const [row] = rows.flatMap(ofPairs).concat(isRead ? [] : ofPairs(await findOne(store, meters, customerOf, now)));
  if (row === undefined) throw new ResourceNotFound("No customer meter in your organization has this id.");
  return row;
}

/** Reads the one balance whose customer's id a meter gives; examined for all the meters, the events would be too many. */
async function findOne(store: Store, meters: KnownMeter[], customerOf: (meter: KnownMeter) => string, now: number) {
  const where = isOneOfIds(store.organizationId, meters.map(customerOf)); // prettier-ignore
  const [[customer]] = await store.read([db.select({ id: customers.id }).from(customers).where(where)]);
  const meter = meters.find((each) => customerOf(each) === customer?.id);
  return meter === undefined ? [] : readOne(store, meter, customer!.id, now);
}

/** Reads the balance of a customer on a meter. */
function readOne(store: Store, meter: KnownMeter, customerId: string, now: number): Promise<SelectedRow[]> {
  const { organizationId } = store;
  const where = isOneOfIds(organizationId, [customerId]);
  const page = { limit: 1, offset: 0 };
  return readSingle(store, meter.id, async (budget) => {
    const [rows] = await store.read([selectBalances(organizationId, [meter], where, page, now, { budget })]);
    return rows;
  });
}

function tooManyPairs(): InvalidFields {
  const msg = `There are more than ${MAX_PAIRS} customers × meters. Filter by customer_id, external_customer_id or meter_id.`;
  return new InvalidFields([{ type: "too_long", field: [], msg }]);
}

function tooManyBalances(): InvalidFields {
  return scanTooLarge(
    `More than ${MAX_COMPUTED} balances would have to be computed to be sorted. ` +
      `Filter by customer_id, external_customer_id or meter_id, or sort by ${Object.keys(PLAIN).join(", ")}.`,
  );
}

function tooManyEvents(): InvalidFields {
  return scanTooLarge(
    "To sort these balances, too many events would have to be examined that are not counted yet. " +
      `Repeat the request in a minute, filter by meter_id, or sort by ${Object.keys(PLAIN).join(", ")}.`,
  );
}

function tooManyMeters(count: number): InvalidFields {
  const msg = `The filters of ${count} meters are too much for one list. Filter by meter_id.`;
  return new InvalidFields([{ type: "too_long", field: ["meter_id"], msg }]);
}
