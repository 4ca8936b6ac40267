import { MAX_ALARM_STATEMENTS } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { Budget } from "./budget.ts";
import { JOBS, logFailure, NEXT, type Next } from "./list.ts";

/**
 * Runs the jobs for one organization inside its object, within the budget of an alarm. A job that fails is logged and tried
 * again within a day.
 * @returns when the next alarm should run
 */
export async function runAlarm(store: Store, env: object, now?: () => number): Promise<Next> {
  let next: Next = "after a write";
  for (const job of JOBS) {
    const budget = new Budget({ statements: MAX_ALARM_STATEMENTS }, now);
    try {
      const wanted = await job.run(store, budget, env);
      // The jobs after it run in the next alarm.
      if (wanted === "at once") return wanted;
      next = soonest(next, wanted);
    } catch (error) {
      logFailure(job, error);
      next = soonest(next, "within a day");
    }
  }
  return next;
}

const soonest = (one: Next, other: Next) => NEXT[Math.min(NEXT.indexOf(one), NEXT.indexOf(other))]!;
