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
  findOrganizationsToSend,
  findOrganizationsWithEvents,
  findOrganizationsWithOldEvents,
  findOrganizationsWithOutdated,
} from "../store/organizations.ts";
import { deleteOutdated, HOLDS, KEYS, type KeptTable, TRIGGERS } from "../store/outdated.ts";
import type { Store } from "../store/store.ts";
import { nextDelivery } from "../webhooks/claim.ts";
import { deliver } from "../webhooks/deliver.ts";
import { dropOldest, forgetEvents } from "../webhooks/upkeep.ts";
import type { Budget } from "./budget.ts";

/** In how many milliseconds a job should run again in an object. */
export type Next = number;
/** When there is more to do, when events wait, when data ages, and when nothing happens before the next write. */
export const [AT_ONCE, HOURLY, DAILY, AFTER_A_WRITE] = [0, 3_600_000, 86_400_000, Infinity] as const;

/** Background work. It can be interrupted at any point, and can run concurrently with itself. */
export type Job = {
  name: string;
  /** The statements of one run for all organizations in D1; the last job also gets those that the others leave. */
  statements: number;
  /** The minimum number of statements that an organization needs to make progress. */
  share: number;
  /** Finds organizations in D1 with work to do, at most so many, in the order in which they run. */
  find(env: Env, budget: Budget, most: number): Promise<string[]>;
  /** Does some of the work for one organization, in any store. */
  run(store: Store, budget: Budget, env: object): Promise<Next>;
  /** Does some of it for all that were found, if they are not served one after the other. */
  runAll?(stores: Store[], budget: Budget, env: object): Promise<void>;
};

/** Aggregates events into the rollups of meters. */
const CATCH_UP: Job = {
  name: "catch-up",
  statements: 560,
  share: 5,
  find: (env, _, most) => findOrganizationsBehind(env, most),
  async run(store, budget) {
    await catchUpAndLog(store, budget);
    return budget.left === 0 ? AT_ONCE : AFTER_A_WRITE;
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
    if (bucket === null) return AFTER_A_WRITE;
    const { hasMore, isWaiting } = await exportAndLog(store, bucket, budget);
    if (hasMore) return AT_ONCE;
    return isWaiting ? HOURLY : AFTER_A_WRITE;
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
    if (retention === null) return AFTER_A_WRITE;
    const { hasMore } = await retainAndLog(store, retention, budget);
    return hasMore ? AT_ONCE : DAILY;
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
    if (hasMore) return AT_ONCE;
    return isLeft ? DAILY : AFTER_A_WRITE;
  },
});

/** Sends webhook events. */
const SEND: Job = {
  name: "send-webhooks",
  statements: 100,
  // Leases an endpoint, makes a payload, stores the outcome, and finds that no other endpoint is waiting.
  share: 20,
  find: (env, budget, most) => findOrganizationsToSend(env, budget.now(), most),
  async run(store, budget, env) {
    await SEND.runAll!([store], budget, env);
    const next = await nextDelivery(store);
    return next === null ? AFTER_A_WRITE : Math.min(Math.max(next - budget.now(), AT_ONCE), DAILY);
  },
  async runAll(stores, budget, env) {
    const limited = budget.share({ milliseconds: SENDING_TIME });
    for (const store of stores) await dropOldest(store, limited);
    await deliver(stores, limited, { env, fetch });
  },
};

/** Milliseconds after which a run sends nothing more. */
const SENDING_TIME = 10_000;

/** Deletes webhook events that have been kept long enough. */
const FORGET_WEBHOOKS: Job = {
  name: "forget-webhooks",
  statements: 20,
  share: 5,
  find: (env, budget, most) => findOrganizationsWithOldEvents(env, budget.now(), most),
  async run(store, budget) {
    const { hasMore, isLeft } = await forgetEvents(budget.counted(store), budget.now());
    if (hasMore) return AT_ONCE;
    return isLeft ? DAILY : AFTER_A_WRITE;
  },
};

/** All jobs, in the order in which they run. */
export const JOBS: readonly Job[] = [
  CATCH_UP,
  EXPORT,
  RETENTION,
  deleting("forget-keys", KEYS, 24),
  deleting("forget-holds", HOLDS, 21),
  deleting("forget-triggers", TRIGGERS, 15),
  FORGET_WEBHOOKS,
  SEND,
];

/** Logs that a whole job failed; failures within one organization are logged with its id. */
export function logFailure({ name }: Job, error: unknown): void {
  log("error", { error: "JobFailed", job: name, cause: causeOf(error) });
}
