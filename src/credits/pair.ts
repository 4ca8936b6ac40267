import { sql } from "drizzle-orm";
import { type FoundCustomer, selectCustomer } from "../customers/queries.ts";
import { PolarRequestValidationError, type Problem } from "../errors.ts";
import type { MeterRow } from "../meters/queries.ts";
import type { Store } from "../store/store.ts";
import type { PairRef } from "./schemas.ts";

/** A customer and a meter, as they are stored. */
export type FoundPair = { customer: FoundCustomer; meter: MeterRow };

/**
 * Reads the customer and the meter that a request names: one round trip.
 * @throws PolarRequestValidationError at each field that names none of the organization's
 */
export async function findPair(store: Store, ref: PairRef): Promise<FoundPair> {
  const { customer_id: id, external_customer_id: externalId } = ref;
  const named = id == null ? { external_id: externalId! } : { id };
  const [[customer], [meter]] = await store.read([
    selectCustomer(store.organizationId, named),
    sql<MeterRow>`SELECT * FROM meters WHERE id = ${ref.meter_id} AND organization_id = ${store.organizationId}`,
  ]);
  if (customer !== undefined && meter !== undefined) return { customer, meter };
  const field = id == null ? "external_customer_id" : "customer_id";
  throw new PolarRequestValidationError([
    ...(customer === undefined ? [unknown(field, "customer", ref[field])] : []),
    ...(meter === undefined ? [unknown("meter_id", "meter", ref.meter_id)] : []),
  ]);
}

function unknown(field: string, resource: string, input: unknown): Problem {
  const id = field === "external_customer_id" ? "external_id" : "id";
  const msg = `No ${resource} in your organization has this ${id}.`;
  return { type: field, loc: ["body", field], msg, input };
}
