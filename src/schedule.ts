import { log } from "./log.ts";
import { catchUpAndLog } from "./metering/catch-up.ts";
import { causeOf } from "./store/failures.ts";
import { MAX_ALARM_STATEMENTS, MAX_SCHEDULED_STATEMENTS } from "./store/limits.ts";
import { findOrganizationsBehind } from "./store/organizations.ts";
import type { OpenStore, Store } from "./store/store.ts";

/** Milliseconds after which a run begins nothing more: the next one is a minute later. */
const RUN_TIME = 10_000;

/** What runs on the cron trigger, one after the other; a job that fails is logged and keeps no other from running. */
const JOBS = [{ name: "catch-up", run: catchUpOrganizations }];

/** Runs the scheduled jobs. */
export async function runSchedule(env: Env, openStore: OpenStore): Promise<void> {
  for (const { name, run } of JOBS) {
    await run(env, openStore).catch((error) => {
      log("error", { error: "JobFailed", job: name, cause: causeOf(error) });
    });
  }
}

/** Statements with which a catch-up can make progress: two reads, and one transaction of two. */
const MIN_SHARE = 4;

/** Catches up the meters of each organization in D1 that is behind; each gets a fair share of the statements. */
async function catchUpOrganizations(env: Env, openStore: OpenStore): Promise<void> {
  const until = Date.now() + RUN_TIME;
  let left = MAX_SCHEDULED_STATEMENTS;
  const behind = await findOrganizationsBehind(env, Math.floor(left / MIN_SHARE));
  for (const [index, organizationId] of behind.entries()) {
    const share = Math.max(MIN_SHARE, Math.floor(left / (behind.length - index)));
    const store = openStore(env, { organizationId, store: "d1" });
    left -= await catchUpAndLog(store, { statements: share, until });
  }
}

/**
 * What an alarm does. Requests of the organization wait while a transaction runs in its object, so transactions are small:
 * there a further one costs no round trip.
 */
const ALARM = { statements: MAX_ALARM_STATEMENTS, chunk: 8000, chunkTime: 100_000, together: 1 };

/**
 * Runs an organization's scheduled work inside its object.
 * @returns whether there can be more of it
 */
export async function runAlarm(store: Store): Promise<boolean> {
  return (await catchUpAndLog(store, ALARM)) >= ALARM.statements;
}
