import { type Counted, type InDimension, isIncomplete, type Sizes, tooLong } from "./void-counted.ts";
import type { DimensionReduction, Pair, Place, Reduction, Share } from "./void-share.ts";

// Which rows are computed again, and which are reduced by what voided events had added.

/**
 * Decides what changes when the events are voided, except for those that are refused.
 * @returns the seqs of further events that cannot be voided, if there are any
 * @throws InvalidFields at `events` when a total would have to be computed again from too many events
 */
export function shareOf(counted: Counted[], refused: ReadonlySet<number>, sizes: Sizes): Share | number[] {
  const left = counted.filter(({ seq }) => !refused.has(seq));
  const pairs = [...Map.groupBy(left, pairKey).values()];
  const since = pairs.map((each) => each.filter((one) => one.since !== null)).filter((each) => each.length > 0);
  const decided = since.map((each) => ({ each, ...decide(each, sizes) }));
  const lost = decided.flatMap((each) => each.lost);
  if (lost.length > 0) return lost;
  const incomplete = left.filter((each) => isIncomplete(each, sizes.state));
  const reducible = new Set(incomplete.map(({ meter, seq }) => `${meter.id} ${seq}`));
  const complete = left.filter((each) => !isIncomplete(each, sizes.state));
  const totals = decided.map(({ each, isRebuilt }) => ({
    isRebuilt,
    reduction: reductionOf(each, each[0]!.since!.seq),
  }));
  return {
    rebuilt: byPlace(complete).map(placeOf),
    reduced: byPlace(incomplete),
    reducedDimensions: inDimensions(
      sizes.inDimensions.filter(({ meter_id, seq }) => reducible.has(`${meter_id} ${seq}`)),
    ),
    totals: pairs.map(([one]): Pair => [one!.meter.id, one!.customer]),
    rebuiltSince: totals.filter(({ isRebuilt }) => isRebuilt).map(({ reduction }) => placeOf(reduction)),
    reducedSince: totals.filter(({ isRebuilt }) => !isRebuilt).map(({ reduction }) => reduction),
  };
}

const placeOf = ([meter, customer, place]: Reduction): Place => [meter, customer, place];

/** The key of a customer on a meter. */
export const pairKey = ({ meter, customer }: Counted) => `${meter.id} ${customer}`;

function reductionOf(each: Counted[], place: number, customer = each[0]!.customer): Reduction {
  return [each[0]!.meter.id, customer, place, each.length, each.reduce((sum, { value }) => sum + (value ?? 0), 0)];
}

/** What events added to each rollup of a customer, and to those of all customers together. */
function byPlace(counted: Counted[]): Reduction[] {
  const own = Map.groupBy(counted, (each) => `${each.bucket} ${pairKey(each)}`);
  const all = Map.groupBy(counted, ({ meter, bucket }) => `${bucket} ${meter.id}`);
  return [
    ...[...own.values()].map((each) => reductionOf(each, each[0]!.bucket)),
    ...[...all.values()].map((each) => reductionOf(each, each[0]!.bucket, "")),
  ];
}

type Decision = { isRebuilt: boolean; lost: number[] };
const REDUCED: Decision = { isRebuilt: false, lost: [] };

/**
 * Decides about a total since a reset. It is reduced where that is exact, because computing it again examines all events since
 * the reset. The bounds of a reduced total can be those of a voided event where its function does not use them.
 */
function decide(each: Counted[], { canScan, areStored }: Sizes): Decision {
  const [{ meter, since }] = each as [Counted];
  const { count, sum, min, max } = since!;
  const { func } = meter.text;
  if (each.length >= count || func === "count") return REDUCED;
  const isKept = areStored(each[0]!);
  if (func === "sum" || func === "avg") {
    const isExact = [sum, ...each.map(({ value }) => value)].every(Number.isSafeInteger);
    return isExact || !canScan || !isKept ? REDUCED : { isRebuilt: true, lost: [] };
  }
  const needed = each.filter(({ value }) => func === "unique" || (func === "min" ? value! <= min! : value! >= max!));
  if (needed.length === 0) return REDUCED;
  if (!canScan) throw tooLong();
  return isKept ? { isRebuilt: true, lost: [] } : { isRebuilt: false, lost: needed.map(({ seq }) => seq) };
}

const keyOf = ({ meter_id, customer, bucket, dimension, dimension_value }: InDimension) =>
  JSON.stringify([meter_id, customer, bucket, dimension, dimension_value]);

/** What events added to the rollups of dimensions, of customers and of all together. */
function inDimensions(found: InDimension[]): DimensionReduction[] {
  const all = [...found, ...found.map((each) => ({ ...each, customer: "" }))];
  return [...Map.groupBy(all, keyOf).values()].map((each): DimensionReduction => {
    const { meter_id, customer, bucket, dimension, dimension_value } = each[0]!;
    const sum = each.reduce((total, { value }) => total + (value ?? 0), 0);
    return [meter_id, customer, bucket, each.length, sum, dimension, dimension_value];
  });
}
