import type { Call, Load, Target, Turn } from "./load.ts";
import { runLoad } from "./load.ts";
import { type Figure, pairedRatio, percentile } from "./statistics.ts";

/** One of several sides that are compared: where it runs, its next request, and what has to end before another's turn. */
export type Side = { target: Target; nextCall: () => Call; settle?: (() => Promise<number>) | undefined };

/** How often and how long it is measured. */
export type Effort = { rounds: number; load: Load };

/** What was found for each side, and its rate relative to another's in the same rounds. */
export type Compared = { figures: Figure[]; ratio: (side: number, to: number) => number };

/**
 * Measures sides in turn: a round that does not count, then rounds whose order is mirrored each time, so that what changes with time (the
 * machine, the size of the data) meets all sides alike.
 */
export async function compare(sides: readonly Side[], { rounds, load }: Effort): Promise<Compared> {
  for (const side of sides) await takeTurn(side, load);
  const rates: number[][] = sides.map(() => []);
  const times: number[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = [...sides.keys()];
    for (const index of round % 2 === 0 ? order : order.toReversed()) {
      const turn = await takeTurn(sides[index]!, load);
      rates[index]!.push(turn.count / turn.seconds);
      times[index]!.push(...turn.times);
    }
  }
  const figures = times.map((of, index) => ({
    rate: percentile(rates[index]!, 0.5),
    p50: percentile(of, 0.5),
    p99: percentile(of, 0.99),
  }));
  return { figures, ratio: (side, to) => pairedRatio(rates[side]!, rates[to]!) };
}

/** Runs one side. Its work after the answers counts as its time, and never runs in another side's turn. */
async function takeTurn({ target, nextCall, settle }: Side, load: Load): Promise<Turn> {
  const turn = await runLoad(target, nextCall, load);
  const behind = settle === undefined ? 0 : await settle();
  return { ...turn, seconds: turn.seconds + behind / 1000 };
}
