import { log } from "../log.ts";
import { catchUpAndLog } from "../engine/rollups/catch-up.ts";
import { exportAndLog, OBJECT_STATEMENTS } from "../export/export-events.ts";
import { OBJECT, WAIT } from "../export/ranges.ts";
import { exportOf } from "../export/settings.ts";
import { PART_STATEMENTS, retainAndLog } from "../retention/retain.ts";
import { retentionOf } from "../retention/settings.ts";
import { causeOf } from "../store/failures.ts";
import {
  findOrganizationsBehind,
  findOrganizationsToExport,
  findOrganizationsWithEvents,
  findOrganizationsWithOutdated,
} from "../store/organizations.ts";
import { deleteOutdated, HOLDS, KEYS, type KeptTable } from "../store/outdated.ts";
import type { Store } from "../store/store.ts";
import type { Budget } from "./budget.ts";

/** When a job should run again in an object: at once if there is more to do, later as data ages, or after a write. */
export const NEXT = ["at once", "within an hour", "within a day", "after a write"] as const;
export type Next = (typeof NEXT)[number];

/** Background work. It can be interrupted at any point, and can run concurrently with itself. */
export type Job = {
  name: string;
  /** The statements of one run for all organizations in D1. */
  statements: number;
  /** The minimum number of statements that an organization needs to make progress. */
  share: number;
  /** Finds organizations in D1 with work to do, at most so many, in the order in which they run. */
  find(env: Env, budget: Budget, most: number): Promise<string[]>;
  /** Does some of the work for one organization, in any store. */
  run(store: Store, budget: Budget, env: object): Promise<Next>;
};

/** Aggregates events into the rollups of meters. */
const CATCH_UP: Job = {
  name: "catch-up",
  statements: 680,
  share: 5,
  find: (env, _, most) => findOrganizationsBehind(env, most),
  async run(store, budget) {
    await catchUpAndLog(store, budget);
    return budget.left === 0 ? "at once" : "after a write";
  },
};

/** Writes accepted events into the bucket EXPORT. */
const EXPORT: Job = {
  name: "export",
  statements: 120,
  share: OBJECT_STATEMENTS,
  async find(env, budget, most) {
    if (exportOf(env) === null) return [];
    return findOrganizationsToExport(env, { now: budget.now(), wait: WAIT, many: OBJECT.events, most });
  },
  async run(store, budget, env) {
    const bucket = exportOf(env);
    if (bucket === null) return "after a write";
    const { hasMore, isWaiting } = await exportAndLog(store, bucket, budget);
    if (hasMore) return "at once";
    return isWaiting ? "within an hour" : "after a write";
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

/** Deletes rows that have been kept long enough. */
const deleting = (name: string, table: KeptTable, statements: number): Job => ({
  name,
  statements,
  share: 3,
  find: (env, budget, most) => findOrganizationsWithOutdated(env, table, budget.now(), most),
  async run(store, budget) {
    const { hasMore, isLeft } = await deleteOutdated(budget.counted(store), table, budget.now());
    if (hasMore) return "at once";
    return isLeft ? "within a day" : "after a write";
  },
});

/** All jobs, in the order in which they run. */
export const JOBS: readonly Job[] = [
  CATCH_UP,
  EXPORT,
  RETENTION,
  deleting("forget-keys", KEYS, 24),
  deleting("forget-holds", HOLDS, 21),
];

/** Logs that a whole job failed; failures within one organization are logged with its id. */
export function logFailure({ name }: Job, error: unknown): void {
  log("error", { error: "JobFailed", job: name, cause: causeOf(error) });
}
