import { BoundedMap } from "../bounded-map.ts";
import type { TokenRecord } from "./records.ts";

/** Milliseconds for which an isolate reuses a value; KV itself may serve an old one for 60 s after a change. */
const MAX_AGE = 5000;
const MAX_ENTRIES = 1000;

/** Values that this isolate has read from KV, for some seconds. */
export class Remembered<V> {
  readonly #entries = new BoundedMap<{ value: V; readAt: number }>(MAX_ENTRIES);

  /** Returns what was read under a key within the last five seconds; null otherwise. */
  recall(key: string, now: number): V | null {
    const known = this.#entries.get(key);
    if (known === undefined) return null;
    // If the clock was set back, the value counts as old.
    if (now >= known.readAt && now - known.readAt < MAX_AGE) return known.value;
    this.#entries.delete(key);
    return null;
  }

  remember(key: string, value: V, now: number): void {
    this.#entries.set(key, { value, readAt: now });
  }
}

/** Records of organizations' tokens, by token. */
export const records = new Remembered<TokenRecord>();
