import { log } from "./log.ts";
import { catchUpAndLog } from "./metering/catch-up.ts";
import { PART_STATEMENTS, retainAndLog } from "./retention/retain.ts";
import { retentionOf } from "./retention/settings.ts";
import { causeOf } from "./store/failures.ts";
import { MAX_ALARM_STATEMENTS, MAX_RETENTION_STATEMENTS, MAX_SCHEDULED_STATEMENTS } from "./store/limits.ts";
import { findOrganizationsBehind, findOrganizationsWithEvents } from "./store/organizations.ts";
import type { OpenStore, Store } from "./store/store.ts";

/** Milliseconds after which a run begins nothing more: the next one is a minute later. */
const RUN_TIME = 10_000;

/** What runs on the cron trigger, one after the other; a job that fails is logged and keeps no other from running. */
const JOBS = [
  { name: "catch-up", run: catchUpOrganizations },
  { name: "retention", run: retainOrganizations },
];

/** Runs the scheduled jobs. */
export async function runSchedule(env: Env, openStore: OpenStore): Promise<void> {
  for (const { name, run } of JOBS) await run(env, openStore).catch((error) => logFailure(name, error));
}

function logFailure(job: string, error: unknown): void {
  log("error", { error: "JobFailed", job, cause: causeOf(error) });
}

/** Statements with which a catch-up can make progress: two reads, and one transaction, each with what the store adds. */
const MIN_SHARE = 5;

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

/** Deletes events of each organization in D1 that are older than the retention; each gets a fair share of the statements. */
async function retainOrganizations(env: Env, openStore: OpenStore): Promise<void> {
  const now = Date.now();
  const retention = retentionOf(env, now);
  if (retention === null) return;
  let left = MAX_RETENTION_STATEMENTS;
  const found = await findOrganizationsWithEvents(env, retention.before, Math.floor(left / PART_STATEMENTS));
  for (const [index, organizationId] of found.entries()) {
    const share = Math.max(PART_STATEMENTS, Math.floor(left / (found.length - index)));
    const store = openStore(env, { organizationId, store: "d1" });
    left -= (await retainAndLog(store, retention, { statements: share, until: now + RUN_TIME })).statements;
  }
}

/**
 * What an alarm does. Requests of the organization wait while a transaction runs in its object, so transactions are small:
 * there a further one costs no round trip.
 */
const ALARM = { statements: MAX_ALARM_STATEMENTS, chunk: 8000, chunkTime: 100_000, together: 1 };

/**
 * Runs an organization's scheduled work inside its object.
 * @returns when it should run again: at once when there can be more of it, within a day when events grow older, or after the
 *   next write
 */
export async function runAlarm(store: Store, env: object): Promise<"at once" | "within a day" | "after a write"> {
  if ((await catchUpAndLog(store, ALARM)) >= ALARM.statements) return "at once";
  try {
    const retention = retentionOf(env, Date.now());
    if (retention === null) return "after a write";
    const { hasMore } = await retainAndLog(store, retention, ALARM);
    if (hasMore) return "at once";
  } catch (error) {
    logFailure("retention", error);
  }
  return "within a day";
}
