import { BoundedMap } from "../bounded-map.ts";
import { type CatchUpLimits, catchUpAndLog } from "../engine/rollups/catch-up.ts";
import { Budget } from "../jobs/budget.ts";
import type { Store } from "../store/store.ts";

/** After how many events requests catch meters up, and whether they also do in a store that does it by itself. */
type Pace = { every: number; always: boolean };

/** For ingestion: reading a balance afterwards examines so many events at most. */
export const INGESTION: Pace = { every: 5000, always: false };
/** For events that a balance decides about: each decision examines those that are not counted yet. */
export const DECISIONS: Pace = { every: 200, always: true };
/** After how many events a decision catches up its own meter, which takes a fraction of the time of all. */
const DECIDED = 50;

/** What is left when the budget is spent waits for the schedule. */
const BUDGET = { statements: 100, milliseconds: 5000 };

/** Milliseconds between two catch-ups of an organization for its alerts. */
const ALERTS_PACE = 1000;
/** When each organization may next be caught up for its alerts: milliseconds since 1970 UTC. */
const NEXT = new BoundedMap<number>(10_000);

/**
 * Catches the organization's meters up after some of its events, if they are behind by half of that at least; after every
 * event those that alerts watch.
 * @param appended the number of the last event of a request, and whether alerts depend on it
 * @param count how many numbers the request has used
 * @param decided the id of the meter whose balance decided about the event
 * @returns the work, for after the answer; undefined when it is not time for it
 */
export function keepUp(
  store: Store,
  { lastSeq, isWatched }: { lastSeq: number; isWatched: boolean },
  count: number,
  { every, always }: Pace,
  decided?: string,
): Promise<void> | undefined {
  const isDue = (!store.catchesUp || always) && lastSeq % every < count;
  const isDecided = !isDue && decided !== undefined && lastSeq % DECIDED === 0;
  const work = [
    ...(isDue ? [run(store, { lag: every / 2 })] : []),
    ...(isDecided ? [run(store, { lag: DECIDED / 2, only: decided })] : []),
    ...(isWatched && !store.catchesUp ? [keepUpAlerts(store)] : []),
  ];
  return work.length === 0 ? undefined : Promise.all(work).then(() => undefined);
}

/** Catches up what alerts watch: at once, or together with later requests when the pace allows it again. */
async function keepUpAlerts(store: Store): Promise<void> {
  const { organizationId } = store;
  const now = Date.now();
  const next = NEXT.get(organizationId) ?? 0;
  // A time that is further ahead is from before the clock was set back.
  const at = next > now + 2 * ALERTS_PACE ? now : Math.max(now, next);
  // Another request of this isolate waits for that time.
  if (at > now + ALERTS_PACE) return;
  NEXT.set(organizationId, at + ALERTS_PACE);
  if (at > now) await scheduler.wait(at - now);
  // The pace counts from when it begins, however late the timer was.
  NEXT.set(organizationId, Date.now() + ALERTS_PACE);
  await run(store, { watched: true });
}

const run = (store: Store, limits: CatchUpLimits) => catchUpAndLog(store, new Budget(BUDGET), limits);
