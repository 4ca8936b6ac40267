import { log } from "../log.ts";
import { makeLateTotals } from "../metering/late-totals.ts";
import { causeOf } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import { archivePart } from "./archive.ts";
import { deletePart, type Dispensable, selectLatecomers, selectPart } from "./part.ts";
import { DAY, type Retention } from "./settings.ts";

/** Events of one transaction at first, and at most. */
const [FIRST_SIZE, MAX_SIZE] = [500, 2000];
/** Milliseconds that a transaction should take: other requests wait meanwhile. */
const TRANSACTION_TIME = 100;
/** Statements that a part takes, unless transactions are slow. */
export const PART_STATEMENTS = 15;
/** Statements that a part may take. */
const MAX_PART_STATEMENTS = 25;

/** How many statements may run, unless the first part needs more, and until when one may begin (milliseconds since 1970 UTC). */
export type RetentionLimits = { statements: number; until?: number };

/** What was done: how many statements ran, how many events were deleted, and whether there can be more to do. */
export type Retained = { statements: number; deleted: number; hasMore: boolean };

/**
 * Deletes an organization's oldest events, after archiving them, if all its meters have counted them. It can be interrupted
 * at any point, and run twice at once: quantities and balances stay the same.
 * @throws what the store or the archive throws; nothing is deleted that is not archived
 */
export async function retain(store: Store, retention: Retention, limits: RetentionLimits): Promise<Retained> {
  const done: Progress = { statements: 0, deleted: 0, hasMore: true, size: FIRST_SIZE, partEnd: 0 };
  while (done.hasMore && mayBegin(done, limits)) {
    const now = Date.now();
    done.partEnd = done.statements + MAX_PART_STATEMENTS;
    const query = { before: retention.before, now, isArchived: retention.archive !== null };
    const [part] = await store.read([selectPart(store.organizationId, query)]);
    done.statements++;
    if (part.length === 0) done.hasMore = false;
    else {
      if (retention.archive !== null) await archivePart(retention.archive, store.organizationId, part);
      await deleteAll(store, part, done);
    }
  }
  return done;
}

/** `size`: how many events the next transaction deletes; `partEnd`: the statements after which a part is left as it is. */
type Progress = Retained & { size: number; partEnd: number };

/** A part is begun only if it can be finished: what is left of it would be archived again. */
function mayBegin({ statements }: Progress, { statements: most, until = Infinity }: RetentionLimits): boolean {
  return (statements === 0 || statements + PART_STATEMENTS <= most) && Date.now() < until;
}

/** Deletes a part in several transactions. When some of it cannot be deleted now, the next run tries again. */
async function deleteAll(store: Store, part: Dispensable[], done: Progress): Promise<void> {
  const first = part.reduce((least, { timestamp }) => Math.min(least, timestamp), Infinity);
  const until = (Math.floor(first / DAY) + 1) * DAY;
  for (let next = 0; next < part.length && done.statements < done.partEnd;) {
    const seqs = part.slice(next, next + done.size).map(({ seq }) => seq);
    next += seqs.length;
    const start = Date.now();
    let deleted = await remove(store, seqs, until, done);
    const elapsed = Date.now() - start;
    if (deleted < seqs.length && (await completeTotals(store, seqs, done))) {
      deleted += await remove(store, seqs, until, done);
    }
    if (deleted < seqs.length) done.hasMore = false;
    if (elapsed > TRANSACTION_TIME) done.size = Math.max(1, Math.floor(done.size / 2));
    else if (elapsed < TRANSACTION_TIME / 2) done.size = Math.min(MAX_SIZE, done.size * 2);
  }
}

async function remove(store: Store, seqs: number[], until: number, done: Progress): Promise<number> {
  const statements = deletePart(store.organizationId, seqs, until, Date.now());
  const results = await store.write(statements, { repeat: statements });
  done.statements += statements.length;
  const { changes } = results.at(-1)!;
  done.deleted += changes;
  return changes;
}

/** Makes the totals for which events are still needed; returns whether there were any to make. */
async function completeTotals(store: Store, seqs: number[], done: Progress): Promise<boolean> {
  const [latecomers] = await store.read([selectLatecomers(store.organizationId, seqs)]);
  done.statements++;
  if (latecomers.length === 0) return false;
  done.statements += await makeLateTotals(store, latecomers);
  return true;
}

/**
 * Deletes and logs what was done or failed. A failure only delays, so it goes no further than the log.
 * @returns as retain; after a failure there is no more to do until the next run
 */
export async function retainAndLog(store: Store, retention: Retention, limits: RetentionLimits): Promise<Retained> {
  const { organizationId: organization_id } = store;
  try {
    const done = await retain(store, retention, limits);
    if (done.deleted > 0) log("info", { deleted_events: done.deleted, organization_id });
    return done;
  } catch (error) {
    log("error", { error: "RetentionFailed", organization_id, cause: causeOf(error) });
    return { statements: limits.statements, deleted: 0, hasMore: false };
  }
}
