import { type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { type CustomerRef, isNamed, selectKeys } from "../customers/queries.ts";
import { Conflict } from "../errors.ts";
import { STATEMENT_BUDGET } from "../engine/definition/scan-cost.ts";
import { catchUpIfExpensive } from "../engine/reading/affordable.ts";
import { type BalanceLimits, balancesSql } from "../engine/reading/balances.ts";
import { heldUnits } from "../engine/reading/held.ts";
import { type KnownMeter, recallMeter, rememberMeter } from "../engine/reading/known-meters.ts";
import { clamp } from "../engine/rollups/rollups.ts";
import { firstEventsSql } from "../engine/rollups/activity.ts";
import type { StoredAnswer } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { customers, meters } from "../store/tables.ts";
import { findPair } from "./pair.ts";
import type { PairRef } from "./schemas.ts";
import { type CustomerMeterRow, customerMeterColumns } from "./select-page.ts";

/** How a customer stands on a meter: the balance, what is held of it, and what is left of it then. */
export type Standing = CustomerMeterRow & { available: number };

/** A customer by a request's name, a meter as this isolate knows it, and the time: milliseconds since 1970 UTC. */
export type Place<Given = never> = {
  organizationId: string;
  customer: CustomerRef<Given>;
  meter: KnownMeter;
  now: number | Given;
};

const c = alias(customers, "c");
const m = alias(meters, "m");

/** How a request names its customer. */
export function customerOf({ customer_id, external_customer_id }: PairRef): CustomerRef {
  return customer_id == null ? { external_id: external_customer_id! } : { id: customer_id };
}

/**
 * Tables of a WITH clause that end with `standing`, the balance and its `held_units`: one row, or none when the customer is
 * unknown or the definition outdated.
 * @param except the id of a hold that does not count
 */
export function standingTables(
  { organizationId, customer, meter, now }: Place<SQL>,
  limits: BalanceLimits = {},
  except?: string,
): SQL {
  const held = heldUnits({ customer_id: sql`p.customer_id`, meter_id: sql`p.meter_id` }, now, except);
  return sql`chosen (id, external_key) AS MATERIALIZED (
      ${selectKeys(isNamed(organizationId, customer))}
    ),
    ${balancesSql(organizationId, [meter], sql`chosen`, limits)},
    standing AS MATERIALIZED (SELECT p.*, ${held} AS held_units FROM balances AS p)`;
}

/** What is left of the balance of a standing `p`, beside what is held of it. */
export const AVAILABLE = clamp(sql`p.balance - p.held_units`);

/**
 * Selects a Standing from `standing`.
 * @param more further columns, of `p` and of the tables beside it
 */
export function selectStanding({ organizationId }: Place<SQL>, more = sql``, tables = sql``): SQL<Standing> {
  return sql`, ${firstEventsSql(organizationId, sql`chosen`)}
    SELECT ${customerMeterColumns(sql`p.held_units`, sql`(SELECT at FROM first_events)`)}, ${AVAILABLE} AS available${more}
    FROM standing AS p CROSS JOIN ${customers} AS ${c} ON ${c.id} = p.customer_id
    CROSS JOIN ${meters} AS ${m} ON ${m.id} = p.meter_id${tables}`;
}

/** An idempotency key, and what the answer is that it has. */
type Kept<T> = { key: string; answer: (stored: Omit<StoredAnswer, "is_own">) => T };

/** Attempts after which others have changed the customer or the meter each time. */
const MAX_ATTEMPTS = 10;

/**
 * Does something that is compiled for a meter: with the definition that this isolate remembers, and again with the present one
 * if that is outdated.
 * @param act returns null when there is no such customer, the meter is no longer the given one, or its statements would take
 *   longer than the budget, in microseconds; null is none
 * @param kept whether an answer is kept with the request's idempotency key, even if the customer or the meter is gone
 * @throws InvalidFields when customer or meter are unknown; Conflict when others changed them each time
 */
export async function withMeter<T>(
  store: Store,
  ref: PairRef,
  act: (meter: KnownMeter, budget: number | null) => Promise<T | null>,
  kept: Kept<T> | null = null,
): Promise<T> {
  let known = recallMeter(store, ref.meter_id);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const found = known === undefined ? await findPair(store, ref, kept?.key ?? null) : null;
    if (found !== null && "answer" in found) return kept!.answer(found);
    const meter = known ?? rememberMeter(store, found!.meter, found!.isWatched);
    if (found !== null) await catchUpIfExpensive(store, { customer: found.customer, meter }, found.behind);
    const result = await act(meter, found === null ? STATEMENT_BUDGET : null);
    if (result !== null) return result;
    known = undefined;
  }
  throw new Conflict("Other requests kept changing this customer or this meter. Repeat the request.");
}
