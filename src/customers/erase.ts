import { isNull, type SQL, sql } from "drizzle-orm";
import { AdaptiveSize, Budget } from "../jobs/budget.ts";
import { type Erasure, eraseStep, FIRST_ERASED, isAtEnd, nextStep, type StepLimits } from "../engine/upkeep/erase.ts";
import { eraseActivity, eraseBalances, hasUnowned } from "../engine/upkeep/erase-balances.ts";
import { eraseHolds, MOST_ERASED } from "../engine/reading/held.ts";
import { MOST_FORGOTTEN } from "../engine/rollups/values.ts";
import { eraseFromExport } from "../export/erase.ts";
import { exportedUpTo } from "../export/ranges.ts";
import type { Store, Written } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import { markDeleted, markFormer } from "./delete.ts";
import { type CustomerRef, notFound } from "./queries.ts";

/** The budget of one request: about ten transactions with the reads that prepare them. */
const BUDGET = { statements: 250, milliseconds: 1000 };
/** The limits of its first transaction. */
const LIMITS: StepLimits = { examined: 20_000, erased: 5000, buckets: 20 };
const MAX_BUCKETS = 500;

/** An erasure in progress. */
type StartedErasure = Erasure & { remaining: number; exported: number };

/** The work of one request: how many buckets a transaction takes, whether a step has been taken, and whether the next has to wait. */
type ErasureRun = {
  store: Store;
  bucket: R2Bucket | null;
  budget: Budget;
  limits: StepLimits;
  buckets: AdaptiveSize;
  isStarted: boolean;
  isWaiting: boolean;
};

/**
 * Deletes a customer with all its data, events included, or continues where an earlier request has stopped. The customer may
 * have been deleted before. It can be repeated, and run concurrently.
 * @param bucket the bucket of the export; null if there is none
 * @returns the maximum number of events that remain to be examined; 0 when it is done
 * @throws ResourceNotFound when there is no data of such a customer; Conflict when several deleted ones had the external id;
 *   ExportUnavailable
 */
export async function eraseCustomer(
  opened: Store,
  bucket: R2Bucket | null,
  ref: CustomerRef,
  budget = new Budget(BUDGET),
  limits = LIMITS,
): Promise<number> {
  const store = budget.counted(opened);
  const last = sql`coalesce((SELECT last_seq FROM organizations WHERE id = ${store.organizationId}), 0)`;
  const most = sql`coalesce(${customers.deleted_seq}, ${last})`;
  const exported = sql`min(${most}, ${exportedUpTo(store.organizationId)})`;
  const begin = {
    erase_remaining: sql`${most} + ${exported}`,
    erased_bucket: FIRST_ERASED,
    erased_seq: 0,
    external_id_folded: null,
  };
  const isDeleted = await markDeleted(store, ref, budget.now(), begin);
  const buckets = new AdaptiveSize(limits.buckets, MAX_BUCKETS);
  const run: ErasureRun = { store, bucket, budget, limits, buckets, isStarted: false, isWaiting: false };
  let found = await findErasures(store, ref);
  if (found.length === 0 && !isDeleted) {
    if (!(await markFormer(store, ref, begin, isNull(customers.erased_bucket)))) throw notFound(ref);
    found = await findErasures(store, ref);
  }
  while (found.length > 0 && mayGoOn(run)) {
    await goOn(run, found[0]!);
    found = await findErasures(store, ref);
  }
  return found.reduce((sum, { remaining }) => sum + Math.max(1, remaining), 0);
}

/** Returns whether another step may begin. Every request takes at least one, however slow the database is. */
function mayGoOn({ budget, isStarted, isWaiting }: ErasureRun): boolean {
  return !isWaiting && (!isStarted || budget.mayGoOn());
}

/** Finds the unfinished erasures that a request names, oldest first: several customers can have had an external id. */
async function findErasures(store: Store, ref: CustomerRef): Promise<StartedErasure[]> {
  const named = "id" in ref ? sql`id = ${ref.id}` : sql`external_id = ${ref.external_id}`;
  const [rows] = await store.read([
    sql<StartedErasure>`
      SELECT id, external_id, generation, deleted_seq AS seq, erased_bucket AS bucket, erase_remaining AS remaining,
        erased_seq AS exported FROM customers
      WHERE organization_id = ${store.organizationId} AND ${named} AND deleted_at IS NOT NULL AND erased_bucket IS NOT NULL
      ORDER BY deleted_at, id`,
  ]);
  return rows;
}

/** Continues an erasure until there is something to write, and writes it. */
async function goOn(run: ErasureRun, erasure: StartedErasure): Promise<void> {
  const { store, budget, limits, buckets } = run;
  const isCurrent = sql`EXISTS (SELECT 1 FROM customers WHERE ${isAt(store, erasure)})`;
  if (isAtEnd(erasure)) return goOnInExport(run, erasure);
  if (erasure.bucket === FIRST_ERASED) {
    const statements = [...eraseBalances(store.organizationId, erasure, isCurrent), eraseHolds(erasure.id, isCurrent)];
    const results = await store.write(statements, { repeat: statements });
    const [{ changes: values }, { changes: holds }] = results.slice(-2) as [Written, Written];
    if (values === MOST_FORGOTTEN || holds === MOST_ERASED) {
      // There can be more.
      run.isStarted = true;
      return;
    }
  }
  let [at, examined] = [erasure.bucket, 0];
  while (mayGoOn(run)) {
    run.isStarted = true;
    const next = { ...limits, buckets: buckets.value };
    const step = await nextStep(store, { ...erasure, bucket: at }, next);
    examined += step.examined;
    if (step.erased === 0 && step.meters.length === 0) {
      at = step.end;
      if (!isAtEnd({ ...erasure, bucket: at })) continue;
      return write(run, [move(store, erasure, at, examined)]);
    }
    const start = budget.now();
    const to = move(store, erasure, step.isPartial ? at : step.end, examined);
    await eraseStep(store, { ...erasure, bucket: at }, step, next, isCurrent, to);
    return buckets.adapt(budget.now() - start);
  }
  if (at > erasure.bucket) await write(run, [move(store, erasure, at, examined)]);
}

/** Continues in the objects of the export, once no event of the customer is stored that could be written into one. */
async function goOnInExport(run: ErasureRun, erasure: StartedErasure): Promise<void> {
  const { store, bucket, budget } = run;
  const isCurrent = sql`EXISTS (SELECT 1 FROM customers WHERE ${isAt(store, erasure)})`;
  const { upTo, isDone } = await eraseFromExport(store, bucket, erasure, erasure.exported, budget);
  if (isDone) return write(run, finish(store, erasure, isCurrent));
  run.isWaiting = upTo === erasure.exported;
  run.isStarted = true;
  if (run.isWaiting) return;
  const remaining = sql`max(1, ${erasure.seq} - ${upTo})`;
  await write(run, [
    sql`UPDATE customers SET erased_seq = ${upTo}, erase_remaining = ${remaining} WHERE ${isAt(store, erasure)}`,
  ]);
}

async function write(run: ErasureRun, statements: SQL[]): Promise<void> {
  run.isStarted = true;
  await run.store.write(statements, { repeat: statements });
}

/** Matches the erasure as long as no other request has advanced it. */
function isAt({ organizationId }: Store, { id, bucket, exported }: StartedErasure): SQL {
  return sql`id = ${id} AND organization_id = ${organizationId} AND erased_bucket = ${bucket} AND erased_seq = ${exported}`;
}

function move(store: Store, erasure: StartedErasure, bucket: number, examined: number): SQL {
  return sql`UPDATE customers SET erased_bucket = ${bucket}, erase_remaining = max(1, erase_remaining - ${examined})
      WHERE ${isAt(store, erasure)}`;
}

/** Ends an erasure: removes the customer, and its external id unless other customers or events have it. */
function finish(store: Store, erasure: StartedErasure, isCurrent: SQL): SQL[] {
  const { organizationId } = store;
  const { id, external_id } = erasure;
  const isOfOthers = (condition: SQL) => sql`EXISTS (SELECT 1 FROM customers
      WHERE organization_id = ${organizationId} AND external_id = ${external_id} AND id <> ${id} AND ${condition})`;
  const forget = sql`DELETE FROM generations WHERE organization_id = ${organizationId} AND external_id = ${external_id}
      AND ${isCurrent} AND NOT ${isOfOthers(sql`deleted_at IS NULL`)} AND NOT ${isOfOthers(sql`deleted_at IS NOT NULL`)}
      AND NOT ${hasUnowned(organizationId, external_id ?? "")}`;
  return [
    eraseActivity(organizationId, erasure, isCurrent),
    ...(external_id === null ? [] : [forget]),
    sql`DELETE FROM customers WHERE ${isAt(store, erasure)}`,
  ];
}
