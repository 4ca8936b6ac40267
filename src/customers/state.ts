import { sql } from "drizzle-orm";
import { ServiceUnavailable } from "../errors.ts";
import { STATEMENT_BUDGET } from "../engine/definition/scan-cost.ts";
import { type Balance, balancesSql } from "../engine/reading/balances.ts";
import { readSingle } from "../engine/reading/affordable.ts";
import { affordableParts, partsOf, type RecentEvents } from "../engine/reading/meter-parts.ts";
import { heldUnits } from "../engine/reading/held.ts";
import { customerMeterId } from "../engine/reading/customer-meter-id.ts";
import { type KnownMeter, readWithMeters } from "../engine/reading/known-meters.ts";
import type { Statement, Store } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import { formatTime } from "../wire/timestamp.ts";
import { presentCustomer } from "./present.ts";
import {
  type CustomerRef,
  EXTERNAL_KEY,
  type FoundCustomer,
  isNamed,
  onlyCustomer,
  selectCustomer,
} from "./queries.ts";

/** A balance, and what is held of it. */
type StateBalance = Balance & { held_units: number };

/**
 * Reads a customer with the balance on each meter, as the API returns it: exact for everything accepted before, in one round
 * trip if the organization's meters are cached, else two.
 * @param now milliseconds since 1970 UTC
 * @throws ResourceNotFound
 */
export async function readState(store: Store, ref: CustomerRef, now: number) {
  const { organizationId } = store;
  const { meters, rows } = await readWithMeters(store, (known) => {
    const groups = partsOf(known);
    const budget = STATEMENT_BUDGET / groups.length;
    const select = (group: KnownMeter[]) => selectBalances(organizationId, group, ref, now, budget);
    return [selectCustomer(organizationId, ref), ...groups.map(select)];
  });
  const [found, ...read] = rows as [FoundCustomer[], ...Selected[][]];
  const customer = onlyCustomer(found, ref);
  const balances = new Map<string, StateBalance>();
  for (const [i, group] of partsOf(meters).entries()) {
    for (const balance of await balancesIn(read[i]!, store, group, ref, now)) balances.set(balance.meter_id, balance);
  }
  return {
    ...(await presentCustomer(customer, customer.first_user_event_at)),
    active_subscriptions: [],
    granted_benefits: [],
    active_meters: meters.flatMap((meter) => presentActiveMeter(customer, meter, balances.get(meter.id))),
  };
}

/** A balance, or a row without one when all of them together would take longer than the budget. */
type Selected = (StateBalance | { meter_id: null }) & RecentEvents & { is_affordable: number };

/**
 * Returns the balances that were selected. Those that would take too long in one statement are read in parts, each from its
 * own snapshot.
 * @throws ServiceUnavailable when the customer is deleted meanwhile, a meter gets another definition, or is too far behind
 */
async function balancesIn(
  rows: Selected[],
  store: Store,
  meters: KnownMeter[],
  ref: CustomerRef,
  now: number,
): Promise<StateBalance[]> {
  const [first] = rows;
  if (first!.is_affordable === 1) return rows.filter((row) => row.meter_id !== null);
  const balances: StateBalance[] = [];
  for (const part of affordableParts(meters, first!, STATEMENT_BUDGET)) {
    const select = async (budget: number | null) =>
      (await store.read([selectBalances(store.organizationId, part, ref, now, budget)]))[0];
    const found = await (part.length === 1 ? readSingle(store, part[0]!.id, select) : select(STATEMENT_BUDGET));
    const read = await balancesIn(found, store, part, ref, now);
    if (read.length < part.length) throw new ServiceUnavailable(1);
    balances.push(...read);
  }
  return balances;
}

/** Selects balances, unless that would take longer than the budget, in microseconds. */
function selectBalances(
  organizationId: string,
  meters: KnownMeter[],
  ref: CustomerRef,
  now: number,
  budget: number | null,
): Statement<Selected> {
  const held = heldUnits({ customer_id: sql`balances.customer_id`, meter_id: sql`balances.meter_id` }, now);
  return sql`
    WITH chosen (id, external_key) AS MATERIALIZED (
      SELECT ${customers.id}, ${EXTERNAL_KEY} FROM ${customers} WHERE ${isNamed(organizationId, ref)}
    ),
    ${balancesSql(organizationId, meters, sql`chosen`, { budget })}
    SELECT *, ${held} AS held_units FROM affordable LEFT JOIN balances`;
}

/** Presents a meter as active: an archived one only if it has counted something. */
function presentActiveMeter(customer: FoundCustomer, meter: KnownMeter, balance: StateBalance | undefined) {
  if (balance === undefined || (meter.archived_at !== null && balance.modified_at === null)) return [];
  return [
    {
      id: customerMeterId(customer.id, meter.id),
      created_at: formatTime(Math.max(customer.created_at, meter.created_at)),
      modified_at: balance.modified_at === null ? null : formatTime(balance.modified_at),
      meter_id: meter.id,
      consumed_units: balance.consumed_units,
      credited_units: balance.credited_units,
      balance: balance.balance,
      held_units: balance.held_units,
    },
  ];
}
