import { wrangler } from "../scripts/wrangler-kv.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appendEvents, createCall, ingestCalls, quantitiesCall } from "./events.ts";
import { catchUp } from "./growth.ts";
import { runLoad, send } from "./load.ts";
import type { Context, Found, RatePoint } from "./results.ts";
import { compare } from "./rounds.ts";
import { median } from "./statistics.ts";
import { withWorkers } from "./workers.ts";

const KINDS = { edgemeter: { script: "edgemeter" } } as const;

/** Measures the rate of a long ingestion: 10 meters, 1,000 customers, 4 clients, 1,000 events a request. */
export async function measureIngestionRate({ scripts, isQuick, progress }: Context): Promise<Found> {
  const [parts, requests] = isQuick ? [5, 8] : [15, 20];
  const { result, memory } = await withWorkers(scripts, KINDS, async ({ edgemeter }) => {
    for (let count = 0; count < 10; count++) await send(edgemeter.target, createCall());
    const nextCall = ingestCalls(1000, { externalIds: true, customers: 1000 });
    const rates: RatePoint[] = [];
    for (let part = 1; part <= parts; part++) {
      const turn = await runLoad(edgemeter.target, nextCall, { clients: 4, requests });
      rates.push({ events: part * requests * 1000, rate: (turn.count * 1000) / turn.seconds });
    }
    return rates;
  });
  progress(`ingestion rate: ${result.map(({ rate }) => rate.toFixed(0)).join(", ")} events a second`);
  return { ingestion: result, memory };
}

/**
 * Measures how long the schedule takes until 200 meters have caught up with 50,000 events: each counts the events of one of
 * 50 names; and, once, each counts every event.
 */
export async function measureSchedule({ scripts, isQuick, progress }: Context): Promise<Found> {
  const [meters, events] = isQuick ? [50, 10_000] : [200, 50_000];
  const measureTimes = (names: number, rounds: number) =>
    withWorkers(scripts, KINDS, async ({ edgemeter }) => {
      const seconds: number[] = [];
      let runs = 0;
      for (let count = 0; count < meters; count++) {
        await send(edgemeter.target, createCall(undefined, names === 1 ? undefined : `name ${count % names}`));
      }
      for (let round = 0; round < rounds; round++) {
        await appendEvents(edgemeter.db, events, { names });
        const begin = performance.now();
        runs = Math.max(runs, await catchUp(edgemeter));
        seconds.push((performance.now() - begin) / 1000);
      }
      return { runs, seconds: median(seconds) };
    });
  const { result, memory } = await measureTimes(NAMES, isQuick ? 1 : 3);
  const { result: every } = await measureTimes(1, 1);
  progress(`schedule: ${result.runs} runs, ${result.seconds.toFixed(1)} s; every event: ${every.seconds.toFixed(1)} s`);
  return { schedule: { ...result, meters, events, names: NAMES, every }, memory };
}

/** Names of events that meters share. */
const NAMES = 50;

/** The values of events that share some, of 150,000. */
const USERS = 20_000;

/** Measures `unique` meters, over values that are all new and over some that recur, beside a `sum` meter of the same events. */
export async function measureUnique({ scripts, isQuick, progress }: Context): Promise<Found> {
  const events = isQuick ? 20_000 : 150_000;
  const { result, memory } = await withWorkers(scripts, KINDS, async ({ edgemeter }) => {
    const { target, db } = edgemeter;
    const ids: string[] = [];
    for (const [func, property] of [
      ["sum", "total_tokens"],
      ["unique", "user"],
      ["unique", "value"],
    ]) {
      ids.push((JSON.parse(await send(target, createCall({ func, property }))) as { id: string }).id);
    }
    await appendEvents(db, events, { users: USERS });
    await catchUp(edgemeter);
    const sides = ids.map((id) => ({ target, nextCall: () => quantitiesCall(id) }));
    const { figures, ratio } = await compare(sides, { rounds: isQuick ? 3 : 8, load: { clients: 1, requests: 5 } });
    const meters = [USERS, events].map((values, at) => ({
      values,
      p50: figures[at + 1]!.p50,
      ratio: ratio(0, at + 1),
    }));
    return { events, sum: figures[0]!.p50, meters };
  });
  for (const { values, ratio } of result.meters) progress(`unique, ${values} values: ${ratio.toFixed(1)} times sum`);
  return { unique: result, memory };
}

/** Reads the size of the bundle, and measures how long the Worker takes to start: the median of several profiles. */
export async function measureStartup({ isQuick, progress }: Context): Promise<Found> {
  const folder = await mkdtemp(join(tmpdir(), "edgemeter-startup-"));
  try {
    const times: number[] = [];
    let gzip = 0;
    for (let round = 0; round < (isQuick ? 1 : 5); round++) {
      const output = await wrangler(["check", "startup", "--outfile", join(folder, "startup.cpuprofile")]);
      times.push(Number(/Active: ([\d.]+) ms/.exec(output)?.[1]));
      gzip = Number(/gzip: ([\d.]+) KiB/.exec(output)?.[1]);
    }
    progress(`start-up: ${median(times)} ms, ${gzip} KiB`);
    return { startup: { gzip, milliseconds: median(times) } };
  } finally {
    await rm(folder, { recursive: true });
  }
}
