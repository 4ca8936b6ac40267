import { sql } from "drizzle-orm";
import { type Balance, balancesSql, groupsOf } from "../engine/reading/balances.ts";
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

/**
 * Reads a customer with the balance on each meter, as the API answers it: exact for everything that was accepted before, in
 * one round trip where the organization's meters are known, else in two.
 * @throws ResourceNotFound
 */
export async function readState(store: Store, ref: CustomerRef) {
  const { organizationId } = store;
  const { meters, rows } = await readWithMeters(store, (known) => [
    selectCustomer(organizationId, ref),
    ...groupsOf(known).map((group) => selectBalances(organizationId, group, ref)),
  ]);
  const [found, ...groups] = rows as [FoundCustomer[], ...Balance[][]];
  const customer = onlyCustomer(found, ref);
  const balances = new Map(groups.flat().map((balance) => [balance.meter_id, balance]));
  return {
    ...(await presentCustomer(customer, customer.first_user_event_at)),
    active_subscriptions: [],
    granted_benefits: [],
    active_meters: meters.flatMap((meter) => presentActiveMeter(customer, meter, balances.get(meter.id))),
  };
}

function selectBalances(organizationId: string, meters: KnownMeter[], ref: CustomerRef): Statement<Balance> {
  return sql`
    WITH chosen (id, external_key) AS MATERIALIZED (
      SELECT ${customers.id}, ${EXTERNAL_KEY} FROM ${customers} WHERE ${isNamed(organizationId, ref)}
    ),
    ${balancesSql(organizationId, meters, sql`chosen`)}
    SELECT * FROM balances`;
}

/** An archived meter is active as long as it has counted something. */
function presentActiveMeter(customer: FoundCustomer, meter: KnownMeter, balance: Balance | undefined) {
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
    },
  ];
}
