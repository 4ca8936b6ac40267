import { copyRows, untilQuiet } from "./database.ts";
import { createCall, FILTER, ingestCalls, quantitiesCall, RANGE } from "./events.ts";
import { type Call, runLoad, send } from "./load.ts";
import type { Context, EndpointResult, Found } from "./results.ts";
import { compare, type Side } from "./rounds.ts";
import { type Worker, withWorkers } from "./workers.ts";

/** The workers of a comparison, each with its own database, so that the data of one does not slow down another. */
const KINDS = {
  edgemeter: { script: "edgemeter" },
  baseline: { script: "baseline" },
  remembering: { script: "baseline", remember: true },
} as const;
type Workers = Record<keyof typeof KINDS, Worker>;

/** The ids of a Worker's meters and events, which requests use. */
type Ids = { meters: string[]; events: string[]; customers: string[] };

/**
 * An endpoint: its requests, how many clients send them, and what it has instead of the usual rounds if it is slow. A slow
 * one is measured with one client only in a quick run.
 */
type Workload = { name: string; calls: (ids: Ids) => () => Call; clients?: number[]; rounds?: number };

/** The ids where requests need none. */
const NOTHING: Ids = { meters: [], events: [], customers: [] };

const get = (path: (ids: Ids) => string) => (ids: Ids) => () => ({ method: "GET", path: path(ids) });
const preview = JSON.stringify({ filter: FILTER, aggregation: { func: "sum", property: "total_tokens" }, ...RANGE });
/** Rounds of what is slow, and of what is very slow. */
const [SLOW, VERY_SLOW] = [5, 3];
const [METERS, CUSTOMERS] = [16, 16];
let turn = 0;
/** One after the other, so that clients do not meet at the same one. */
const next = (ids: string[]) => ids[turn++ % ids.length]!;

/** Reads of 16 meters and 10,000 caught-up events; the update last. */
const READS: Workload[] = [
  { name: "get a meter", calls: get(({ meters }) => `/v1/meters/${next(meters)}`) },
  { name: "list 10 meters", calls: get(() => "/v1/meters/?limit=10") },
  {
    name: "quantities, 30 days",
    calls:
      ({ meters }) =>
      () =>
        quantitiesCall(next(meters)),
  },
  { name: "preview, 30 days", calls: () => () => ({ method: "POST", path: "/v1/meters/preview", body: preview }), rounds: SLOW }, // prettier-ignore
  { name: "state of a customer, 16 meters", calls: get(({ customers }) => `/v1/customers/${next(customers)}/state`) },
  { name: "get an event", calls: get(({ events }) => `/v1/events/${next(events)}`) },
  { name: "list 10 events", calls: get(() => "/v1/events/?limit=10") },
  { name: "list names of events", calls: get(() => "/v1/events/names"), rounds: SLOW },
  {
    name: "rename a meter",
    calls:
      ({ meters }) =>
      () => ({ method: "PATCH", path: `/v1/meters/${next(meters)}`, body: `{"name":"Tokens ${turn}"}` }),
  },
];

/** Ingestion by itself: there is no meter. */
const INGESTIONS: Workload[] = [
  { name: "ingest 1 event", calls: () => ingestCalls(1) },
  { name: "ingest 100 events", calls: () => ingestCalls(100) },
  { name: "ingest 1,000 events", calls: () => ingestCalls(1000), rounds: SLOW },
  {
    name: "ingest 1,000 events with external_ids",
    calls: () => ingestCalls(1000, { externalIds: true }),
    clients: [4, 1, 16],
    rounds: SLOW + 3,
  },
  { name: "ingest 10,000 events", calls: () => ingestCalls(10_000), rounds: VERY_SLOW },
];

/** The same with a meter; the time includes its catch-up, which the baseline does not have. */
const COUNTED: Workload[] = [
  {
    name: "the same, and one meter catches up",
    calls: () => ingestCalls(1000, { externalIds: true }),
    clients: [4],
    rounds: SLOW,
  },
];

const gated = ({ meters, customers }: Ids) => ({ customer_id: next(customers), meter_id: meters[0]! });
const spend = (ids: Ids) => () => {
  const event = { name: "ai_usage", metadata: { model: "large", total_tokens: 1 } };
  const json = { ...gated(ids), minimum_balance: -1e9, event };
  return { method: "POST", path: "/v1/customer-meters/consume", body: JSON.stringify(json) };
};
/** Decisions, of one customer and of all; and the ingestion of one event in the same circumstances. */
const DECISIONS: Workload[] = [
  {
    name: "check a customer's balance",
    calls: get((ids) => `/v1/customer-meters/check?${new URLSearchParams({ ...gated(ids), units: "1" }).toString()}`),
  },
  { name: "ingest 1 event, 16 meters", calls: () => ingestCalls(1) },
  {
    name: "consume, one customer",
    calls: ({ meters, customers }) => spend({ meters, events: [], customers: customers.slice(0, 1) }),
  },
  { name: "consume, 16 customers", calls: spend },
];

const CREATION: Workload[] = [{ name: "create a meter", calls: () => () => createCall() }];

/** Measures reads of each endpoint, and the update, beside their baselines. */
export const measureReads = (context: Context): Promise<Found> => measureGroup(context, READS, prepareReads);

/** Measures decisions beside a baseline that appends an event and reads a row of totals. */
export const measureDecisions = (context: Context): Promise<Found> => measureGroup(context, DECISIONS, prepareReads);

/** Measures ingestion beside its baseline, without a meter and with one. */
export async function measureIngestion(context: Context): Promise<Found> {
  const alone = await measureGroup(context, INGESTIONS, async () => NOTHING);
  const counted = await measureGroup(context, COUNTED, prepareMeter);
  return { endpoints: [...alone.endpoints!, ...counted.endpoints!], memory: alone.memory };
}

/** Measures the creation of meters beside its baseline. */
export const measureCreation = (context: Context): Promise<Found> =>
  measureGroup(context, CREATION, async () => NOTHING);

async function measureGroup(
  context: Context,
  workloads: Workload[],
  prepare: (workers: Workers) => Promise<Ids>,
): Promise<Found> {
  const { result, memory } = await withWorkers(context.scripts, KINDS, async (workers) => {
    const ids = await prepare(workers);
    const endpoints: EndpointResult[] = [];
    await warmUp(workers, workloads[0]!.calls(ids), context.isQuick ? 300 : 1500);
    for (const workload of workloads) {
      for (const clients of clientsOf(workload, context)) {
        endpoints.push(await measure(context, workers, workload, { ids, clients }));
      }
    }
    return endpoints;
  });
  return { endpoints: result, memory };
}

/** How many clients send: one after the other 1 and 16, or what the workload says; fewer in a quick run if it is slow. */
function clientsOf({ clients = [1, 16], rounds }: Workload, { isQuick }: Context): number[] {
  if (!isQuick) return clients;
  return rounds === undefined ? clients : clients.slice(0, 1);
}

/** Lets the runtime compile the code of each Worker before the first measurement. */
async function warmUp(workers: Workers, nextCall: () => Call, milliseconds: number): Promise<void> {
  for (const { target } of Object.values(workers)) await runLoad(target, nextCall, { clients: 4, milliseconds });
}

async function measure(
  { isQuick, progress }: Context,
  workers: Workers,
  { name, calls, rounds: own }: Workload,
  { ids, clients }: { ids: Ids; clients: number },
): Promise<EndpointResult> {
  const callsOf = async (worker: Worker) => calls({ ...ids, events: await eventIds(worker) });
  const settle = COUNTED.some((workload) => workload.name === name)
    ? () => untilQuiet(workers.edgemeter.db)
    : undefined;
  const sides: Side[] = [
    { target: workers.edgemeter.target, nextCall: await callsOf(workers.edgemeter), settle },
    { target: workers.baseline.target, nextCall: await callsOf(workers.baseline) },
    { target: workers.remembering.target, nextCall: await callsOf(workers.remembering) },
  ];
  const milliseconds = (isQuick ? 120 : 400) * (own === undefined ? 1 : 2);
  const rounds = isQuick ? Math.ceil((own ?? 4) / 4) + 1 : (own ?? 8);
  const { figures, ratio } = await compare(sides, { rounds, load: { clients, milliseconds } });
  const result = { name, clients, edgemeter: figures[0]!, baseline: figures[1]!, ratio: ratio(0, 1) };
  progress(`${name}, ${clients} clients: ${result.ratio.toFixed(2)} of the baseline`);
  return { ...result, ratioToRemembering: ratio(0, 2) };
}

/** Meters and 10,000 events, caught up; the baseline has the same events, meters and rollups. */
async function prepareReads(workers: Workers): Promise<Ids> {
  const { edgemeter, baseline, remembering } = workers;
  for (let count = 0; count < METERS; count++) await send(edgemeter.target, createCall());
  const nextCall = ingestCalls(1000);
  for (let count = 0; count < 10; count++) {
    for (const { target } of [edgemeter, baseline, remembering]) await send(target, nextCall());
  }
  const customers: string[] = [];
  for (let count = 0; count < CUSTOMERS; count++) {
    const body = JSON.stringify({ email: `${count}@example.com`, external_id: `customer ${count}` });
    customers.push(JSON.parse(await send(edgemeter.target, { method: "POST", path: "/v1/customers/", body })).id);
  }
  await untilQuiet(edgemeter.db);
  await edgemeter.runSchedule();
  for (const { db } of [baseline, remembering]) {
    await copyRows(edgemeter.db, db, "meters");
    // Those of all customers, and customers' totals, which are read; the others are many times more.
    await copyRows(edgemeter.db, db, "meter_rollups", "customer = ''");
    await copyRows(edgemeter.db, db, "meter_totals");
    await copyRows(edgemeter.db, db, "customers");
  }
  return {
    meters: await idsAt(edgemeter, `/v1/meters/?limit=${METERS}`),
    events: await eventIds(edgemeter),
    customers,
  };
}

async function prepareMeter({ edgemeter }: Workers): Promise<Ids> {
  await send(edgemeter.target, createCall());
  return NOTHING;
}

const eventIds = (worker: Worker) => idsAt(worker, "/v1/events/?limit=10");

async function idsAt({ target }: Worker, path: string): Promise<string[]> {
  const page = JSON.parse(await send(target, { method: "GET", path })) as { items: { id: string }[] };
  return page.items.map(({ id }) => id);
}
