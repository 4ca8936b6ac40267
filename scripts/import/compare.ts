import type { Edgemeter } from "./edgemeter.ts";
import type { MeterPair } from "./meters.ts";
import type { Polar } from "./polar.ts";

/** A month in which a meter's quantities differ. */
export type Difference = { meter: MeterPair; month: string; polar: number; here: number };

type Quantities = { timestamp: string; quantity: number }[];

const FIRST_YEAR = 2023;
/** Monthly quantities are limited to 1,460 days, so a request has at most three years. */
const YEARS = 3;
/** Sums of fractions depend on the order of additions. */
const TOLERANCE = 1e-9;

/** Compares the quantities of meters by month, from 2023, where they begin, until now. */
export async function* compareMeters(polar: Polar, here: Edgemeter, meters: MeterPair[]): AsyncGenerator<Difference> {
  const now = new Date();
  for (const meter of meters) {
    for (let year = FIRST_YEAR; year <= now.getUTCFullYear(); year += YEARS) {
      const end = Math.min(now.getTime(), Date.UTC(year + YEARS, 0, 1) - 1);
      const query = {
        start_timestamp: new Date(Date.UTC(year, 0, 1)).toISOString(),
        end_timestamp: new Date(end).toISOString(),
        interval: "month" as const,
      };
      const [theirs, ours] = await Promise.all([
        polar.meters.quantities(meter.polarId, query),
        here.client.get("/v1/meters/{id}/quantities", { path: { id: meter.id }, query }),
      ]);
      yield* differences(meter, theirs.quantities, ours.quantities);
    }
  }
}

function* differences(meter: MeterPair, theirs: Quantities, ours: Quantities): Generator<Difference> {
  for (const [i, { timestamp, quantity: here }] of ours.entries()) {
    const polar = theirs[i]?.quantity ?? 0;
    if (Math.abs(polar - here) <= TOLERANCE * Math.max(Math.abs(polar), Math.abs(here))) continue;
    yield { meter, month: timestamp.slice(0, 7), polar, here };
  }
}
