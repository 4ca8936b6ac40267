/** The number of attempts, and the maximum of the random pause after the first one in milliseconds, which then doubles. */
export type RetryPolicy = { attempts: number; pause: number; maxPause?: number };

/**
 * Repeats an attempt until it returns something else than null, with growing random pauses.
 * @param attempt receives the number of the attempt, from 1; an error that it throws is not retried
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
