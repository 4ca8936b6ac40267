import { Conflict } from "../errors.ts";
import { retry } from "../retry.ts";

/**
 * Changes a resource with optimistic locking: if another request was first, it repeats the attempt after a random pause.
 * @param resource the name of the resource, for the error
 * @param attempt reads, computes and writes; returns null when the version that it read is outdated
 * @throws Conflict when other requests keep changing it, and what an attempt throws
 */
export async function changeVersion<T>(resource: string, attempt: () => Promise<T | null>): Promise<T> {
  const changed = await retry({ attempts: 10, pause: 20, maxPause: 400 }, attempt);
  if (changed !== null) return changed;
  throw new Conflict(`Other requests kept changing this ${resource}. Read it again, then repeat the change.`);
}
