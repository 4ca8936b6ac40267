import { Conflict } from "../errors.ts";
import type { Budget } from "../jobs/budget.ts";
import { restoreEvents, type RestoreRequest, type RestoreStep } from "../retention/restore.ts";
import { exportOf } from "../export/settings.ts";
import { retentionOf } from "../retention/settings.ts";
import type { Store } from "../store/store.ts";

/**
 * Continues to restore exported events into the store, one object after the other.
 * @throws Conflict when there is no export, InvalidFields at `from`, `to`, `cursor`
 */
export async function goOnRestoring(
  store: Store,
  env: object,
  { from, to, cursor }: RestoreRequest,
  budget: Budget,
): Promise<RestoreStep> {
  const bucket = exportOf(env);
  if (bucket === null)
    throw new Conflict("There is no export: wrangler.toml has no R2 bucket with the binding EXPORT.");
  const counted = budget.counted(store);
  const all: RestoreStep = { restored: 0, skipped: 0, cursor: cursor ?? null, done: false };
  do {
    const step = await restoreEvents(counted, bucket, { from, to, cursor: all.cursor }, retentionOf(env, budget.now()));
    all.restored += step.restored;
    all.skipped += step.skipped;
    all.cursor = step.cursor;
    all.done = step.done;
  } while (!all.done && budget.mayGoOn());
  return all;
}
