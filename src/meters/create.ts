import { sql } from "drizzle-orm";
import { newestAddNothing } from "../engine/definition/counts-nothing.ts";
import type { Idempotency } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { writeJson } from "../wire/json-text.ts";
import { MAX_WARNINGS, type Warning } from "../wire/problem.ts";
import { fold } from "../wire/text.ts";
import { presentMeter } from "./present.ts";
import { insertMeter, insertMeterOnce, type MeterRow, requireStorable } from "./queries.ts";
import type { MeterCreate } from "./schemas.ts";
import { needsNumber, NO_NUMBER, warningsOf } from "./warnings.ts";

/**
 * Creates a meter, or finds the one that its idempotency key created before.
 * @param now milliseconds since 1970 UTC
 * @returns the meter as JSON, exactly the first answer on a replay; null when the key was used for another request
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
  const definition = { filter: meter.filter, aggregation: meter.aggregation };
  const warnings = warningsOf({ ...definition, dimensions: meter.dimensions });
  const [answer, warned] = [warnings, [...warnings, NO_NUMBER]].map((all) => withWarnings(row, all)) as [
    string,
    string,
  ];
  const isWarned = needsNumber(definition) ? newestAddNothing(store.organizationId, definition) : null;
  if (idempotency === null)
    return { answer: (await insertMeter(store, row, isWarned)) ? warned : answer, isReplayed: false };
  const chosen = isWarned === null ? answer : sql`CASE WHEN ${isWarned} THEN ${warned} ELSE ${answer} END`;
  const stored = await insertMeterOnce(store, row, idempotency, chosen);
  if (stored.fingerprint !== idempotency.fingerprint) return null;
  return { answer: stored.answer, isReplayed: stored.is_own === 0 };
}

function withWarnings(row: MeterRow, warnings: Warning[]): string {
  const some = warnings.length === 0 ? {} : { warnings: warnings.slice(-MAX_WARNINGS) };
  return writeJson({ ...presentMeter(row), ...some });
}

type NewMeter = Omit<MeterCreate, "dimensions"> & { dimensions?: readonly string[] | undefined };

/** The column of a meter's dimensions. */
export const dimensionsColumn = (dimensions: readonly string[] = []) =>
  dimensions.length === 0 ? null : JSON.stringify(dimensions);

/** Makes the row of a new meter; its id makes repeated inserts harmless. */
export function newMeter(organizationId: string, meter: NewMeter, now: number): MeterRow {
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
    dimensions: dimensionsColumn(meter.dimensions),
  };
}
