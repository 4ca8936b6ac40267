import { sql } from "drizzle-orm";
import { type FoundCustomer, isNamed, selectCustomer } from "../customers/queries.ts";
import { PolarRequestValidationError, type Problem } from "../errors.ts";
import type { MeterRow } from "../meters/queries.ts";
import type { Store } from "../store/store.ts";
import type { idempotency_keys } from "../store/tables.ts";
import type { PairRef } from "./schemas.ts";

/** A customer and a meter, as they are stored, and what the customer was credited on it. */
export type FoundPair = { customer: FoundCustomer; meter: MeterRow; credited: number };

/** What an idempotency key has: the request that used it first, and its answer. */
type StoredAnswer = Pick<typeof idempotency_keys.$inferSelect, "fingerprint" | "answer">;

/**
 * Reads the customer and the meter that a request names: one round trip.
 * @param key the request's idempotency key: what it has is returned instead, whatever has become of customer and meter
 * @throws PolarRequestValidationError at each field that names none of the organization's
 */
export async function findPair(store: Store, ref: PairRef, key: string | null): Promise<FoundPair | StoredAnswer> {
  const { organizationId } = store;
  const { customer_id: id, external_customer_id: externalId } = ref;
  const named = id == null ? { external_id: externalId! } : { id };
  const [[customer], [meter], [stored], [balance]] = await store.read([
    selectCustomer(organizationId, named),
    sql<MeterRow>`SELECT * FROM meters WHERE id = ${ref.meter_id} AND organization_id = ${organizationId}`,
    sql<StoredAnswer>`SELECT fingerprint, answer FROM idempotency_keys WHERE organization_id = ${organizationId} AND key = ${key}`,
    sql<{ credited_units: number }>`SELECT credited_units FROM meter_balances
      WHERE meter_id = ${ref.meter_id} AND customer_id = (SELECT id FROM customers WHERE ${isNamed(organizationId, named)})`,
  ]);
  if (stored !== undefined) return stored;
  if (customer !== undefined && meter !== undefined) {
    return { customer, meter, credited: balance?.credited_units ?? 0 };
  }
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
