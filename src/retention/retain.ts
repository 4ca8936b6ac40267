import { AdaptiveSize, type Budget } from "../jobs/budget.ts";
import { log } from "../log.ts";
import { causeOf } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import { deletePart, type DeletableEvent, selectPart } from "./part.ts";
import { DAY } from "../time/zone.ts";
import type { Retention } from "./settings.ts";

/** The number of events in the first transaction, and the maximum. */
const [FIRST_SIZE, MAX_SIZE] = [500, 2000];
/** The statements of a part, unless transactions are slow. */
export const PART_STATEMENTS = 32;
/** The maximum number of statements of a part. */
const MAX_PART_STATEMENTS = 52;

/** The number of deleted events, and whether there may be more. */
export type Retained = { deleted: number; hasMore: boolean };

/**
 * Deletes an organization's oldest events, if all its meters have counted them and the export, if any, has them. It can be
 * interrupted at any point and run concurrently; quantities and balances do not change. The first part may exceed the budget.
 * @throws what the store throws
 */
export async function retain(store: Store, retention: Retention, budget: Budget): Promise<Retained> {
  const counted = budget.counted(store);
  const run: RetentionRun = {
    store: counted,
    budget,
    size: new AdaptiveSize(FIRST_SIZE, MAX_SIZE),
    deleted: 0,
    hasMore: true,
  };
  while (run.hasMore && mayBegin(budget)) {
    const partEnd = budget.spent + MAX_PART_STATEMENTS;
    const query = { ...retention, now: budget.now() };
    const [part] = await counted.read([selectPart(store.organizationId, query)]);
    if (part.length === 0) run.hasMore = false;
    else await deleteAll(run, part, partEnd);
  }
  return { deleted: run.deleted, hasMore: run.hasMore };
}

/** A retention in progress; `size` is the number of events that the next transaction deletes. */
type RetentionRun = Retained & { store: Store; budget: Budget; size: AdaptiveSize };

/** A part begins only if it can be finished. */
function mayBegin(budget: Budget): boolean {
  return budget.mayGoOn() && (budget.spent === 0 || budget.left >= PART_STATEMENTS);
}

/**
 * Deletes a part in several transactions. What cannot be deleted now is left to the next run.
 * @param partEnd the number of spent statements at which to stop
 */
async function deleteAll(run: RetentionRun, part: DeletableEvent[], partEnd: number): Promise<void> {
  const { budget, size } = run;
  const first = part.reduce((least, { timestamp }) => Math.min(least, timestamp), Infinity);
  const until = (Math.floor(first / DAY) + 1) * DAY;
  for (let next = 0; next < part.length && budget.spent < partEnd;) {
    const seqs = part.slice(next, next + size.value).map(({ seq }) => seq);
    next += seqs.length;
    const start = budget.now();
    const deleted = await remove(run, seqs, until);
    size.adapt(budget.now() - start);
    if (deleted < seqs.length) run.hasMore = false;
  }
}

async function remove(run: RetentionRun, seqs: number[], until: number): Promise<number> {
  const { store, budget } = run;
  const statements = deletePart(store.organizationId, seqs, until, budget.now());
  const results = await store.write(statements, { repeat: statements });
  const { changes } = results.at(-1)!;
  run.deleted += changes;
  return changes;
}

/**
 * Runs `retain` and logs its result. A failure only causes a delay, so it is logged and not thrown.
 * @returns the result of `retain`; after a failure, that there is no more to do
 */
export async function retainAndLog(store: Store, retention: Retention, budget: Budget): Promise<Retained> {
  const { organizationId: organization_id } = store;
  try {
    const done = await retain(store, retention, budget);
    if (done.deleted > 0) log("info", { deleted_events: done.deleted, organization_id });
    return done;
  } catch (error) {
    log("error", { error: "RetentionFailed", organization_id, cause: causeOf(error) });
    return { deleted: 0, hasMore: false };
  }
}
