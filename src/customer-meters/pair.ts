import { and, eq } from "drizzle-orm";
import { type FoundCustomer, isNamed, selectCustomer } from "../customers/queries.ts";
import { selectLag } from "../engine/reading/affordable.ts";
import { InvalidFields, type FieldProblem } from "../errors.ts";
import { type MeterRow, selectMeter } from "../meters/queries.ts";
import { db } from "../store/db.ts";
import { selectAnswer, type StoredAnswer } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { customers, meter_balances } from "../store/tables.ts";
import type { PairRef } from "./schemas.ts";

/** A stored customer, a stored meter and whether alerts watch it, the units that the customer was credited on it, and how many events it is behind. */
export type FoundPair = {
  customer: FoundCustomer;
  meter: MeterRow;
  isWatched: boolean;
  credited: number;
  behind: number;
};

/**
 * Reads the customer and the meter that a request names: one round trip.
 * @param key the request's idempotency key: if it was used before, its stored answer is returned instead
 * @throws InvalidFields at each field that names no customer or meter of the organization
 */
export async function findPair(
  store: Store,
  ref: PairRef,
  key: string | null,
): Promise<FoundPair | Omit<StoredAnswer, "is_own">> {
  const { organizationId } = store;
  const { customer_id: id, external_customer_id: externalId } = ref;
  const named = id == null ? { external_id: externalId! } : { id };
  const customerId = db.select({ id: customers.id }).from(customers).where(isNamed(organizationId, named));
  const [[customer], [meter], [stored], [balance], [lag]] = await store.read([
    selectCustomer(organizationId, named),
    selectMeter(organizationId, ref.meter_id),
    // No key is the empty string.
    selectAnswer({ organization_id: organizationId, key: key ?? "" }),
    db
      .select({ credited_units: meter_balances.credited_units })
      .from(meter_balances)
      .where(and(eq(meter_balances.meter_id, ref.meter_id), eq(meter_balances.customer_id, customerId))),
    selectLag(organizationId, ref.meter_id),
  ]);
  if (stored !== undefined) return stored;
  if (customer !== undefined && meter !== undefined) {
    const { behind, is_watched } = lag!;
    return { customer, meter, isWatched: is_watched === 1, credited: balance?.credited_units ?? 0, behind };
  }
  const field = id == null ? "external_customer_id" : "customer_id";
  throw new InvalidFields([
    ...(customer === undefined ? [unknownId(field, "customer", ref[field])] : []),
    ...(meter === undefined ? [unknownId("meter_id", "meter", ref.meter_id)] : []),
  ]);
}

/** The problem of a field that names none of the organization's customers, or meters. */
export function unknownId(field: string, resource: string, input: unknown): FieldProblem {
  const id = field === "external_customer_id" ? "external_id" : "id";
  const msg = `No ${resource} in your organization has this ${id}.`;
  return { type: field, field: [field], msg, input };
}
