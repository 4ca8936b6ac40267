import { type Database, untilQuiet } from "./database.ts";
import { appendEvents, createCall, ingestCalls, quantitiesCall } from "./events.ts";
import { type Call, type Load, runLoad, send } from "./load.ts";
import type { Context, Curve, Found, Point } from "./results.ts";
import { compare, type Effort, type Side } from "./rounds.ts";
import { ORGANIZATION, type Worker, withWorkers } from "./workers.ts";

const TAIL = 10_000;
/** One Worker per size. Sizes are strings because they name Workers; their order is that of the curve. */
export type Sized = { size: number; worker: Worker; meter: string };

/** Measures how reads and ingestion grow with the number of events, caught up and with a tail of 10,000. */
export async function measureEvents(context: Context): Promise<Found> {
  const sizes = context.isQuick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000];
  return grow(
    context,
    sizes,
    { file: "events", title: "Growth with events", axis: "events" },
    async (workers, line) => {
      await prepare(workers, async ({ worker, size }) => {
        await appendEvents(worker.db, size);
        await catchUp(worker);
      });
      const effort = effortOf(context, 8, { clients: 1, requests: 30 });
      const list = () => ({ method: "GET", path: "/v1/events/?limit=10" });
      await line(
        "quantities, caught up",
        workers,
        ({ meter }) =>
          () =>
            quantitiesCall(meter),
        effort,
      );
      await line("list 10 events", workers, () => list, effort);
      await eachOf(workers, ({ worker }) => appendEvents(worker.db, TAIL));
      await line(
        "quantities, with a tail of 10,000",
        workers,
        ({ meter }) =>
          () =>
            quantitiesCall(meter),
        effort,
      );
      const ingestion = effortOf(context, 8, { clients: 4, requests: 12 });
      await eachOf(workers, ({ worker }) => catchUp(worker));
      await line("ingest 100 events", workers, () => ingestCalls(100, { externalIds: true }), ingestion);
    },
  );
}

/** Measures how ingestion slows down with the number of meters. */
export async function measureMeters(context: Context): Promise<Found> {
  const sizes = context.isQuick ? [1, 2000] : [1, 10, 200, 2000];
  return grow(
    context,
    sizes,
    { file: "meters", title: "Growth with meters", axis: "meters" },
    async (workers, line) => {
      await prepare(workers, async ({ worker, size }) => {
        await runLoad(worker.target, () => createCall(), { clients: 8, requests: size - 1 });
      });
      const load: Load = { clients: 4, milliseconds: context.isQuick ? 150 : 600 };
      await line("ingest 1 event", workers, () => ingestCalls(1), effortOf(context, 10, load));
      await line("ingest 100 events", workers, () => ingestCalls(100), effortOf(context, 10, load));
      if (context.isQuick) return;
      await line("ingest 1,000 events", workers, () => ingestCalls(1000), effortOf(context, 8, load));
    },
  );
}

/** Measures how reads and ingestion grow with the number of customers of 100,000 events. */
export async function measureCustomers(context: Context): Promise<Found> {
  const sizes = context.isQuick ? [1, 1000, 10_000] : [1, 1000, 100_000];
  const events = context.isQuick ? 20_000 : 100_000;
  const curve = { file: "customers", title: "Growth with customers", axis: "customers" };
  return grow(context, sizes, curve, async (workers, line) => {
    await prepare(workers, async ({ worker, size: customers }) => {
      await appendEvents(worker.db, events, { customers });
      await catchUp(worker);
    });
    const effort = effortOf(context, 8, { clients: 1, requests: 30 });
    const one = { external_customer_id: "customer 0" };
    await line(
      "quantities of all customers",
      workers,
      ({ meter }) =>
        () =>
          quantitiesCall(meter),
      effort,
    );
    await line(
      "quantities of one customer",
      workers,
      ({ meter }) =>
        () =>
          quantitiesCall(meter, one),
      effort,
    );
    const each = { customer_aggregation_function: "max" };
    const slow = effortOf(context, 3, { clients: 1, requests: 2 });
    await line(
      "quantities by customer first",
      workers,
      ({ meter }) =>
        () =>
          quantitiesCall(meter, each),
      slow,
    );
    const groups =
      ({ meter }: Sized) =>
      () =>
        quantitiesCall(meter, { group_by: "customer" });
    await line("groups by customer", workers, groups, slow);
    const ingestion = ({ size: customers }: Sized) => ingestCalls(100, { customers });
    await line("ingest 100 events", workers, ingestion, effortOf(context, 8, { clients: 4, requests: 40 }));
  });
}

/** What ingestion leaves to do is not its time here, and must not become that of the next side. */
async function settled(series: string, db: Database): Promise<number> {
  if (series.startsWith("ingest")) await untilQuiet(db);
  return 0;
}

/** Measures a line of a curve and keeps its points. */
type Line = (series: string, workers: Sized[], calls: (sized: Sized) => () => Call, effort: Effort) => Promise<void>;

/** Measures one curve, on a Worker for each size; `measure` adds its points by `line`, or to `points` itself. */
export async function grow(
  { scripts, progress }: Context,
  sizes: number[],
  curve: Omit<Curve, "points">,
  measure: (workers: Sized[], line: Line, points: Point[]) => Promise<void>,
): Promise<Found> {
  const points: Point[] = [];
  const line: Line = async (series, workers, calls, effort) => {
    const sides = workers.map((sized): Side => {
      const { target, db } = sized.worker;
      return { target, nextCall: calls(sized), settle: () => settled(series, db) };
    });
    const { figures, ratio } = await compare(sides, effort);
    for (const [index, { size: x }] of workers.entries()) {
      points.push({
        series,
        x,
        milliseconds: (effort.load.clients * 1000) / figures[index]!.rate,
        ratio: ratio(index, 0),
      });
    }
    progress(`${series}: ${workers.map(({ size }, index) => `${size} ${ratio(index, 0).toFixed(2)}`).join(", ")}`);
  };
  const kinds = Object.fromEntries(sizes.map((size) => [`with-${size}`, { script: "edgemeter" as const }]));
  const { memory } = await withWorkers(scripts, kinds, (workers) =>
    measure(
      sizes.map((size) => ({ size, worker: workers[`with-${size}`]!, meter: "" })),
      line,
      points,
    ),
  );
  return { curves: [{ ...curve, points }], memory };
}

/** Creates each Worker's first meter, and does the rest of the preparation. */
export async function prepare(
  workers: Sized[],
  rest: (sized: Sized) => Promise<void>,
  create = createCall(),
): Promise<void> {
  await eachOf(workers, async (sized) => {
    const created = JSON.parse(await send(sized.worker.target, create)) as { id: string };
    sized.meter = created.id;
    await rest(sized);
    // All Workers have answered equally many requests of a kind before the first measurement, which compiles their code.
    const get = () => ({ method: "GET", path: `/v1/meters/${sized.meter}` });
    await runLoad(sized.worker.target, get, { clients: 4, requests: 500 });
    await runLoad(sized.worker.target, ingestCalls(1), { clients: 4, requests: 200 });
  });
}

async function eachOf(workers: Sized[], run: (sized: Sized) => Promise<unknown>): Promise<void> {
  for (const sized of workers) await run(sized);
}

/** Runs the schedule until all meters are caught up, and returns how often it ran. */
export async function catchUp({ db, runSchedule }: Worker): Promise<number> {
  const sql = `SELECT count(*) AS behind FROM meters AS m JOIN organizations AS o ON o.id = m.organization_id
    WHERE m.watermark < o.last_seq AND o.id = '${ORGANIZATION}'`;
  for (let runs = 0; ; runs++) {
    if ((await db.run<{ behind: number }>({ sql }))[0]!.behind === 0) return runs;
    if (runs === MAX_RUNS) throw new Error(`Meters are not caught up after ${MAX_RUNS} runs of the schedule`);
    await runSchedule();
  }
}

const MAX_RUNS = 100;

/** The rounds of a line: a third of them, and two at least, for a quick run. */
export function effortOf({ isQuick }: Context, rounds: number, load: Load): Effort {
  return { rounds: isQuick ? Math.max(2, Math.ceil(rounds / 4)) : rounds, load };
}
