import type { Usage } from "./store.ts";

/**
 * Makes a round trip to a database, and adds its time and rows to a usage, if one is given.
 * @param rowsOf returns how many rows a result says were read and written
 */
export async function measure<R extends readonly unknown[] | null>(
  usage: Usage | undefined,
  trip: () => Promise<R>,
  rowsOf: (result: NonNullable<R>[number]) => [read: number, written: number],
): Promise<R> {
  if (usage === undefined) return trip();
  const start = Date.now();
  usage.trips++;
  try {
    const results = await trip();
    for (const result of results ?? []) {
      const [read, written] = rowsOf(result);
      usage.rowsRead += read;
      usage.rowsWritten += written;
    }
    return results;
  } finally {
    usage.milliseconds += Date.now() - start;
  }
}
