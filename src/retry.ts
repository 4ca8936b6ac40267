/** How often something is attempted, and the longest random pause in milliseconds after the first attempt; it doubles. */
export type RetryPolicy = { attempts: number; pause: number; maxPause?: number };

/**
 * Attempts something until it returns anything but null, with random pauses that grow.
 * @param attempt is told which attempt this is, from 1 on; what it throws ends the attempts
 * @returns null when every attempt returned null
 */
export async function retry<T>(
  { attempts, pause, maxPause = Infinity }: RetryPolicy,
  attempt: (count: number) => Promise<T | null>,
): Promise<T | null> {
  for (let count = 1; count <= attempts; count++) {
    const result = await attempt(count);
    if (result !== null || count === attempts) return result;
    const longest = Math.min(maxPause, pause * 2 ** (count - 1));
    if (longest > 0) await new Promise((resolve) => setTimeout(resolve, longest * Math.random()));
  }
  return null;
}
