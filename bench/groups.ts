import { appendEvents, createCall, quantitiesCall } from "./events.ts";
import { catchUp, effortOf, grow, prepare, type Sized } from "./growth.ts";
import type { Call } from "./load.ts";
import { send } from "./load.ts";
import type { Context, Found } from "./results.ts";

/** The groups of the events whose number grows. */
const GROUPS = 10;
const WITH_DIMENSION = createCall(undefined, undefined, ["model"]);

/** Measures how grouped quantities grow with the number of events, and with that of groups. */
export async function measureGroups(context: Context): Promise<Found> {
  const found = [await measureEventsInGroups(context), await measureNumberOfGroups(context)];
  const memory = Math.max(...found.map((each) => each.memory ?? 0));
  return { curves: found.flatMap(({ curves }) => curves!), ...(memory > 0 && { memory }) };
}

/** With the number of events, all of which are caught up. */
function measureEventsInGroups(context: Context): Promise<Found> {
  const sizes = context.isQuick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000];
  const curve = { file: "groups-events", title: "Growth of groups with events", axis: `events in ${GROUPS} groups` };
  return grow(context, sizes, curve, async (workers, line) => {
    await prepare(workers, ({ worker, size }) => append(worker, size, GROUPS), WITH_DIMENSION);
    const effort = effortOf(context, 8, { clients: 1, requests: 10 });
    await line("groups by a dimension", workers, groupsBy("model"), effort);
    await line("groups by customer", workers, groupsBy("customer"), effort);
  });
}

/** With the number of groups, by a dimension and by a property whose values are found in the events. */
function measureNumberOfGroups(context: Context): Promise<Found> {
  const sizes = context.isQuick ? [10, 1000] : [10, 100, 1000, 10_000];
  const events = context.isQuick ? 20_000 : 50_000;
  const curve = { file: "groups", title: "Growth with groups", axis: "groups" };
  return grow(context, sizes, curve, async (workers, line) => {
    const others = new Map<Sized, string>();
    const rest = async (sized: Sized) => {
      const created = await send(sized.worker.target, createCall());
      others.set(sized, (JSON.parse(created) as { id: string }).id);
      await append(sized.worker, events, sized.size);
    };
    await prepare(workers, rest, WITH_DIMENSION);
    const effort = effortOf(context, 5, { clients: 1, requests: 5 });
    await line("groups by a dimension", workers, groupsBy("model"), effort);
    await line(
      "groups by a property",
      workers,
      groupsBy("model", (sized) => others.get(sized)!),
      effort,
    );
  });
}

async function append(worker: Sized["worker"], events: number, models: number): Promise<void> {
  await appendEvents(worker.db, events, { models });
  await catchUp(worker);
}

const groupsBy =
  (group_by: string, meterOf = ({ meter }: Sized) => meter) =>
  (sized: Sized): (() => Call) =>
  () =>
    quantitiesCall(meterOf(sized), { group_by });
