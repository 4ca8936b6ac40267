import { sql } from "drizzle-orm";
import type { Rows, Statement, Store } from "../../store/store.ts";
import type { Aggregation } from "../definition/aggregation.ts";
import { catchUpNow } from "../rollups/catch-up.ts";
import { eventsFrom } from "../rollups/counted.ts";
import type { CompiledDefinition } from "../definition/definition.ts";
import { scanTooLarge } from "../definition/scan-cost.ts";
import { type FoundPeriod, quantitiesSql, type QuantitiesQuery, type Source } from "./quantities-sql.ts";
import type { Window } from "./window.ts";

/** The quantity of each row, and the aggregation over all their periods. */
export type Quantities = { quantities: { timestamp: string; quantity: number }[]; total: number };

/**
 * Computes quantities, exact for everything accepted before, in one round trip and one snapshot.
 * @param also other statements for the same snapshot
 * @throws InvalidFields (`scan_too_large`) when there are too many customers and rollups for one statement
 * @returns the quantities, the rows of each of `also`, and `eventsFrom`: if earlier events are requested, the time from which none
 *   were deleted (milliseconds since 1970 UTC). Null when the meter has to be read again: its definition is no longer the compiled
 *   one, or its tail was too long and has been caught up
 */
export async function computeQuantities<const S extends readonly Statement[] = []>(
  store: Store,
  definition: CompiledDefinition,
  query: QuantitiesQuery,
  source: Source,
  also: S = [] as never,
): Promise<(Quantities & { also: Rows<S>; eventsFrom: number | null }) | null> {
  // Rollups include events that were deleted after the meter was created; a scan does not.
  const stored = eventsFrom(store.organizationId);
  const state =
    source === "scan"
      ? sql<State>`SELECT ${stored} AS counted_from, ${stored} AS stored_from`
      : sql<State>`SELECT events_from AS counted_from, ${stored} AS stored_from
          FROM meters WHERE id = ${source.rollupsOf} AND definition_version = ${source.definitionVersion}`;
  const statement = quantitiesSql(store.organizationId, definition, query, source);
  const rows = await store.read([state, statement, ...also]);
  const [[current], found, ...more] = rows as unknown as [State[], FoundPeriod[], ...unknown[][]];
  if (current === undefined) return null;
  if (source !== "scan" && found.some(({ period, events }) => period === null && events === 1)) {
    await catchUpNow(store, source.rollupsOf);
    return null;
  }
  if (found.some(({ period }) => period === null)) throw scanTooLarge(TOO_MANY_CUSTOMERS);
  return {
    ...toQuantities(query.window, definition.func, found),
    also: more as Rows<S>,
    eventsFrom: missingBefore(query.window, current),
  };
}

/** What a request is told that needs too many rollups of customers. */
export const TOO_MANY_CUSTOMERS =
  "This request would have to read too much of too many customers. Narrow start_timestamp and end_timestamp, name fewer " +
  "of them by customer_id or external_customer_id, or leave customer_aggregation_function or group_by out.";

/** The times from which events are counted, and stored; null for all. No row if the meter's definition has changed. */
type State = { counted_from: number | null; stored_from: number | null };

/** The time before which events of the window may be missing, or null. Its edges are read from stored events. */
function missingBefore({ range, edges }: Window, { counted_from: counted, stored_from: stored }: State): number | null {
  if (stored !== null && edges?.some(({ from }) => from < stored)) return stored;
  return counted !== null && range.from < counted ? counted : null;
}

/** What was found in periods, as rows and their total. */
export function toQuantities(
  { timestamps, edges }: Window,
  func: Aggregation["func"],
  found: FoundPeriod[],
): Quantities {
  const byPeriod = new Map(found.map((period) => [period.period, period]));
  const quantities = timestamps.map((timestamp, period) => ({
    timestamp: new Date(timestamp).toISOString(),
    quantity: byPeriod.get(period)?.quantity ?? 0,
  }));
  return { quantities, total: edges === null ? totalOf(func, found) : quantities[0]!.quantity };
}

/** The aggregation over the periods: of rows for most functions, of all values for the mean and for distinct values. */
function totalOf(func: Aggregation["func"], found: FoundPeriod[]): number {
  const quantities = found.flatMap(({ quantity }) => (quantity === null ? [] : [quantity]));
  if (quantities.length === 0) return 0;
  switch (func) {
    case "count":
    case "sum":
      return finite(quantities.reduce((sum, quantity) => sum + quantity, 0));
    case "max":
      return quantities.reduce((max, quantity) => Math.max(max, quantity));
    case "min":
      return quantities.reduce((min, quantity) => Math.min(min, quantity));
    case "avg": {
      const total = finite(found.reduce((sum, period) => sum + period.total, 0));
      return total / found.reduce((sum, period) => sum + period.events, 0);
    }
    case "unique":
      return found[0]!.distinct_total;
  }
}

function finite(number: number): number {
  return Math.max(Math.min(number, Number.MAX_VALUE), -Number.MAX_VALUE);
}
