import { sql } from "drizzle-orm";
import { likeRef } from "../customers/queries.ts";
import { given, PreparedStatements } from "../store/prepared.ts";
import type { Statement, Store } from "../store/store.ts";
import type { PairRef } from "./schemas.ts";
import { customerOf, type Place, selectStanding, type Standing, standingTables, withMeter } from "./standing.ts";

/**
 * Reads how a customer stands on a meter.
 * @param now milliseconds since 1970 UTC
 * @throws InvalidFields when customer or meter are unknown
 */
export function check(store: Store, ref: PairRef, now: number): Promise<Standing> {
  return withMeter(store, ref, async (meter, budget) => {
    const place = { organizationId: store.organizationId, customer: customerOf(ref), meter, now };
    const [[standing]] = await store.read([prepared(place, budget)]);
    return standing ?? null;
  });
}

const PREPARED = new PreparedStatements(1_000_000);
const NOW = given("now");

function prepared(place: Place, budget: number | null): Statement<Standing> {
  const { organizationId, meter, now } = place;
  const { named, like } = likeRef(place.customer);
  const key = [organizationId, meter.id, meter.definition_version, Object.keys(like), budget].join(" ");
  const [query] = PREPARED.get(key, { named, now }, () => {
    const there = { ...place, customer: like, now: NOW };
    return [sql`WITH ${standingTables(there, { budget })}${selectStanding(there)}`];
  });
  return query!;
}
