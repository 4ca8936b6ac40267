import { BoundedMap } from "../bounded-map.ts";
import type { TokenRecord } from "./records.ts";

/** Milliseconds for which an isolate reuses a record; KV itself may serve an old one for 60 s after a change. */
const MAX_AGE = 5000;
const MAX_ENTRIES = 1000;

/** Records that this isolate has read, by token. */
const records = new BoundedMap<{ record: TokenRecord; readAt: number }>(MAX_ENTRIES);

/** Returns the record of a token if this isolate has read it within the last five seconds. */
export function recallRecord(token: string, now: number): TokenRecord | null {
  const known = records.get(token);
  if (known === undefined) return null;
  // If the clock was set back, the record counts as old.
  if (now >= known.readAt && now - known.readAt < MAX_AGE) return known.record;
  records.delete(token);
  return null;
}

/** Remembers the record of a token that was found. */
export function rememberRecord(token: string, record: TokenRecord, now: number): void {
  records.set(token, { record, readAt: now });
}
