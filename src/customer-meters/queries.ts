import { type SQL, sql } from "drizzle-orm";
import { customerJson } from "../customers/of-event.ts";
import { CUSTOMER_BYTES } from "../customers/queries.ts";
import { PolarRequestValidationError, ResourceNotFound } from "../errors.ts";
import { MAX_PAGE_BYTES } from "../http/page.ts";
import { firstEventSql, recentFirstEventsSql } from "../metering/activity.ts";
import { type Balance, balancesSql, groupsOf } from "../metering/balances.ts";
import { customerMeterId } from "../metering/customer-meter-id.ts";
import { type KnownMeter, readWithMeters } from "../metering/known-meters.ts";
import { METER_BYTES, type MeterRow } from "../meters/queries.ts";
import { all, isOneOf } from "../store/conditions.ts";
import type { Statement, Store } from "../store/store.ts";
import type { CustomerMeterListQuery } from "./schemas.ts";

/** A meter, a customer as JSON, and the balance of the two. */
export type CustomerMeterRow = MeterRow &
  Pick<Balance, "customer_id" | "consumed_units" | "credited_units" | "balance"> & {
    customer: string;
    pair_created_at: number;
    pair_modified_at: number | null;
  };

/** Customers × meters that are read when neither is filtered. */
const MAX_PAIRS = 100_000;

/**
 * Reads one page of balances and counts them all: one round trip where the organization's meters are known, else two.
 * @returns no rows when the page would be too large
 * @throws PolarRequestValidationError when there are too many pairs, or meters, to read at once
 */
export async function listCustomerMeters(
  store: Store,
  query: CustomerMeterListQuery,
): Promise<{ rows: CustomerMeterRow[]; total: number }> {
  const { organizationId } = store;
  const { customer_id, external_customer_id, meter_id } = query;
  const ofOrganization = sql`organization_id = ${organizationId} AND deleted_at IS NULL`;
  const where = all([
    // The unary plus keeps SQLite on the primary key where ids are given.
    customer_id === undefined ? ofOrganization : sql`+organization_id = ${organizationId} AND +deleted_at IS NULL`,
    customer_id && isOneOf(sql`id`, customer_id),
    external_customer_id && isOneOf(sql`external_id`, external_customer_id),
  ]);
  const isFiltered = [customer_id, external_customer_id, meter_id].some((filter) => filter !== undefined);
  const { meters, rows } = await readWithMeters(store, (known) => {
    const chosen = chooseMeters(known, query);
    if (groupsOf(chosen).length > 1) throw tooManyMeters(chosen.length);
    const most = Math.floor(MAX_PAIRS / Math.max(1, chosen.length));
    const isAffordable = sql`(SELECT count(*) FROM customers WHERE ${ofOrganization}) <= ${most}`;
    const customers = isFiltered ? where : sql`${where} AND ${isAffordable}`;
    const count = sql<{ customers: number }>`SELECT count(*) AS customers FROM customers WHERE ${where}`;
    return [selectBalances(organizationId, chosen, customers, query), count] as const;
  });
  const [page, [counted]] = rows;
  const total = counted!.customers * chooseMeters(meters, query).length;
  if (!isFiltered && total > MAX_PAIRS) throw tooManyPairs();
  return { rows: page, total };
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
      const where = sql`+organization_id = ${organizationId} AND +deleted_at IS NULL AND ${isOneOf(sql`id`, candidates)}`;
      const isPair = sql`(p.customer_id, p.meter_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(pairs)}))`;
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
  meters: KnownMeter[],
  customers: SQL,
  page: Page,
  condition = sql`true`,
): Statement<CustomerMeterRow> {
  const order = orderOf(page.sorting ?? ["-modified_at"]);
  const ofPair = sql`CROSS JOIN customers AS c ON c.id = p.customer_id CROSS JOIN meters AS m ON m.id = p.meter_id`;
  return sql`
    WITH chosen (id, external_id) AS MATERIALIZED (SELECT id, external_id FROM customers WHERE ${customers}),
    ${balancesSql(organizationId, meters, sql`chosen`)},
    page AS MATERIALIZED (
      SELECT p.* FROM balances AS p ${ofPair}
      WHERE ${condition} ORDER BY ${order} LIMIT ${page.limit} OFFSET ${page.offset}
    ),
    sized AS MATERIALIZED (
      SELECT *, sum((SELECT ${CUSTOMER_BYTES} FROM customers WHERE id = page.customer_id)
        + (SELECT ${METER_BYTES} FROM meters WHERE id = page.meter_id)) OVER () AS bytes FROM page
    ),
    ${recentFirstEventsSql(organizationId)}
    SELECT m.*, p.customer_id, p.consumed_units, p.credited_units, p.balance,
      max(c.created_at, m.created_at) AS pair_created_at, p.modified_at AS pair_modified_at, ${customerJson(firstEventSql(organizationId))} AS customer
    FROM sized AS p ${ofPair}
    WHERE p.bytes <= ${MAX_PAGE_BYTES} ORDER BY ${order}`;
}

function orderOf(sorting: NonNullable<CustomerMeterListQuery["sorting"]>): SQL {
  const orders = sorting.map((order) => {
    const isDescending = order.startsWith("-");
    const name = (isDescending ? order.slice(1) : order) as OrderName;
    return `${ORDERS[name]} ${isDescending ? "DESC NULLS FIRST" : "ASC NULLS LAST"}`;
  });
  return sql.raw([...orders, "p.customer_id", "p.meter_id"].join(", "));
}

type OrderName = Exclude<NonNullable<CustomerMeterListQuery["sorting"]>[number], `-${string}`>;
const ORDERS: Record<OrderName, string> = {
  created_at: "max(c.created_at, m.created_at)",
  modified_at: "p.modified_at",
  customer_id: "p.customer_id",
  customer_name: "c.name",
  meter_id: "p.meter_id",
  meter_name: "m.name",
  consumed_units: "p.consumed_units",
  credited_units: "p.credited_units",
  balance: "p.balance",
};

function tooManyPairs(): PolarRequestValidationError {
  const msg = `There are more than ${MAX_PAIRS} customers × meters. Filter by customer_id, external_customer_id or meter_id.`;
  return new PolarRequestValidationError([{ type: "too_long", loc: ["query"], msg }]);
}

function tooManyMeters(count: number): PolarRequestValidationError {
  const msg = `The filters of ${count} meters are too much for one list. Filter by meter_id.`;
  return new PolarRequestValidationError([{ type: "too_long", loc: ["query", "meter_id"], msg }]);
}
