import { sql } from "drizzle-orm";
import type { Budget } from "../jobs/budget.ts";
import { log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { type Erased, mayName, withoutCustomer } from "./line.ts";
import { getText, keyOf, linesOf, putLines } from "./objects.ts";
import { readRanges, type StoredRange } from "./ranges.ts";

/** How far objects were examined: up to this number, and whether these were all. */
export type Examined = { upTo: number; isDone: boolean };

/**
 * Goes on with removing a customer from the objects of the export that can have its events, once these are no longer stored.
 * Each that changes is rewritten, and logged for whoever has copies. It can be repeated, and run twice at once.
 * @param after the number up to which objects are examined already
 * @returns no progress while an object waits to be written: what that has may have been read before the erasure
 * @throws ExportUnavailable
 */
export async function eraseFromExport(
  store: Store,
  bucket: R2Bucket | null,
  erased: Erased,
  after: number,
  budget: Budget,
): Promise<Examined> {
  const { organizationId: organization_id } = store;
  const ranges = await readRanges(store, after, sql`first_seq <= ${erased.seq}`);
  if (ranges.length === 0) return { upTo: after, isDone: true };
  if (bucket === null) {
    log("warn", { warning: "ExportNotErased", organization_id });
    return { upTo: after, isDone: true };
  }
  let upTo = after;
  for (const range of ranges) {
    if (upTo > after && !budget.mayGoOn()) break;
    if (!(await rewrite(organization_id, bucket, range, erased))) break;
    upTo = range.last_seq;
  }
  return { upTo, isDone: false };
}

/** Removes a customer from one object; returns whether that is done. An object that a lifecycle rule has deleted has nothing. */
async function rewrite(
  organization_id: string,
  bucket: R2Bucket,
  range: StoredRange,
  erased: Erased,
): Promise<boolean> {
  if (range.exported_at === null) return false;
  const exported_object = keyOf(organization_id, range);
  const found = await getText(bucket, exported_object);
  if (found === null || !mayName(found.text, erased)) return true;
  const lines = linesOf(found.text);
  const kept = lines.map((line) => withoutCustomer(line, erased));
  if (kept.every((line, index) => line === lines[index])) return true;
  const left = kept.filter((line) => line !== null);
  if (!(await putLines(bucket, exported_object, left, found.etag))) return false;
  log("info", { rewritten_object: exported_object, organization_id });
  return true;
}
