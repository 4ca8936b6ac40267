import { log } from "../log.ts";
import { catchUpAndLog } from "../engine/rollups/catch-up.ts";
import { PART_STATEMENTS, retainAndLog } from "../retention/retain.ts";
import { retentionOf } from "../retention/settings.ts";
import { causeOf } from "../store/failures.ts";
import { forgetKeys } from "../store/idempotency.ts";
import {
  findOrganizationsBehind,
  findOrganizationsWithEvents,
  findOrganizationsWithOldKeys,
} from "../store/organizations.ts";
import type { Store } from "../store/store.ts";
import type { Budget } from "./budget.ts";

/** When the job of an organization in an object should run again: there can be more of it, or when its events are older, or after the next write. */
export type Next = "at once" | "within a day" | "after a write";

/** Work that needs no request. It can be interrupted at any point, and run twice at once. */
export type Job = {
  name: string;
  /** Statements of one run for all organizations in D1. */
  statements: number;
  /** Statements without which an organization does not get on. */
  share: number;
  /** Finds organizations in D1 for which there is something to do, in the order of their turns, at most so many. */
  find(env: Env, budget: Budget, most: number): Promise<string[]>;
  /** Does some of what there is to do for one organization, wherever it is. */
  run(store: Store, budget: Budget, env: object): Promise<Next>;
};

/** Aggregates events into the rollups of meters. */
const CATCH_UP: Job = {
  name: "catch-up",
  statements: 800,
  share: 5,
  find: (env, _, most) => findOrganizationsBehind(env, most),
  async run(store, budget) {
    await catchUpAndLog(store, budget);
    return budget.left === 0 ? "at once" : "after a write";
  },
};

/** Deletes events that are older than the retention. */
const RETENTION: Job = {
  name: "retention",
  statements: 135,
  share: PART_STATEMENTS,
  async find(env, budget, most) {
    const retention = retentionOf(env, budget.now());
    return retention === null ? [] : findOrganizationsWithEvents(env, retention.before, most);
  },
  async run(store, budget, env) {
    const retention = retentionOf(env, budget.now());
    if (retention === null) return "after a write";
    const { hasMore } = await retainAndLog(store, retention, budget);
    return hasMore ? "at once" : "within a day";
  },
};

/** Deletes idempotency keys that have been kept long enough. */
const FORGET_KEYS: Job = {
  name: "forget-keys",
  statements: 45,
  share: 3,
  find: (env, budget, most) => findOrganizationsWithOldKeys(env, budget.now(), most),
  async run(store, budget) {
    const { hasMore, isLeft } = await forgetKeys(budget.counted(store), budget.now());
    if (hasMore) return "at once";
    return isLeft ? "within a day" : "after a write";
  },
};

/** All jobs, in the order in which they run. */
export const JOBS: readonly Job[] = [CATCH_UP, RETENTION, FORGET_KEYS];

/** Logs that a job failed as a whole; what fails in one organization is logged with its id. */
export function logFailure({ name }: Job, error: unknown): void {
  log("error", { error: "JobFailed", job: name, cause: causeOf(error) });
}
