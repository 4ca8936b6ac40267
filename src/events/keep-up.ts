import { catchUpAndLog } from "../engine/rollups/catch-up.ts";
import { Budget } from "../jobs/budget.ts";
import type { Store } from "../store/store.ts";

/** After how many events requests catch meters up, and whether they also do in a store that does it by itself. */
type Pace = { every: number; always: boolean };

/** For ingestion: reading a balance afterwards examines so many events at most. */
export const INGESTION: Pace = { every: 5000, always: false };
/** For events that a balance decides about: each decision examines those that are not counted yet. */
export const DECISIONS: Pace = { every: 200, always: true };

/** What is left when the budget is spent waits for the schedule. */
const BUDGET = { statements: 100, milliseconds: 5000 };

/**
 * Catches the organization's meters up after some of its events, if they are behind by half of that at least.
 * @param lastSeq the number of the last event of a request
 * @param count how many numbers the request has used
 * @returns the work, for after the answer; undefined when it is not time for it
 */
export function keepUp(
  store: Store,
  lastSeq: number,
  count: number,
  { every, always }: Pace,
): Promise<void> | undefined {
  if ((store.catchesUp && !always) || lastSeq % every >= count) return undefined;
  return catchUpAndLog(store, new Budget(BUDGET), { lag: every / 2 });
}
