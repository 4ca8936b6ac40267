import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

const LONGEST_WAIT = 60_000;

/**
 * Waits until no other `npm run dev` is starting on the same local data, and returns a function that releases the lock.
 * @throws when the wait takes too long or is aborted
 */
export async function lockData(folder: string, signal: AbortSignal): Promise<() => void> {
  mkdirSync(folder, { recursive: true });
  // The system releases SQLite's file lock however the process ends, so it is never stale.
  const database = new DatabaseSync(join(folder, "dev.lock"));
  const deadline = Date.now() + LONGEST_WAIT;
  for (let waited = false; !tryLock(database); waited = true) {
    if (!waited) process.stdout.write("Waiting for another npm run dev, which is starting on the same data…\n");
    if (Date.now() > deadline) throw new Error(`Another npm run dev has been starting on ${folder} for a minute.`);
    await sleep(200, undefined, { signal });
  }
  return () => {
    if (database.isOpen) database.close();
  };
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    const BUSY = 5;
    if ((error as { errcode?: number }).errcode === BUSY) return false;
    throw error;
  }
}
