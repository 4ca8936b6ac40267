import type { Database } from "../db/client.ts";
import { writeJson } from "../schema/json-text.ts";
import { toMeter } from "./meter.ts";
import { insertMeter, insertMeterOnce, newMeter, requireStorable } from "./queries.ts";
import type { MeterCreate } from "./schemas.ts";

/**
 * Creates a meter, or finds what its idempotency key created before.
 * @param now milliseconds since 1970 UTC
 * @returns the meter as JSON: exactly the first answer when it is replayed; null when the key was used for another
 *   request
 * @throws PolarRequestValidationError when the meter is too large
 */
export async function createMeter(
  db: Database,
  organizationId: string,
  meter: MeterCreate,
  idempotency: { key: string; fingerprint: string } | null,
  now: number,
): Promise<{ answer: string; replayed: boolean } | null> {
  const row = newMeter(organizationId, meter, now);
  requireStorable(row);
  const answer = writeJson(toMeter(row));
  if (idempotency === null) {
    await insertMeter(db, row);
    return { answer, replayed: false };
  }
  const stored = await insertMeterOnce(db, row, idempotency, answer);
  if (stored.fingerprint !== idempotency.fingerprint) return null;
  return { answer: stored.answer, replayed: stored.answer !== answer };
}
