import { type SQL, sql } from "drizzle-orm";
import { AdaptiveSize, Budget } from "../jobs/budget.ts";
import { type Erasure, eraseStep, FIRST_ERASED, hasLateEvents, isAtEnd, nextStep, type StepLimits } from "../engine/upkeep/erase.ts"; // prettier-ignore
import { eraseActivity, eraseBalances } from "../engine/upkeep/erase-share.ts";
import type { Store } from "../store/store.ts";
import { markDeleted } from "./delete.ts";
import { type CustomerRef, notFound } from "./queries.ts";

/** What one request may take: about ten transactions, or the reads that find what to erase for each of them. */
const BUDGET = { statements: 250, milliseconds: 1000 };
/** What its first transaction may do. */
const LIMITS: StepLimits = { examined: 20_000, erased: 5000, buckets: 20 };
const MAX_BUCKETS = 500;

/** An erasure that is under way. */
type Stored = Erasure & { remaining: number };

/** The work of one request: how many buckets a transaction takes, and whether a step has been taken. */
type Run = { store: Store; budget: Budget; limits: StepLimits; buckets: AdaptiveSize; isStarted: boolean };

/**
 * Deletes a customer with all that is stored of it, its events included, or goes on where an earlier request has stopped. It
 * can be repeated, and run twice at once.
 * @returns how many events are still to be examined at most; 0 when it is done
 * @throws ResourceNotFound when there is no such customer, nor one that is being erased
 */
export async function eraseCustomer(
  opened: Store,
  ref: CustomerRef,
  budget = new Budget(BUDGET),
  limits = LIMITS,
): Promise<number> {
  const store = budget.counted(opened);
  const last = sql`coalesce((SELECT last_seq FROM organizations WHERE id = ${store.organizationId}), 0)`;
  const begin = { erase_up_to: last, erase_remaining: last, erased_bucket: FIRST_ERASED };
  const isDeleted = await markDeleted(store, ref, budget.now(), { ...begin, external_id_folded: null });
  const run: Run = { store, budget, limits, buckets: new AdaptiveSize(limits.buckets, MAX_BUCKETS), isStarted: false };
  let found = await findErasures(store, ref);
  if (found.length === 0 && !isDeleted) throw notFound(ref);
  while (found.length > 0 && mayGoOn(run)) {
    await goOn(run, found[0]!);
    found = await findErasures(store, ref);
  }
  return found.reduce((sum, { remaining }) => sum + Math.max(1, remaining), 0);
}

/** Every request takes at least one step, however slow the database is. */
function mayGoOn({ budget, isStarted }: Run): boolean {
  return !isStarted || budget.mayGoOn();
}

/** Finds the erasures under way that a request names, the oldest first: several customers can have had an external id. */
async function findErasures(store: Store, ref: CustomerRef): Promise<Stored[]> {
  const named = "id" in ref ? sql`id = ${ref.id}` : sql`external_id = ${ref.external_id}`;
  const [rows] = await store.read([
    sql<Stored>`
      SELECT id, external_id, erase_up_to AS seq, erased_bucket AS bucket, erase_remaining AS remaining FROM customers
      WHERE organization_id = ${store.organizationId} AND ${named} AND erase_up_to IS NOT NULL ORDER BY deleted_at, id`,
  ]);
  return rows;
}

/** Goes on with an erasure until there is something to write, and writes it. */
async function goOn(run: Run, erasure: Stored): Promise<void> {
  const { store, budget, limits, buckets } = run;
  const isCurrent = sql`EXISTS (SELECT 1 FROM customers WHERE ${isAt(store, erasure)})`;
  if (isAtEnd(erasure)) return write(run, finish(store, erasure, isCurrent));
  if (erasure.bucket === FIRST_ERASED) {
    const balances = eraseBalances(store.organizationId, erasure, isCurrent);
    await store.write(balances, { repeat: balances });
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

async function write(run: Run, statements: SQL[]): Promise<void> {
  run.isStarted = true;
  await run.store.write(statements, { repeat: statements });
}

/** Matches the erasure while no other request has moved it on. */
function isAt({ organizationId }: Store, { id, bucket }: Erasure): SQL {
  return sql`id = ${id} AND organization_id = ${organizationId} AND erased_bucket = ${bucket}`;
}

function move(store: Store, erasure: Erasure, bucket: number, examined: number): SQL {
  return sql`UPDATE customers SET erased_bucket = ${bucket}, erase_remaining = max(1, erase_remaining - ${examined})
      WHERE ${isAt(store, erasure)}`;
}

/** Ends an erasure: nothing is left but a row with an id. It starts again where events were accepted meanwhile. */
function finish(store: Store, erasure: Erasure, isCurrent: SQL): SQL[] {
  const late = hasLateEvents(store.organizationId, erasure);
  return [
    sql`UPDATE customers SET erased_bucket = ${FIRST_ERASED}, erase_remaining = erase_up_to
      WHERE ${isAt(store, erasure)} AND ${late}`,
    ...eraseActivity(store.organizationId, erasure, isCurrent),
    sql`UPDATE customers SET external_id = NULL, erase_up_to = NULL, erased_bucket = NULL, erase_remaining = NULL
      WHERE ${isAt(store, erasure)}`,
  ];
}
