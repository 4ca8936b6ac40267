import { appendEvents, ingestCalls } from "./events.ts";
import { catchUp, effortOf, grow, prepare } from "./growth.ts";
import { type Call, type Load, runLoad, send } from "./load.ts";
import type { Context, Found } from "./results.ts";
import { median } from "./statistics.ts";

/** Customers with a balance, and the events that are counted in one transaction. */
const [BALANCES, COUNTED] = [1000, 5000];

/** Measures what alerts cost ingestion, and how long it takes to count events and to evaluate alerts for 1,000 customers. */
export function measureAlerts(context: Context): Promise<Found> {
  const curve = { file: "alerts", title: "Growth with alerts", axis: "alerts" };
  return grow(context, [0, 100], curve, async (workers, line, points) => {
    await prepare(workers, async ({ worker: { target }, size, meter: meter_id }) => {
      await runLoad(
        target,
        numbered((i) => customerCall(i)),
        { clients: 8, requests: BALANCES },
      );
      // Each customer reaches a threshold with every few events.
      const alert = { name: "Alert", meter_id, basis: "consumed_units" };
      for (let i = 0; i < size; i++)
        await send(target, postCall("/v1/alerts", { ...alert, thresholds: [250 * (i + 1)] }));
    });
    const rounds = context.isQuick ? 3 : 9;
    const times = workers.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, { worker }] of workers.entries()) {
        await appendEvents(worker.db, COUNTED, { customers: BALANCES });
        const begin = performance.now();
        await catchUp(worker);
        times[index]!.push(performance.now() - begin);
      }
    }
    const medians = times.map(median);
    for (const [index, { size: x }] of workers.entries())
      points.push({ series: CATCH_UP, x, milliseconds: medians[index]!, ratio: medians[0]! / medians[index]! });
    context.progress(`${CATCH_UP}: ${medians.map((each) => each.toFixed(0)).join(", ")} ms`);
    const load: Load = { clients: 4, milliseconds: context.isQuick ? 300 : 1200 };
    await line("ingest 1 event", workers, () => ingestCalls(1), effortOf(context, 10, load));
    await line("ingest 1,000 events", workers, () => ingestCalls(1000), effortOf(context, 10, load));
  });
}

/** The series of a catch-up in the curve of alerts. */
export const CATCH_UP = "catch up with 5,000 events of 1,000 customers";

const postCall = (path: string, json: object): Call => ({ method: "POST", path, body: JSON.stringify(json) });
const customerCall = (i: number) =>
  postCall("/v1/customers/", { email: `${i}@example.com`, external_id: `customer ${i}` });

/** Makes requests one after the other. */
function numbered(make: (i: number) => Call): () => Call {
  let i = 0;
  return () => make(i++);
}
