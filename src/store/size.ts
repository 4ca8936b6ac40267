import { log } from "../log.ts";
import { MAX_DATABASE_BYTES } from "./limits.ts";

const MINUTE = 60_000;
/** When this isolate last warned of a database; only those that are nearly full are in it. */
const warnedAt = new Map<string, number>();

/**
 * Warns in the log, at most once a minute, when a database is 80 % full.
 * @param database the binding, or the id of the organization whose object it is
 * @param bytes its size after a write
 */
export function warnOfSize(database: string, bytes = 0): void {
  if (bytes < 0.8 * MAX_DATABASE_BYTES) return;
  const now = Date.now();
  if (now - (warnedAt.get(database) ?? -Infinity) < MINUTE) return;
  warnedAt.set(database, now);
  log("warn", { warning: "StorageNearlyFull", database, bytes, max_bytes: MAX_DATABASE_BYTES });
}
