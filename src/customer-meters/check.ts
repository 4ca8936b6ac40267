import { sql } from "drizzle-orm";
import type { Store } from "../store/store.ts";
import type { PairRef } from "./schemas.ts";
import { customerOf, selectStanding, type Standing, standingTables, withMeter } from "./standing.ts";

/**
 * Reads how a customer stands on a meter.
 * @param now milliseconds since 1970 UTC
 * @throws InvalidFields when customer or meter are unknown
 */
export function check(store: Store, ref: PairRef, now: number): Promise<Standing> {
  return withMeter(store, ref, async (meter, budget) => {
    const place = { organizationId: store.organizationId, customer: customerOf(ref), meter, now };
    const statement = sql<Standing>`WITH ${standingTables(place, { budget })}${selectStanding(place)}`;
    const [[standing]] = await store.read([statement]);
    return standing ?? null;
  });
}
