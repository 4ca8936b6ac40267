import type { Database } from "../db/client.ts";
import { toMeter } from "./meter.ts";
import { insertMeter, insertMeterOnce, newMeter } from "./queries.ts";
import type { MeterCreate } from "./schemas.ts";

/**
 * Creates a meter, or finds what its idempotency key created before.
 * @param now milliseconds since 1970 UTC
 * @returns the meter as JSON: the first answer, word for word, when it is replayed; null when the key stands for
 *   another meaning
 */
export async function createMeter(
  db: Database,
  organizationId: string,
  meter: MeterCreate,
  idempotency: { key: string; fingerprint: string } | null,
  now: number,
): Promise<{ answer: string; replayed: boolean } | null> {
  const row = newMeter(organizationId, meter, now);
  const answer = JSON.stringify(toMeter(row));
  if (idempotency === null) {
    await insertMeter(db, row);
    return { answer, replayed: false };
  }
  const stored = await insertMeterOnce(db, row, idempotency, answer);
  if (stored.fingerprint !== idempotency.fingerprint) return null;
  return { answer: stored.answer, replayed: stored.answer !== answer };
}
