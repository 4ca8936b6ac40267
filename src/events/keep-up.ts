import { catchUpAndLog } from "../engine/rollups/catch-up.ts";
import { Budget } from "../jobs/budget.ts";
import type { Store } from "../store/store.ts";

/** Each time an organization has this many more events, its meters are caught up. */
const CATCH_UP_EVERY = 5000;
/** It is worth it for meters that are so far behind. What is left when the budget is spent waits for the schedule. */
const [CATCH_UP, CATCH_UP_BUDGET] = [{ lag: CATCH_UP_EVERY / 2 }, { statements: 100, milliseconds: 5000 }];

/**
 * Catches the organization's meters up after some of its events, where the store does not do that by itself.
 * @param lastSeq the number of the last event of a request
 * @param count how many numbers the request has used
 * @returns the work, for after the answer; undefined when it is not time for it
 */
export function keepUp(store: Store, lastSeq: number, count: number): Promise<void> | undefined {
  if (store.catchesUp || lastSeq % CATCH_UP_EVERY >= count) return undefined;
  return catchUpAndLog(store, new Budget(CATCH_UP_BUDGET), CATCH_UP);
}
