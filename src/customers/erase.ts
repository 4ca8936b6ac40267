import { type SQL, sql } from "drizzle-orm";
import { eraseActivity } from "../metering/activity.ts";
import { type Erasure, eraseStep, FIRST_ERASED, hasLateEvents, isAtEnd, nextStep, type StepLimits } from "../metering/erase.ts"; // prettier-ignore
import { eraseBalances } from "../metering/erase-share.ts";
import type { Store } from "../store/store.ts";
import { markDeleted } from "./delete.ts";
import { type CustomerRef, notFound } from "./queries.ts";

/** What one request may do. */
export type EraseLimits = StepLimits & {
  /** Milliseconds after which nothing more begins. */
  time: number;
  /** Transactions, and reads that find what to erase. */
  transactions: number;
  reads: number;
};

const LIMITS: EraseLimits = { time: 1000, transactions: 10, reads: 50, examined: 20_000, erased: 5000, buckets: 20 };
/** Milliseconds that a transaction should take: other requests wait meanwhile. */
const TRANSACTION_TIME = 100;
const MAX_BUCKETS = 500;

/** An erasure that is under way. */
type Stored = Erasure & { remaining: number };

/** How much of the limits is left. */
type Budget = EraseLimits & { until: number; isStarted: boolean };

/**
 * Deletes a customer with all that is stored of it, its events included, or goes on where an earlier request has stopped. It
 * can be repeated, and run twice at once.
 * @param now milliseconds since 1970 UTC
 * @returns how many events are still to be examined at most; 0 when it is done
 * @throws ResourceNotFound when there is no such customer, nor one that is being erased
 */
export async function eraseCustomer(store: Store, ref: CustomerRef, now: number, limits = LIMITS): Promise<number> {
  const last = sql`coalesce((SELECT last_seq FROM organizations WHERE id = ${store.organizationId}), 0)`;
  const begin = [sql`erase_up_to = ${last}`, sql`erase_remaining = ${last}`, sql`erased_bucket = ${FIRST_ERASED}`];
  const isDeleted = await markDeleted(store, ref, now, [...begin, sql`external_id_folded = NULL`]);
  const budget = { ...limits, until: Date.now() + limits.time, isStarted: false };
  let found = await findErasures(store, ref);
  if (found.length === 0 && !isDeleted) throw notFound(ref);
  while (found.length > 0 && mayGoOn(budget)) {
    await goOn(store, found[0]!, budget);
    found = await findErasures(store, ref);
  }
  return found.reduce((sum, { remaining }) => sum + Math.max(1, remaining), 0);
}

/** Every request takes at least one step, however slow the database is. */
function mayGoOn({ transactions, reads, until, isStarted }: Budget): boolean {
  return transactions > 0 && reads > 0 && (!isStarted || Date.now() < until);
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
async function goOn(store: Store, erasure: Stored, budget: Budget): Promise<void> {
  const isCurrent = sql`EXISTS (SELECT 1 FROM customers WHERE ${isAt(store, erasure)})`;
  if (isAtEnd(erasure)) return write(store, finish(store, erasure, isCurrent), budget);
  if (erasure.bucket === FIRST_ERASED) {
    const balances = eraseBalances(store.organizationId, erasure, isCurrent);
    await store.write(balances, { repeat: balances });
  }
  let [at, examined] = [erasure.bucket, 0];
  while (mayGoOn(budget)) {
    budget.reads--;
    budget.isStarted = true;
    const step = await nextStep(store, { ...erasure, bucket: at }, budget);
    examined += step.examined;
    if (step.erased === 0 && step.meters.length === 0) {
      at = step.end;
      if (!isAtEnd({ ...erasure, bucket: at })) continue;
      return write(store, [move(store, erasure, at, examined)], budget);
    }
    const start = Date.now();
    const to = move(store, erasure, step.isPartial ? at : step.end, examined);
    budget.transactions--;
    await eraseStep(store, { ...erasure, bucket: at }, step, budget, isCurrent, to);
    const elapsed = Date.now() - start;
    if (elapsed > TRANSACTION_TIME) budget.buckets = Math.max(1, Math.floor(budget.buckets / 2));
    else if (elapsed < TRANSACTION_TIME / 2) budget.buckets = Math.min(MAX_BUCKETS, budget.buckets * 2);
    return;
  }
  if (at > erasure.bucket) await write(store, [move(store, erasure, at, examined)], budget);
}

async function write(store: Store, statements: SQL[], budget: Budget): Promise<void> {
  budget.transactions--;
  await store.write(statements, { repeat: statements });
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
