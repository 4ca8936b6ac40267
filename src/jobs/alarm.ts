import { MAX_ALARM_STATEMENTS } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { Budget } from "./budget.ts";
import { AFTER_A_WRITE, AT_ONCE, DAILY, JOBS, logFailure, type Next } from "./list.ts";

/**
 * Runs the jobs for one organization inside its object, within the budget of an alarm. A job that fails is logged and tried
 * again within a day.
 * @returns in how many milliseconds the next alarm should run
 */
export async function runAlarm(store: Store, env: object, now?: () => number): Promise<Next> {
  let next: Next = AFTER_A_WRITE;
  for (const job of JOBS) {
    const budget = new Budget({ statements: MAX_ALARM_STATEMENTS }, now);
    try {
      const wanted = await job.run(store, budget, env);
      // The jobs after it run in the next alarm.
      if (wanted === AT_ONCE) return wanted;
      next = Math.min(next, wanted);
    } catch (error) {
      logFailure(job, error);
      next = Math.min(next, DAILY);
    }
  }
  return next;
}
