import type { Idempotency } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { writeJson } from "../wire/json-text.ts";
import { fold } from "../wire/text.ts";
import { presentMeter } from "./present.ts";
import { insertMeter, insertMeterOnce, type MeterRow, requireStorable } from "./queries.ts";
import type { MeterCreate } from "./schemas.ts";

/**
 * Creates a meter, or finds what its idempotency key created before.
 * @param now milliseconds since 1970 UTC
 * @returns the meter as JSON: exactly the first answer when it is replayed; null when the key was used for another
 *   request
 * @throws InvalidFields when the meter is too large
 */
export async function createMeter(
  store: Store,
  meter: MeterCreate,
  idempotency: Idempotency | null,
  now: number,
): Promise<{ answer: string; isReplayed: boolean } | null> {
  const row = newMeter(store.organizationId, meter, now);
  requireStorable(row);
  const answer = writeJson(presentMeter(row));
  if (idempotency === null) {
    await insertMeter(store, row);
    return { answer, isReplayed: false };
  }
  const stored = await insertMeterOnce(store, row, idempotency, answer);
  if (stored.fingerprint !== idempotency.fingerprint) return null;
  return { answer: stored.answer, isReplayed: stored.is_own === 0 };
}

/** A new meter, with the id under which it will be inserted however often that is tried. */
export function newMeter(organizationId: string, meter: MeterCreate, now: number): MeterRow {
  return {
    id: crypto.randomUUID(),
    organization_id: organizationId,
    name: meter.name,
    name_folded: fold(meter.name),
    unit: meter.unit,
    custom_label: meter.custom_label,
    custom_multiplier: meter.custom_multiplier,
    filter: JSON.stringify(meter.filter),
    aggregation: JSON.stringify(meter.aggregation),
    metadata: JSON.stringify(meter.metadata),
    created_at: now,
    modified_at: null,
    archived_at: null,
    version: 1,
    definition_version: 1,
    watermark: 0,
    events_from: null,
  };
}
