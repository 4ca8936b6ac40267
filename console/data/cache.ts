/** What was read, by its request; the oldest goes first. */
const cache = new Map<string, unknown>();
const MAX_ENTRIES = 200;
/** What is shown now: each reads again when what it shows has changed. */
const readers = new Set<{ key: string; reload: () => void }>();

/** What was read for a request, if it is remembered. */
export const recall = (key: string): unknown => cache.get(key);

/** Remembers what was read for a request. */
export function remember(key: string, data: unknown): void {
  cache.delete(key);
  if (cache.size >= MAX_ENTRIES) cache.delete(cache.keys().next().value!);
  cache.set(key, data);
}

/** Adds a reader that is told when its key is outdated; the function that is returned removes it. */
export function addReader(key: string, reload: () => void): () => void {
  const reader = { key, reload };
  readers.add(reader);
  return () => readers.delete(reader);
}

/** Forgets what was read below some paths, and lets what is shown of it read again. */
export function invalidate(...paths: string[]): void {
  const isOutdated = (key: string) => paths.some((path) => key.startsWith(path));
  for (const key of [...cache.keys()].filter(isOutdated)) cache.delete(key);
  for (const { reload } of [...readers].filter(({ key }) => isOutdated(key))) reload();
}

/** Forgets everything. */
export const emptyCache = (): void => cache.clear();
