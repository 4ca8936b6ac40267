import { MAX_SCHEDULED_STATEMENTS } from "../store/limits.ts";
import type { OpenStore } from "../store/store.ts";
import { Budget } from "./budget.ts";
import { type Job, JOBS, logFailure } from "./list.ts";

/** Milliseconds after which a job begins no new work; the next run is a minute later. */
const JOB_TIME = 10_000;

/** The statements that are kept for the attempts of webhooks that have begun when the budget of the last job is spent. */
const RESERVE = 100;

/** Runs the jobs for all organizations in D1, one after the other. A job that fails is logged, and the others still run. */
export async function runCron(env: Env, openStore: OpenStore, now?: () => number): Promise<void> {
  const budget = new Budget({ statements: MAX_SCHEDULED_STATEMENTS }, now);
  for (const job of JOBS) {
    const rest = job === JOBS.at(-1) ? budget.left - RESERVE : 0;
    const ofJob = budget.share({ statements: Math.max(job.statements, rest), milliseconds: JOB_TIME });
    await runForAll(job, ofJob, env, openStore).catch((error) => logFailure(job, error));
  }
}

/** Runs a job for each organization that it finds, with an equal share of the remaining statements. */
async function runForAll(job: Job, budget: Budget, env: Env, openStore: OpenStore): Promise<void> {
  const found = await job.find(env, budget, Math.floor(budget.left / job.share));
  const open = (organizationId: string) => openStore(env, { organizationId, store: "d1" });
  if (job.runAll !== undefined) return job.runAll(found.map(open), budget, env);
  for (const [index, organizationId] of found.entries()) {
    if (!budget.mayGoOn()) return;
    const statements = Math.max(job.share, Math.floor(budget.left / (found.length - index)));
    await job.run(open(organizationId), budget.share({ statements }), env);
  }
}
