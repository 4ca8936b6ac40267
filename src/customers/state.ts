import { customerMeterId } from "../engine/reading/customer-meter-id.ts";
import type { KnownMeter } from "../engine/reading/known-meters.ts";
import type { Store } from "../store/store.ts";
import { formatTime } from "../wire/timestamp.ts";
import { readBalances, type StateBalance } from "./balances.ts";
import { presentCustomer } from "./present.ts";
import type { CustomerRef, FoundCustomer } from "./queries.ts";

/**
 * Reads a customer with the balance on each meter, as the API returns it.
 * @param now milliseconds since 1970 UTC
 * @throws ResourceNotFound
 */
export async function readState(store: Store, ref: CustomerRef, now: number) {
  const { customer, balances } = await readBalances(store, ref, now);
  return {
    ...(await presentCustomer(customer, customer.first_user_event_at)),
    active_subscriptions: [],
    granted_benefits: [],
    active_meters: balances.map(({ meter, balance }) => presentBalance(customer, meter, balance)),
  };
}

/** A customer's balance on a meter, as the API returns it. */
export function presentBalance(customer: FoundCustomer, meter: KnownMeter, balance: StateBalance) {
  return {
    id: customerMeterId(customer.id, meter.id),
    created_at: formatTime(Math.max(customer.created_at, meter.created_at)),
    modified_at: balance.modified_at === null ? null : formatTime(balance.modified_at),
    meter_id: meter.id,
    consumed_units: balance.consumed_units,
    credited_units: balance.credited_units,
    balance: balance.balance,
    held_units: balance.held_units,
  };
}
