import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { createCall, namedCalls } from "./events.ts";
import { runLoad, send } from "./load.ts";
import type { Context, CountedResult, Found } from "./results.ts";
import { withWorkers } from "./workers.ts";

const KINDS = { d1: { script: "edgemeter" }, object: { script: "edgemeter", store: "object" } } as const;
const STORES = ["d1", "object"] as const;
/** Meters, and the names of events that they count: four meters count each event. */
const [METERS, NAMES] = [1000, 250];
/** Events per second that are sent, and per request. */
const RATE = 3000;
const BATCHES = [100, 1000];
/** Milliseconds from one reading of the lag to the next. */
const PERIOD = 250;

/**
 * Measures whether catching up keeps pace with an ingestion that lasts: events are sent at a fixed rate, without the schedule, and the lag
 * is how many of them the slowest meter has not counted yet.
 */
export async function measureCounted({ scripts, isQuick, progress }: Context): Promise<Found> {
  const counted: CountedResult[] = [];
  let memory: number | undefined;
  for (const store of STORES) {
    const folder = await mkdtemp(join(tmpdir(), "edgemeter-counted-"));
    try {
      const run = await withWorkers(
        scripts,
        { worker: KINDS[store] },
        async ({ worker: { target } }) => {
          for (let count = 0; count < METERS; count++)
            await send(target, createCall(undefined, `name ${count % NAMES}`));
          const lags = openLags(folder);
          for (const batch of BATCHES) {
            const found = await sustain(target, batch, isQuick ? 10 : 60, lags.read);
            counted.push({ store, batch, ...found });
            progress(`counted: ${JSON.stringify(counted.at(-1))}`);
          }
          lags.close();
        },
        folder,
      );
      memory = Math.max(memory ?? 0, run.memory ?? 0);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return { counted, memory };
}

/** Sends events at the rate for some seconds, reads the lag all the while, and waits until nothing is left to count. */
async function sustain(target: Parameters<typeof send>[0], batch: number, seconds: number, readLag: () => number) {
  const nextCall = namedCalls(batch, NAMES);
  const lags: number[] = [];
  let sent = 0;
  const state = { isOver: false };
  const begin = performance.now();
  const sample = async () => {
    while (!state.isOver) {
      lags.push(readLag());
      await wait(PERIOD);
    }
  };
  const client = async () => {
    // A client that is late sends at once: the rate is that of the clock, not of the answers.
    while (sent * 1000 < RATE * seconds * 1000) {
      const due = begin + (sent / RATE) * 1000;
      sent += batch;
      await wait(Math.max(0, due - performance.now()));
      await runLoad(target, nextCall, { clients: 1, requests: 1 });
    }
  };
  const sampling = sample();
  await Promise.all(Array.from({ length: 8 }, client));
  const took = (performance.now() - begin) / 1000;
  state.isOver = true;
  await sampling;
  const end = performance.now();
  while (readLag() > 0 && performance.now() - end < 120_000) await wait(PERIOD);
  const half = lags.length >> 1;
  return {
    seconds: took,
    rate: sent / took,
    firstHalf: Math.max(...lags.slice(0, half)),
    secondHalf: Math.max(...lags.slice(half)),
    left: readLag(),
    quietAfter: (performance.now() - end) / 1000,
  };
}

/** Opens the file of the organization's database beside the runtime, which neither waits for it nor notices. */
function openLags(folder: string): { read: () => number; close: () => void } {
  const sql = `SELECT last_seq - (SELECT min(watermark) FROM meters) AS lag FROM organizations`;
  for (const path of globSync("**/*.sqlite", { cwd: folder })) {
    const db = new DatabaseSync(join(folder, path), { readOnly: true, timeout: 5000 });
    try {
      const statement = db.prepare(sql);
      if (db.prepare("SELECT 1 FROM meters LIMIT 1").get() === undefined) throw new Error("no meters");
      return { read: () => Number(statement.get()?.["lag"] ?? 0), close: () => db.close() };
    } catch {
      db.close();
    }
  }
  throw new Error("no database with meters");
}
