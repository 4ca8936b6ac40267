import type { Budget } from "../jobs/budget.ts";
import { log } from "../log.ts";
import { causeOf } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import { lineOf } from "./line.ts";
import { findEtag, keyOf, putLines } from "./objects.ts";
import { chooseRange, markExported, type Range, readRange } from "./ranges.ts";

/** Statements that an object takes. */
export const OBJECT_STATEMENTS = 7;

/** What was done: events in new objects, whether there can be more to do now, and whether events wait for others. */
export type Exported = { events: number; hasMore: boolean; isWaiting: boolean };

/**
 * Writes accepted events into objects, in the order of their numbers, each into one. It can be interrupted at any point, and
 * run twice at once. The first object can take more than the budget.
 * @throws what the store throws, and ExportUnavailable
 */
export async function exportEvents(store: Store, bucket: R2Bucket, budget: Budget): Promise<Exported> {
  const counted = budget.counted(store);
  let events = 0;
  while (budget.mayGoOn() && (budget.spent === 0 || budget.left >= OBJECT_STATEMENTS)) {
    const { range, isWaiting } = await chooseRange(counted, budget.now());
    if (range === null) return { events, hasMore: false, isWaiting };
    const written = await writeObject(counted, bucket, range, budget.now());
    if (written === null) return { events, hasMore: false, isWaiting: true };
    events += written;
  }
  return { events, hasMore: true, isWaiting: true };
}

/**
 * Writes one object. Whoever wants to write it looks at it before reading the events, and loses if it has changed: so what is
 * there last was read last, and has no event that an erasure deleted in between.
 * @returns how many events it has; null when somebody else has written it meanwhile
 */
async function writeObject(store: Store, bucket: R2Bucket, range: Range, now: number): Promise<number | null> {
  const key = keyOf(store.organizationId, range);
  const seen = await findEtag(bucket, key);
  const rows = await readRange(store, range);
  if (!(await putLines(bucket, key, rows.map(lineOf), seen))) return null;
  await markExported(store, range, now);
  return rows.length;
}

/**
 * Exports and logs what was done or failed. A failure only delays, so it goes no further than the log.
 * @returns as exportEvents; after a failure there is no more to do until the next run
 */
export async function exportAndLog(store: Store, bucket: R2Bucket, budget: Budget): Promise<Exported> {
  const { organizationId: organization_id } = store;
  try {
    const done = await exportEvents(store, bucket, budget);
    if (done.events > 0) log("info", { exported_events: done.events, organization_id });
    return done;
  } catch (error) {
    log("error", { error: "ExportFailed", organization_id, cause: causeOf(error) });
    return { events: 0, hasMore: false, isWaiting: true };
  }
}
