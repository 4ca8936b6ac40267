import { type AnyColumn, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { customerJson } from "../customers/of-event.ts";
import { CUSTOMER_BYTES, EXTERNAL_KEY } from "../customers/queries.ts";
import { firstEventSql, recentFirstEventsSql } from "../engine/rollups/activity.ts";
import { type Balance, type BalanceLimits, balancesSql } from "../engine/reading/balances.ts";
import { heldUnits } from "../engine/reading/held.ts";
import type { KnownMeter } from "../engine/reading/known-meters.ts";
import { METER_BYTES, type MeterRow } from "../meters/queries.ts";
import { isAfterPosition, isOneOf, orderBy, type SortColumn } from "../store/conditions.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import type { Statement } from "../store/store.ts";
import { customers, meters } from "../store/tables.ts";
import type { Position } from "../wire/query.ts";
import type { CustomerMeterListQuery } from "./schemas.ts";

/** A meter, a customer as JSON, and the balance of the two. */
export type CustomerMeterRow = MeterRow &
  Pick<Balance, "customer_id" | "consumed_units" | "credited_units" | "balance"> & {
    held_units: number;
    customer: string;
    pair_created_at: number;
    pair_modified_at: number | null;
  };
type PageRow = CustomerMeterRow & {
  /** The size of the whole page in an answer. */
  page_bytes: number;
};

const c = alias(customers, "c");
const m = alias(meters, "m");

/** Which balances are selected, and in which order; the page begins after the position `after`. */
export type Page = Pick<CustomerMeterListQuery, "limit" | "offset"> & {
  sorting?: CustomerMeterListQuery["sorting"];
  after?: Position | null | undefined;
};

/** A row of a page, or a single row without a pair if the page is empty; `is_affordable` is 0 if it was not computed. */
export type SelectedRow = (PageRow | { customer_id: null }) & { is_affordable: number };

/** Returns whether the balances of a page were computed; if not, that would have taken too long. */
export const isAffordable = ([first]: SelectedRow[]) => first!.is_affordable === 1;

/** Returns the rows of a page that have a balance. */
export const ofPairs = (rows: SelectedRow[]) => rows.filter((row) => row.customer_id !== null) as PageRow[];

/** Returns whether an order is independent of balances: then the page is found first, and only its balances are computed. */
export function isPlain(sorting: Sorting[] = ["-modified_at"]): boolean {
  return sorting.every((order) => nameOf(order) in PLAIN);
}

/**
 * The columns of a CustomerMeterRow: of a balance `p`, its customer `c` and its meter `m`.
 * @param firstEventAt when the customer had the first user event
 */
export function customerMeterColumns(held: SQL, firstEventAt: SQL): SQL {
  return sql`m.*, p.customer_id, p.consumed_units, p.credited_units, p.balance, ${held} AS held_units,
      ${ORDERS.created_at} AS pair_created_at, p.modified_at AS pair_modified_at,
      CASE WHEN ${c.id} IS NOT NULL THEN ${customerJson(firstEventAt)} END AS customer`;
}

/** Selects a page of the balances of some customers and meters, unless it would be too large or take too long. */
export function selectBalances(
  organizationId: string,
  known: KnownMeter[],
  chosen: SQL | undefined,
  page: Page,
  now: number,
  limits: BalanceLimits,
): Statement<SelectedRow> {
  const order = orderBy(columnsOf(page.sorting, ORDERS));
  const held = heldUnits({ customer_id: sql`p.customer_id`, meter_id: sql`p.meter_id` }, now);
  const isFound = isPlain(page.sorting);
  const isPair = isFound ? sql`(chosen.id, metered.id) IN (SELECT customer_id, meter_id FROM wanted)` : limits.isPair;
  return sql`
    WITH ${isFound ? wantedSql(organizationId, known, chosen, page) : chosenSql(chosen)},
    ${balancesSql(organizationId, known, sql`chosen`, { ...limits, isPair })},
    page AS MATERIALIZED (
      SELECT p.* FROM balances AS p CROSS JOIN ${customers} AS ${c} ON ${c.id} = p.customer_id
      CROSS JOIN ${meters} AS ${m} ON ${m.id} = p.meter_id
      ORDER BY ${order} LIMIT ${page.limit} OFFSET ${isFound ? 0 : page.offset}
    ),
    sized AS MATERIALIZED (
      SELECT *, sum((SELECT ${CUSTOMER_BYTES} FROM ${customers} WHERE ${customers.id} = page.customer_id)
        + (SELECT ${METER_BYTES} FROM ${meters} WHERE ${meters.id} = page.meter_id)) OVER () AS bytes FROM page
    ),
    ${recentFirstEventsSql(organizationId)}
    SELECT ${customerMeterColumns(held, firstEventSql(organizationId))}, p.bytes AS page_bytes, is_affordable
    FROM affordable LEFT JOIN sized AS p ON p.bytes <= ${MAX_PAGE_BYTES}
    LEFT JOIN ${customers} AS ${c} ON ${c.id} = p.customer_id LEFT JOIN ${meters} AS ${m} ON ${m.id} = p.meter_id
    ORDER BY ${order}`;
}

function chosenSql(chosen: SQL | undefined): SQL {
  return sql`chosen (id, external_key) AS MATERIALIZED (
      SELECT ${customers.id}, ${EXTERNAL_KEY} FROM ${customers} WHERE ${chosen}
    )`;
}

/** The pairs of a page whose order is independent of balances, and their customers. */
function wantedSql(organizationId: string, known: KnownMeter[], chosen: SQL | undefined, page: Page): SQL {
  const columns = columnsOf(page.sorting, PLAIN);
  const isOnPage = page.after ? isAfterPosition(columns, positionSql(page.sorting!, page.after)) : sql`true`;
  const ids = known.map(({ id }) => id);
  return sql`wanted (customer_id, meter_id) AS MATERIALIZED (
      SELECT ${customers.id}, ${m.id} FROM ${meters} AS ${m} CROSS JOIN ${customers}
      WHERE ${m.organization_id} = ${organizationId} AND ${isOneOf(m.id, ids)} AND ${chosen} AND ${isOnPage}
      ORDER BY ${orderBy(columns)} LIMIT ${page.limit} OFFSET ${page.offset}
    ),
    ${chosenSql(sql`${customers.id} IN (SELECT customer_id FROM wanted)`)}`;
}

/** Selects the pairs of a page whose order is independent of balances. */
export function selectWanted(
  organizationId: string,
  known: KnownMeter[],
  chosen: SQL | undefined,
  page: Page,
): Statement<{ customer_id: string; meter_id: string }> {
  return sql`WITH ${wantedSql(organizationId, known, chosen, page)} SELECT * FROM wanted`;
}

function positionSql(sorting: Sorting[], [customer, meter, createdAt, name]: Position) {
  const values: Partial<Record<OrderName, Position[number] | SQL>> = {
    created_at: createdAt!,
    customer_name: name!,
    customer_id: customer!,
    meter_id: meter!,
    meter_name: sql`(SELECT ${meters.name} FROM ${meters} WHERE ${meters.id} = ${meter})`,
  };
  return [...sorting.map((order) => values[nameOf(order)]!), customer!, meter!];
}

const NULLABLE = new Set<OrderName>(["customer_name", "modified_at"]);

type Columns = Partial<Record<OrderName, AnyColumn | SQL>>;

function columnsOf(sorting: Sorting[] = ["-modified_at"], of: Columns): SortColumn[] {
  const columns = sorting.map((order): SortColumn => {
    const name = nameOf(order);
    return { column: of[name]!, isDescending: order.startsWith("-"), isNullable: NULLABLE.has(name) };
  });
  return [...columns, ...[of.customer_id!, of.meter_id!].map((column) => ({ column, isDescending: false }))];
}

type Sorting = NonNullable<CustomerMeterListQuery["sorting"]>[number];
type OrderName = Exclude<Sorting, `-${string}`>;

const nameOf = (order: Sorting) => order.replace("-", "") as OrderName;

/** The columns of a pair of `customers` and `m` that do not depend on events. */
export const PLAIN: Columns = {
  created_at: sql`max(${customers.created_at}, ${m.created_at})`,
  customer_id: customers.id,
  customer_name: customers.name,
  meter_id: m.id,
  meter_name: m.name,
};
/** The columns of a balance `p`, its customer and its meter. */
const ORDERS = {
  created_at: sql`max(${c.created_at}, ${m.created_at})`,
  modified_at: sql`p.modified_at`,
  customer_id: sql`p.customer_id`,
  customer_name: c.name,
  meter_id: sql`p.meter_id`,
  meter_name: m.name,
  consumed_units: sql`p.consumed_units`,
  credited_units: sql`p.credited_units`,
  balance: sql`p.balance`,
} satisfies Record<OrderName, AnyColumn | SQL>;
