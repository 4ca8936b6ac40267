import { Conflict } from "../errors.ts";

/** How often a change is computed at most when other requests change the same resource. */
const MAX_ATTEMPTS = 10;
/** Milliseconds: the longest random pause before the second attempt, doubled with each further one up to the maximum. */
const PAUSE = { first: 20, max: 400 };

/**
 * Changes a resource over the version that was read: when another request was first, the attempt is repeated after a
 * random pause.
 * @param resource what it is called, for the error
 * @param attempt reads, computes and writes; returns null when the version that it read is outdated
 * @throws Conflict when other requests were first each time, and what an attempt throws
 */
export async function changeVersion<T>(resource: string, attempt: () => Promise<T | null>): Promise<T> {
  for (let count = 1; count <= MAX_ATTEMPTS; count++) {
    const changed = await attempt();
    if (changed !== null) return changed;
    const longest = Math.min(PAUSE.max, PAUSE.first * 2 ** (count - 1));
    await new Promise((resolve) => setTimeout(resolve, longest * Math.random()));
  }
  throw new Conflict(`Other requests kept changing this ${resource}. Read it again, then repeat the change.`);
}
