import { presentCustomerOfEvent } from "../customers/of-event.ts";
import type { Customer } from "../customers/present.ts";
import { customerMeterId } from "../engine/reading/customer-meter-id.ts";
import { presentMeter } from "../meters/present.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { Consumed } from "./consume.ts";
import type { CustomerMeterRow } from "./select-page.ts";

/** A list of customers' meters as a table. */
export const CUSTOMER_METERS_TABLE = {
  name: "customer-meters",
  columns: [
    "id",
    "created_at",
    "modified_at",
    "customer_id",
    "customer.external_id",
    "customer.name",
    "customer.email",
    "meter_id",
    "meter.name",
    "consumed_units",
    "credited_units",
    "balance",
  ],
};

/** A customer's meter as the API answers it. */
export function presentCustomerMeter(row: Omit<CustomerMeterRow, "customer">, customer: Customer | null) {
  return {
    id: customerMeterId(row.customer_id, row.id),
    created_at: formatTime(row.pair_created_at),
    modified_at: row.pair_modified_at === null ? null : formatTime(row.pair_modified_at),
    customer_id: row.customer_id,
    meter_id: row.id,
    consumed_units: row.consumed_units,
    credited_units: row.credited_units,
    balance: row.balance,
    held_units: row.held_units,
    customer,
    meter: presentMeter(row),
  };
}

/** A customer's meter as the API answers it, from the row alone. */
export async function presentRow(row: CustomerMeterRow, eventAt?: number) {
  return presentCustomerMeter(row, await presentCustomerOfEvent(row.customer, eventAt));
}

/** Why something is denied. */
export const INSUFFICIENT = "insufficient_balance";

/**
 * What a consumption came to, as the API answers it.
 * @param eventAt the time of the event
 */
export async function presentConsumed({ outcome, required, standing }: Consumed, eventAt: number) {
  const { available } = standing;
  if (outcome === null) {
    return { allowed: false, reason: INSUFFICIENT, required, available, customer_meter: await presentRow(standing) };
  }
  const { index: _, ...event } = outcome;
  const at = event.result === "inserted" ? eventAt : undefined;
  return { allowed: true, event, required, available, customer_meter: await presentRow(standing, at) };
}
