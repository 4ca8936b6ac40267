import { CATCH_UP } from "./alerts.ts";
import type { Curve, EndpointResult, Results } from "./results.ts";
import { percentile } from "./statistics.ts";

/** A target, what was measured for it, and whether that meets it; null: not measured in this run. */
export type Target = { what: string; wanted: string; measured: string | null; isMet: boolean };

type Finding = { measured: string; isMet: boolean } | null;

const TARGETS: [what: string, wanted: string, find: (results: Results) => Finding][] = [
  ["create a meter, 16 clients", "≥ 0.95 of the baseline", ofBaseline("create a meter", 16, 0.95)],
  [
    "ingest 1,000 events with external_ids, 4 clients",
    "≥ 0.90 of the baseline",
    ofBaseline("ingest 1,000 events with external_ids", 4, 0.9),
  ],
  ["get a meter, 16 clients", "≥ 0.95 of the baseline", ofBaseline("get a meter", 16, 0.95)],
  ["list 10 meters, 16 clients", "≥ 0.85 of the baseline", ofBaseline("list 10 meters", 16, 0.85)],
  [
    "state of a customer of 16 meters, 16 clients",
    "≥ 0.85 of the baseline",
    ofBaseline("state of a customer, 16 meters", 16, 0.85),
  ],
  ["rename a meter, 16 clients", "≥ 0.85 of the baseline", ofBaseline("rename a meter", 16, 0.85)],
  ["list 10 events, 16 clients", "≥ 0.85 of the baseline", ofBaseline("list 10 events", 16, 0.85)],
  ["preview of 30 days, 16 clients", "≥ 0.60 of the baseline", ofBaseline("preview, 30 days", 16, 0.6)],
  ["consume, one customer, 16 clients", "≥ 0.80 of the baseline", ofBaseline("consume, one customer", 16, 0.8)],
  ["consume, one customer, 1 client, against the ingestion of one event", "≤ 1.5 × the time", consumeTime],
  ["200 meters of 50 names catch up with 50,000 events", "≤ 3 runs of the schedule, ≤ 4 s", catchUpTime],
  ["300,000 events, 10 meters, 1,000 customers: last fifth against first fifth", "≥ 0.85 of the rate", ingestionRate],
  [
    "1,000 meters, 4 of them count each event, 3,000 events a second for a minute: the lag",
    "bounded, ≤ 15,000 events",
    countedLag,
  ],
  ["quantities of 30 days: 1 M caught-up events against 10 k", "≤ 1.3 × the time", (results) => withEvents(results, "quantities, caught up", 1.3)], // prettier-ignore
  ["the same with a tail of 10,000 against 10 k caught up", "≤ 3 × the time", (results) => withEvents(results, "quantities, with a tail of 10,000", 3, "quantities, caught up")], // prettier-ignore
  ["list of 10 events: 1 M caught-up events against 10 k", "≤ 1.3 × the time", (results) => withEvents(results, "list 10 events", 1.3)], // prettier-ignore
  ["groups by a dimension: 1 M caught-up events against 10 k", "≤ 1.3 × the time", groupsByDimension],
  ["100,000 customers in groups against `customer_aggregation_function`", "≤ 3 × the time", groupsByCustomer],
  ["ingestion with 2,000 meters against 1", "≥ 0.90 of the rate", manyMeters],
  ["ingestion with 100 alerts against none", "≥ 0.90 of the rate", withAlerts],
  ["100 alerts in a catch-up with 5,000 events of 1,000 customers", "≤ 100 ms more", evaluation],
  ["`unique` over 150,000 events with 20,000 values against `sum`", "≤ 10 × the time", uniqueTime(0, 10)],
  ["the same over 150,000 values", "≤ 3 × the time", uniqueTime(1, 3)],
  ["p99 against p50, 16 clients, each endpoint", "≤ 3 ×", slowestAnswers],
  [
    "bundle, gzip",
    "≤ 110 KiB",
    ({ startup }) => startup && { measured: `${startup.gzip} KiB`, isMet: startup.gzip <= 110 },
  ],
  ["start-up", "≤ 14 ms", ({ startup }) => startup && { measured: `${startup.milliseconds} ms`, isMet: startup.milliseconds <= 14 }], // prettier-ignore
];

/** Compares a run with the targets. A quick run has less data than they name, which its table says. */
export function targetsOf(results: Results): Target[] {
  return TARGETS.map(([what, wanted, find]) => {
    const found = find(results);
    return { what, wanted, measured: found?.measured ?? null, isMet: found?.isMet ?? false };
  });
}

function ofBaseline(name: string, clients: number, least: number): (results: Results) => Finding {
  return ({ endpoints }) => {
    const found = endpoints.find((endpoint) => endpoint.name === name && endpoint.clients === clients);
    if (found === undefined) return null;
    return { measured: `${found.ratio.toFixed(2)} (${ratesOf(found)})`, isMet: found.ratio >= least };
  };
}

const ratesOf = ({ edgemeter, baseline }: EndpointResult) => `${edgemeter.rate.toFixed(0)} of ${baseline.rate.toFixed(0)} a second`; // prettier-ignore

function catchUpTime({ schedule }: Results): Finding {
  if (schedule === null) return null;
  const { runs, seconds, meters, events, every } = schedule;
  const all = `each counting every event: ${every.runs} runs, ${every.seconds.toFixed(1)} s`;
  const measured = `${runs} runs, ${seconds.toFixed(1)} s (${meters} meters, ${number(events)} events; ${all})`;
  return { measured, isMet: runs <= 3 && seconds <= 4 };
}

function consumeTime({ endpoints }: Results): Finding {
  const [consume, ingest] = ["consume, one customer", "ingest 1 event, 16 meters"].map((name) =>
    endpoints.find((endpoint) => endpoint.name === name && endpoint.clients === 1),
  );
  if (consume === undefined || ingest === undefined) return null;
  const [one, other] = [consume.edgemeter.p50, ingest.edgemeter.p50];
  return {
    measured: `${(one / other).toFixed(2)} × (${one.toFixed(2)} against ${other.toFixed(2)} ms)`,
    isMet: one <= 1.5 * other,
  };
}

/** The lag is bounded when the second half of the minute is no further behind than the first, except for a chunk of a catch-up. */
function countedLag({ counted }: Results): Finding {
  if (counted.length === 0) return null;
  const isMet = counted.every(({ rate, secondHalf }) => rate >= 2900 && secondHalf <= 15_000);
  const most = counted.map(({ store, batch, rate, secondHalf }) => `${store}, ${number(batch)} a request: ${number(secondHalf)} at ${number(rate)} a second`); // prettier-ignore
  return { measured: most.join("; "), isMet };
}

function ingestionRate({ ingestion }: Results): Finding {
  const fifth = Math.floor(ingestion.length / 5);
  if (fifth === 0) return null;
  const rateOf = (points: { rate: number }[]) => points.length / points.reduce((sum, { rate }) => sum + 1 / rate, 0);
  const [first, last] = [rateOf(ingestion.slice(0, fifth)), rateOf(ingestion.slice(-fifth))];
  const measured = `${(last / first).toFixed(2)} (${number(last)} of ${number(first)} events a second)`;
  return { measured, isMet: last / first >= 0.85 };
}

function withEvents({ curves }: Results, series: string, most: number, against = series): Finding {
  const points = pointsOf(curves, "events", series);
  const [first, last] = [pointsOf(curves, "events", against)[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const ratio = last.milliseconds / first.milliseconds;
  const times = `${last.milliseconds.toFixed(1)} against ${first.milliseconds.toFixed(1)} ms, ${number(last.x)} events`;
  return { measured: `${ratio.toFixed(2)} × (${times})`, isMet: ratio <= most };
}

/** More events than there are quarters of an hour and groups add no rollups, so the growth ends there: the last two points show it. */
function groupsByDimension({ curves }: Results): Finding {
  const points = pointsOf(curves, "groups-events", "groups by a dimension");
  const [first, before, last] = [points[0], points.at(-2), points.at(-1)];
  if (first === undefined || before === undefined || last === undefined) return null;
  const ratio = last.milliseconds / first.milliseconds;
  const times = `${last.milliseconds.toFixed(1)} against ${first.milliseconds.toFixed(1)} ms, ${number(last.x)} events`;
  const measured = `${ratio.toFixed(2)} × (${times}); ${(last.milliseconds / before.milliseconds).toFixed(2)} × against ${number(before.x)}`;
  return { measured, isMet: ratio <= 1.3 };
}

function groupsByCustomer({ curves }: Results): Finding {
  const last = (series: string) => pointsOf(curves, "customers", series).at(-1);
  const [groups, each] = [last("groups by customer"), last("quantities by customer first")];
  if (groups === undefined || each === undefined) return null;
  const ratio = groups.milliseconds / each.milliseconds;
  const times = `${number(groups.milliseconds)} against ${number(each.milliseconds)} ms, ${number(each.x)} customers`;
  return { measured: `${ratio.toFixed(2)} × (${times})`, isMet: ratio <= 3 };
}

function manyMeters({ curves }: Results): Finding {
  const all = curves.find(({ file }) => file === "meters")?.points ?? [];
  const last = all.filter(({ x }) => x === Math.max(...all.map((point) => point.x)));
  const worst = last.toSorted((a, b) => a.ratio - b.ratio)[0];
  if (worst === undefined) return null;
  return { measured: `${worst.ratio.toFixed(2)} (the worst: ${worst.series})`, isMet: worst.ratio >= 0.9 };
}

function withAlerts({ curves }: Results): Finding {
  const all = curves.find(({ file }) => file === "alerts")?.points ?? [];
  const worst = all.filter(({ x, series }) => x > 0 && series !== CATCH_UP).toSorted((a, b) => a.ratio - b.ratio)[0];
  if (worst === undefined) return null;
  return { measured: `${worst.ratio.toFixed(2)} (the worst: ${worst.series})`, isMet: worst.ratio >= 0.9 };
}

function evaluation({ curves }: Results): Finding {
  const [without, with100] = pointsOf(curves, "alerts", CATCH_UP);
  if (without === undefined || with100 === undefined) return null;
  const [whole, plain] = [with100.milliseconds, without.milliseconds];
  const measured = `${(whole - plain).toFixed(0)} ms (${whole.toFixed(0)} ms, without alerts ${plain.toFixed(0)})`;
  return { measured, isMet: whole - plain <= 100 };
}

function uniqueTime(meter: number, most: number): (results: Results) => Finding {
  return ({ unique }) => {
    if (unique === null) return null;
    const { values, p50, ratio } = unique.meters[meter]!;
    const times = `${p50.toFixed(1)} against ${unique.sum.toFixed(1)} ms, ${number(unique.events)} events, ${number(values)} values`;
    return { measured: `${ratio.toFixed(1)} × (${times})`, isMet: ratio <= most };
  };
}

function slowestAnswers({ endpoints }: Results): Finding {
  const busy = endpoints.filter(({ clients }) => clients === 16);
  const ratios = busy.map(({ name, edgemeter: { p50, p99 } }) => ({ name, p50, p99, ratio: p99 / p50 }));
  const worst = ratios.toSorted((a, b) => b.ratio - a.ratio)[0];
  if (worst === undefined) return null;
  const { name, p50, p99, ratio } = worst;
  const middle = percentile(ratios.map((each) => each.ratio), 0.5); // prettier-ignore
  const measured = `at most ${ratio.toFixed(1)} × (${name}: ${p99.toFixed(0)} against ${p50.toFixed(0)} ms), in the middle ${middle.toFixed(1)} ×`;
  return { measured, isMet: ratio <= 3 };
}

const pointsOf = (curves: Curve[], file: string, series: string) =>
  (curves.find((curve) => curve.file === file)?.points ?? []).filter((point) => point.series === series);

/** A number as a reader wants it: 12,345. */
export function number(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
