import { sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/client.ts";
import { type Period, periodOf, timestampsOf } from "../time/interval.ts";
import type { Aggregation } from "./aggregation.ts";
import type { CompiledDefinition } from "./definition.ts";
import { type FoundPeriod, quantitiesSql, type QuantitiesQuery, type Source } from "./quantities-sql.ts";
import { watermarkOf } from "./rollup.ts";

/** A quantity for each row, and the aggregation over all their periods. */
export type Quantities = { quantities: { timestamp: string; quantity: number }[]; total: number };

/**
 * Computes quantities: exact for everything that was accepted before, in one round trip and one snapshot; never writes.
 * @returns null when the meter's definition is no longer the one that was compiled
 */
export async function computeQuantities(
  db: Database,
  organizationId: string,
  definition: CompiledDefinition,
  query: QuantitiesQuery,
  source: Source,
): Promise<Quantities | null> {
  const rows = timestampsOf(query.start, query.end, query.interval, query.timezone);
  const periods = rows.map((row) => periodOf(row, query.interval, query.timezone));
  const statement = quantitiesSql(organizationId, definition, query, periods, source);
  const check =
    source === "scan" ? sql`1` : sql`${watermarkOf(source.rollupsOf, source.definitionVersion)} IS NOT NULL`;
  const [[current], found] = await runBatch<[{ current: number }[], FoundPeriod[]]>(db, [
    sql`SELECT ${check} AS current`,
    statement,
  ]);
  if (current?.current !== 1) return null;
  const byPeriod = new Map(found.map((each) => [each.period, each]));
  return {
    quantities: rows.map((row, period) => ({
      timestamp: new Date(row).toISOString(),
      quantity: byPeriod.get(period)?.quantity ?? 0,
    })),
    total: totalOf(definition.func, found),
  };
}

/** The time from the beginning of the first row's period to the end of the last row's. */
export function rangeOf({ start, end, interval, timezone }: QuantitiesQuery): Period {
  const last = timestampsOf(start, end, interval, timezone).at(-1)!;
  return { from: periodOf(start, interval, timezone).from, to: periodOf(last, interval, timezone).to };
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
      return quantities.reduce((most, quantity) => Math.max(most, quantity));
    case "min":
      return quantities.reduce((least, quantity) => Math.min(least, quantity));
    case "avg":
      return finite(found.reduce((sum, each) => sum + each.sum, 0)) / found.reduce((n, each) => n + each.count, 0);
    case "unique":
      return found[0]!.distinct_total;
  }
}

function finite(number: number): number {
  return Math.max(Math.min(number, Number.MAX_VALUE), -Number.MAX_VALUE);
}
