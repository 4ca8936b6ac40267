import { presentCustomerMeter } from "./present.ts";
import { presentCustomer } from "../customers/present.ts";
import { catchUpIfExpensive } from "../engine/reading/affordable.ts";
import { Conflict, InvalidFields } from "../errors.ts";
import { definitionOf } from "../engine/definition/definition.ts";
import { retry } from "../retry.ts";
import type { Idempotency } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { GAP, splitAtGaps } from "../wire/json-text.ts";
import { type Entered, type Entry, enter, withOwnDigits } from "./enter.ts";
import { findPair, type FoundPair } from "./pair.ts";
import type { PairRef } from "./schemas.ts";

/**
 * Credits or resets a customer on a meter.
 * @param now milliseconds since 1970 UTC
 * @returns the resulting customer meter as JSON; null when the idempotency key was used for another request
 * @throws InvalidFields when the customer or the meter is unknown; Conflict when other requests keep changing them
 */
export async function createEntry(
  store: Store,
  ref: PairRef,
  entry: Entry,
  idempotency: Idempotency | null,
  now: number,
): Promise<Exclude<Entered, "outdated"> | null> {
  const created = await retry({ attempts: 10, pause: 0 }, async () => {
    const found = await findPair(store, ref, idempotency?.key ?? null);
    if ("answer" in found)
      return { entered: found.fingerprint === idempotency!.fingerprint ? { ...found, isReplayed: true } : null };
    const { customer, meter, isWatched, credited } = found;
    if (entry.kind === "credit" && credited + entry.units > Number.MAX_SAFE_INTEGER) throw tooMuch(entry.units);
    const { id, definition_version } = meter;
    const pair = { customer, meter: { id, definition_version, definition: definitionOf(meter) }, isWatched };
    await catchUpIfExpensive(store, pair, found.behind);
    const entered = await enter(store, pair, entry, await answerParts(found, now), idempotency, now);
    if (entered === "outdated") return null;
    return { entered: idempotency === null || entered.fingerprint === idempotency.fingerprint ? entered : null };
  });
  if (created !== null) return created.entered && { ...created.entered, answer: withOwnDigits(created.entered.answer) };
  throw new Conflict("Other requests kept changing this customer or this meter. Repeat the request.");
}

function tooMuch(input: number): InvalidFields {
  const msg = `A customer cannot have more than ${Number.MAX_SAFE_INTEGER} credited units on a meter.`;
  return new InvalidFields([{ type: "value_error", field: ["units"], msg, input }]);
}

/** The parts of the answer around its four numbers. */
async function answerParts({ customer, meter }: FoundPair, now: number): Promise<string[]> {
  const gap = GAP as never;
  const presented = await presentCustomer(customer, customer.first_user_event_at);
  const numbers = { consumed_units: gap, credited_units: gap, balance: gap, held_units: gap };
  const created_at = Math.max(customer.created_at, meter.created_at);
  const times = { pair_created_at: created_at, pair_modified_at: now };
  return splitAtGaps(presentCustomerMeter({ ...meter, customer_id: customer.id, ...numbers, ...times }, presented));
}
