import { createCall, ingestCalls, quantitiesCall } from "./events.ts";
import { type Call, runLoad, send } from "./load.ts";
import type { Context, Found, StoreResult, Waits } from "./results.ts";
import { compare, type Side } from "./rounds.ts";
import { percentile } from "./statistics.ts";
import { type Worker, withWorkers } from "./workers.ts";

/** Edgemeter twice: with its organization in an object, and in D1. */
const KINDS = { object: { script: "edgemeter", store: "object" }, d1: { script: "edgemeter" } } as const;

const WORKLOADS: { name: string; calls: (meter: string) => () => Call }[] = [
  { name: "quantities, 30 days", calls: (meter) => () => quantitiesCall(meter) },
  { name: "ingest 1 event", calls: () => ingestCalls(1) },
  { name: "ingest 1,000 events", calls: () => ingestCalls(1000) },
  // Last: each further meter makes catching up longer.
  { name: "create a meter", calls: () => () => createCall() },
];
const CLIENTS = [1, 16];
/** Milliseconds that a client waits before it reads, so that events are in the rollups. */
const ALARM = 7000;

/** Measures the same requests on both stores, in turn. */
export async function measureStores({ scripts, isQuick, progress }: Context): Promise<Found> {
  const { result, memory } = await withWorkers(scripts, KINDS, async ({ object, d1 }) => {
    const meters = [await prepare(object), await prepare(d1)];
    await d1.runSchedule();
    await new Promise((resolve) => setTimeout(resolve, ALARM));
    const stores: StoreResult[] = [];
    for (const { name, calls } of WORKLOADS) {
      const sides: Side[] = [object, d1].map(({ target }, index) => ({ target, nextCall: calls(meters[index]!) }));
      for (const clients of CLIENTS) {
        const load = { clients, milliseconds: isQuick ? 200 : 800 };
        const { figures, ratio } = await compare(sides, { rounds: isQuick ? 3 : 8, load });
        stores.push({ name, clients, object: figures[0]!, d1: figures[1]!, ratio: ratio(0, 1) });
        progress(`${name}, ${clients} clients: an object has ${ratio(0, 1).toFixed(2)} of D1's rate`);
      }
    }
    const waits = await measureWaits(object, d1, isQuick);
    progress(`waits: ${JSON.stringify(waits)}`);
    return { stores, waits };
  });
  return { ...result, memory };
}

/** Meters that catch up while waits are measured. */
const METERS = 10;

/** How long one client waits for a single row while another one ingests, and the meters catch up. */
async function measureWaits(object: Worker, d1: Worker, isQuick: boolean): Promise<Waits> {
  const requests = isQuick ? 10 : 60;
  const waitOf = async ({ target }: Worker) => {
    for (let count = 1; count < METERS; count++) await send(target, createCall());
    const { id } = JSON.parse(await send(target, createCall())) as { id: string };
    const state = { isOver: false };
    const ingestion = runLoad(target, ingestCalls(1000), { clients: 1, requests })
      .then(() => new Promise((resolve) => setTimeout(resolve, ALARM)))
      .finally(() => (state.isOver = true));
    const times: number[] = [];
    while (!state.isOver) times.push(...(await runLoad(target, () => ({ method: "GET", path: `/v1/meters/${id}` }), { clients: 1, requests: 20 })).times); // prettier-ignore
    await ingestion;
    return { longest: percentile(times, 1), p99: percentile(times, 0.99) };
  };
  return { events: requests * 1000, meters: METERS, object: await waitOf(object), d1: await waitOf(d1) };
}

/** A meter and 10,000 events; returns the meter's id. */
async function prepare({ target }: Worker): Promise<string> {
  const { id } = JSON.parse(await send(target, createCall())) as { id: string };
  const nextCall = ingestCalls(1000);
  for (let count = 0; count < 10; count++) await send(target, nextCall());
  await runLoad(target, () => quantitiesCall(id), { clients: 4, milliseconds: 500 });
  return id;
}
