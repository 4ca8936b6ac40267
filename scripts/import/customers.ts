import { markedMetadata } from "./meters.ts";
import { listCustomers, type Polar, type PolarCustomer } from "./polar.ts";
import type { Report } from "./report.ts";
import type { Target } from "./target.ts";

/** The ids here of the customers without an `external_id`, by their ids at Polar; the others are known by their own. */
export type CustomerIds = ReadonlyMap<string, string>;

/** Polar's billing fields, which Edgemeter does not store. */
const BILLING = ["billing_address", "tax_id", "locale"] as const;

/** Creates the customers of a Polar organization. */
export async function importCustomers(polar: Polar, target: Target, report: Report): Promise<CustomerIds> {
  const ids = new Map<string, string>();
  for await (const customer of listCustomers(polar)) {
    const created = await target.create("customers", customer.id, toCustomer(customer));
    if ("refused" in created) {
      report.remark(`customer left out, because it is refused: ${created.refused}`, customer.id);
      continue;
    }
    report.count(created.isNew ? "customers created" : "customers that were here already");
    remarkLosses(customer, report);
    if (customer.external_id == null) ids.set(customer.id, created.id);
  }
  return ids;
}

function toCustomer(customer: PolarCustomer): object {
  const { email, name, external_id = null } = customer;
  return { email, name, external_id, metadata: markedMetadata(customer) };
}

function remarkLosses(customer: PolarCustomer, report: Report): void {
  for (const field of BILLING) {
    if (customer[field] != null) report.remark(`${field} of a customer: nothing is billed here`, customer.id);
  }
  const { billing_name, name, type } = customer;
  if (billing_name !== null && billing_name !== name)
    report.remark("billing_name of a customer: it equals the name here", customer.id);
  if (type === "team") report.remark("team: it becomes an individual customer, without members", customer.id);
}
