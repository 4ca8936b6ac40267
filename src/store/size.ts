import { logOnceAMinute } from "../log.ts";
import { MAX_DATABASE_BYTES } from "./limits.ts";

/**
 * Warns in the log, at most once a minute, when a database is 80 % full.
 * @param database the binding, or the id of the organization whose object it is
 * @param bytes its size after a write
 */
export function warnOfSize(database: string, bytes = 0): void {
  if (bytes < 0.8 * MAX_DATABASE_BYTES) return;
  logOnceAMinute(database, "warn", { warning: "StorageNearlyFull", database, bytes, max_bytes: MAX_DATABASE_BYTES });
}
