import type { Customer } from "../customers/schemas.ts";
import { customerMeterId } from "../engine/reading/customer-meter-id.ts";
import { presentMeter } from "../meters/present.ts";
import { formatTime } from "../wire/timestamp.ts";
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
export function presentCustomerMeter(
  row: Omit<CustomerMeterRow, "customer" | "page_bytes">,
  customer: Customer | null,
) {
  return {
    id: customerMeterId(row.customer_id, row.id),
    created_at: formatTime(row.pair_created_at),
    modified_at: row.pair_modified_at === null ? null : formatTime(row.pair_modified_at),
    customer_id: row.customer_id,
    meter_id: row.id,
    consumed_units: row.consumed_units,
    credited_units: row.credited_units,
    balance: row.balance,
    customer,
    meter: presentMeter(row),
  };
}
