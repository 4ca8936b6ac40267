import { and, type AnyColumn, eq, isNull, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { customerJson } from "../customers/of-event.ts";
import { CUSTOMER_BYTES, EXTERNAL_KEY, isUndeleted } from "../customers/queries.ts";
import { InvalidFields, ResourceNotFound } from "../errors.ts";
import { firstEventSql, recentFirstEventsSql } from "../engine/rollups/activity.ts";
import { type Balance, balancesSql, groupsOf } from "../engine/reading/balances.ts";
import { customerMeterId } from "../engine/reading/customer-meter-id.ts";
import { type KnownMeter, readWithMeters } from "../engine/reading/known-meters.ts";
import { METER_BYTES, type MeterRow } from "../meters/queries.ts";
import { isBehind, isOneOf, orderBy, pageOf, type SortColumn } from "../store/conditions.ts";
import { db } from "../store/db.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import type { Position } from "../wire/query.ts";
import type { Statement, Store } from "../store/store.ts";
import { customers, meters } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import type { CustomerMeterListQuery } from "./schemas.ts";

/** A meter, a customer as JSON, and the balance of the two. */
export type CustomerMeterRow = MeterRow &
  Pick<Balance, "customer_id" | "consumed_units" | "credited_units" | "balance"> & {
    customer: string;
    pair_created_at: number;
    pair_modified_at: number | null;
  };

const c = alias(customers, "c");
const m = alias(meters, "m");

/** Customers × meters that are read when neither is filtered. */
const MAX_PAIRS = 100_000;

/**
 * Reads one page of balances and counts them all: one round trip where the organization's meters are known, else two.
 * @returns no rows when the page would be too large
 * @throws InvalidFields when there are too many pairs, or meters, to read at once
 */
export async function listCustomerMeters(
  store: Store,
  requested: CustomerMeterListQuery,
  after?: Position | null,
): Promise<{ rows: CustomerMeterRow[]; total: number; next?: Position | null }> {
  const { organizationId } = store;
  const query = after === undefined ? requested : { ...requested, ...byCursor(requested) };
  const { customer_id, external_customer_id, meter_id } = query;
  const where = and(
    customer_id === undefined ? isUndeleted(organizationId) : isOneOfIds(organizationId, customer_id),
    external_customer_id && isOneOf(customers.external_id, external_customer_id),
  );
  const isFiltered = [customer_id, external_customer_id, meter_id].some((filter) => filter !== undefined);
  const { meters: all, rows } = await readWithMeters(store, (known) => {
    const chosen = chooseMeters(known, query);
    if (groupsOf(chosen).length > 1) throw tooManyMeters(chosen.length);
    const most = Math.floor(MAX_PAIRS / Math.max(1, chosen.length));
    const count = db
      .select({ customers: sql<number>`count(*)`.as("customers") })
      .from(customers)
      .where(where);
    const isAffordable = isFiltered ? undefined : sql`${count} <= ${most}`;
    const isOnPage = after ? isBehind(columnsOf(query.sorting), positionSql(query.sorting!, after)) : undefined;
    return [selectBalances(organizationId, chosen, and(where, isAffordable), query, isOnPage), count] as const;
  });
  const [page, [counted]] = rows;
  const total = counted!.customers * chooseMeters(all, query).length;
  if (!isFiltered && total > MAX_PAIRS) throw tooManyPairs();
  if (after === undefined) return { rows: page, total };
  // Empty is a page that is too large, and one whose customers were deleted since.
  const isCut = page.length === 0 && total > 0 && requested.limit > 1;
  const first = isCut ? await listCustomerMeters(store, { ...requested, limit: 1 }, after) : null;
  return { ...pageOf(page, requested.limit, positionOf), total: first?.rows.length ?? 0 };
}

/** Orders that events do not change; the others would lose rows that move while pages are read. */
const STABLE = ["created_at", "customer_id", "customer_name", "meter_id", "meter_name"];

function byCursor({ sorting = ["-created_at"], limit }: CustomerMeterListQuery) {
  const moving = sorting.findIndex((order) => !STABLE.includes(order.replace("-", "")));
  if (moving < 0) return { sorting, limit: limit + 1 };
  const msg = `Events change this order while pages are read. With a cursor, sort by ${STABLE.join(", ")}; or use page.`;
  throw new InvalidFields([{ type: "value_error", field: ["sorting", moving], msg, input: sorting[moving] }]);
}

/** A pair's position; the name of a meter can be too long for a cursor, and is read again. */
function positionOf(row: CustomerMeterRow): Position {
  const { name } = parseJson(row.customer) as { name: string | null };
  return [row.customer_id, row.id, row.pair_created_at, name];
}

function positionSql(sorting: Sorting[], [customer, meter, createdAt, name]: Position) {
  const values: Partial<Record<OrderName, Position[number] | SQL>> = {
    created_at: createdAt!,
    customer_name: name!,
    customer_id: customer!,
    meter_id: meter!,
    meter_name: sql`(SELECT ${meters.name} FROM ${meters} WHERE ${meters.id} = ${meter})`,
  };
  return [...sorting.map((order) => values[order.replace("-", "") as OrderName]!), customer!, meter!];
}

/** The undeleted customers with some ids. The unary plus keeps SQLite on the primary key. */
function isOneOfIds(organizationId: string, ids: readonly string[]): SQL | undefined {
  const { id, organization_id, deleted_at } = customers;
  return and(eq(sql`+${organization_id}`, organizationId), isNull(sql`+${deleted_at}`), isOneOf(id, ids));
}

function chooseMeters(known: KnownMeter[], { meter_id }: CustomerMeterListQuery): KnownMeter[] {
  return known.filter(({ id, archived_at }) => (meter_id === undefined ? archived_at === null : meter_id.includes(id)));
}

/**
 * Reads a balance by its id: one round trip where the organization's meters are known, else two.
 * @throws ResourceNotFound
 */
export async function findCustomerMeter(store: Store, id: string): Promise<CustomerMeterRow> {
  const { organizationId } = store;
  const { rows } = await readWithMeters(store, (known) =>
    groupsOf(known).map((group) => {
      // With each meter the id gives the id of a customer, of whom at most one exists.
      const pairs = group.map((meter) => [customerMeterId(id, meter.id), meter.id]);
      const candidates = pairs.map(([customer]) => customer!);
      const isPair = sql`(p.customer_id, p.meter_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(pairs)}))`;
      const where = isOneOfIds(organizationId, candidates);
      return selectBalances(organizationId, group, where, { limit: 1, offset: 0 }, isPair);
    }),
  );
  const [row] = rows.flat();
  if (row === undefined) throw new ResourceNotFound("No customer meter in your organization has this id.");
  return row;
}

type Page = Pick<CustomerMeterListQuery, "limit" | "offset"> & { sorting?: CustomerMeterListQuery["sorting"] };

/** Selects a page of the balances of some customers and meters, unless it would be too large. */
function selectBalances(
  organizationId: string,
  known: KnownMeter[],
  chosen: SQL | undefined,
  page: Page,
  condition = sql`true`,
): Statement<CustomerMeterRow> {
  const order = orderBy(columnsOf(page.sorting));
  const ofPair = sql`CROSS JOIN ${customers} AS ${c} ON ${c.id} = p.customer_id
    CROSS JOIN ${meters} AS ${m} ON ${m.id} = p.meter_id`;
  return sql`
    WITH chosen (id, external_key) AS MATERIALIZED (
      SELECT ${customers.id}, ${EXTERNAL_KEY} FROM ${customers} WHERE ${chosen}
    ),
    ${balancesSql(organizationId, known, sql`chosen`)},
    page AS MATERIALIZED (
      SELECT p.* FROM balances AS p ${ofPair}
      WHERE ${condition} ORDER BY ${order} LIMIT ${page.limit} OFFSET ${page.offset}
    ),
    sized AS MATERIALIZED (
      SELECT *, sum((SELECT ${CUSTOMER_BYTES} FROM ${customers} WHERE ${customers.id} = page.customer_id)
        + (SELECT ${METER_BYTES} FROM ${meters} WHERE ${meters.id} = page.meter_id)) OVER () AS bytes FROM page
    ),
    ${recentFirstEventsSql(organizationId)}
    SELECT m.*, p.customer_id, p.consumed_units, p.credited_units, p.balance,
      ${ORDERS.created_at} AS pair_created_at, p.modified_at AS pair_modified_at, ${customerJson(firstEventSql(organizationId))} AS customer
    FROM sized AS p ${ofPair}
    WHERE p.bytes <= ${MAX_PAGE_BYTES} ORDER BY ${order}`;
}

const NULLABLE = new Set<OrderName>(["customer_name", "modified_at"]);

function columnsOf(sorting: Sorting[] = ["-modified_at"]): SortColumn[] {
  const columns = sorting.map((order): SortColumn => {
    const name = order.replace("-", "") as OrderName;
    return { column: ORDERS[name], isDescending: order.startsWith("-"), isNullable: NULLABLE.has(name) };
  });
  return [...columns, ...[ORDERS.customer_id, ORDERS.meter_id].map((column) => ({ column, isDescending: false }))];
}

type Sorting = NonNullable<CustomerMeterListQuery["sorting"]>[number];
type OrderName = Exclude<NonNullable<CustomerMeterListQuery["sorting"]>[number], `-${string}`>;
const ORDERS: Record<OrderName, AnyColumn | SQL> = {
  created_at: sql`max(${c.created_at}, ${m.created_at})`,
  modified_at: sql`p.modified_at`,
  customer_id: sql`p.customer_id`,
  customer_name: c.name,
  meter_id: sql`p.meter_id`,
  meter_name: m.name,
  consumed_units: sql`p.consumed_units`,
  credited_units: sql`p.credited_units`,
  balance: sql`p.balance`,
};

function tooManyPairs(): InvalidFields {
  const msg = `There are more than ${MAX_PAIRS} customers × meters. Filter by customer_id, external_customer_id or meter_id.`;
  return new InvalidFields([{ type: "too_long", field: [], msg }]);
}

function tooManyMeters(count: number): InvalidFields {
  const msg = `The filters of ${count} meters are too much for one list. Filter by meter_id.`;
  return new InvalidFields([{ type: "too_long", field: ["meter_id"], msg }]);
}
