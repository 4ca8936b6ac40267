import { and, eq } from "drizzle-orm";
import { InvalidFields } from "../errors.ts";
import { definitionOf } from "../engine/definition/definition.ts";
import { catchUpIfLong } from "../engine/reading/tail.ts";
import { redefineMeter, type Redefinition } from "../engine/upkeep/redefine.ts";
import { changeVersion } from "../store/change-version.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { meters } from "../store/tables.ts";
import { fold } from "../wire/text.ts";
import { dimensionsColumn } from "./create.ts";
import { findMeter, type MeterRow, requireStorable } from "./queries.ts";
import { type MeterUpdate, unitProblem } from "./schemas.ts";

/**
 * Changes a meter: reads it, computes what it becomes, and writes that over the version that was read.
 * If another request was first, it starts over, so that concurrent updates are never mixed.
 * @param requireVersion checks the version that would be changed, and throws to stop the change
 * @param now milliseconds since 1970 UTC
 * @throws ResourceNotFound, InvalidFields, Conflict when other requests keep changing it, ServiceUnavailable when it has to be
 *   caught up for longer than a request may
 */
export async function updateMeter(
  store: Store,
  id: string,
  update: MeterUpdate,
  requireVersion: (row: MeterRow) => void,
  now: number,
): Promise<MeterRow> {
  return changeVersion("meter", async () => {
    const row = await findMeter(store, id);
    requireVersion(row);
    const changes = changesOf(row, update, now);
    const isChange = Object.keys(changes).length > 0;
    const named = DEFINITION.filter((field) => update[field] !== undefined);
    if (!isChange && named.length === 0) return row;
    requireUnitRules({ ...row, ...changes }, update);
    requireStorable({ ...row, ...changes });
    const to: Partial<MeterRow> = isChange ? { ...changes, modified_at: now, version: row.version + 1 } : {};
    const outcome = await applyChanges(store, row, to, named.length > 0);
    if (outcome === "aggregated") throw alreadyAggregated(named);
    return outcome === "written" ? { ...row, ...to } : null;
  });
}

/** The fields that can be changed until the meter has counted an event. */
const DEFINITION = ["filter", "aggregation", "dimensions"] as const;

/** Applies the columns. An update that names a part of the definition, even null, requires that nothing was aggregated. */
async function applyChanges(
  store: Store,
  row: MeterRow,
  to: Partial<MeterRow>,
  namesDefinition: boolean,
): Promise<Redefinition> {
  if (namesDefinition) {
    await catchUpIfLong(store, { ...row, definition: definitionOf(row) });
    return redefineMeter(store, row, to);
  }
  const { id, organization_id, version } = row;
  const isUnchanged = and(eq(meters.id, id), eq(meters.organization_id, organization_id), eq(meters.version, version));
  const [written] = await store.write([db.update(meters).set(to).where(isUnchanged)]);
  return written!.changes > 0 ? "written" : "outdated";
}

function alreadyAggregated(named: (typeof DEFINITION)[number][]): InvalidFields {
  const msg = "This meter has aggregated events. Create another meter to count differently.";
  return new InvalidFields(named.map((field) => ({ type: "forbidden", field: [field], msg })));
}

/** The columns that an update sets; null leaves the definition and is_archived unchanged. */
function changesOf(row: MeterRow, update: MeterUpdate, now: number): Partial<MeterRow> {
  const changes: Partial<MeterRow> = {};
  if (update.metadata !== undefined) changes.metadata = JSON.stringify(update.metadata);
  if (update.name !== undefined) Object.assign(changes, { name: update.name, name_folded: fold(update.name) });
  if (update.unit !== undefined) changes.unit = update.unit;
  if (update.custom_label !== undefined) changes.custom_label = update.custom_label;
  if (update.custom_multiplier !== undefined) changes.custom_multiplier = update.custom_multiplier;
  if (update.filter != null) changes.filter = JSON.stringify(update.filter);
  if (update.aggregation != null) changes.aggregation = JSON.stringify(update.aggregation);
  if (update.dimensions != null) changes.dimensions = dimensionsColumn(update.dimensions);
  if (update.is_archived === false && row.archived_at !== null) changes.archived_at = null;
  if (update.is_archived === true && row.archived_at === null) changes.archived_at = now;
  return changes;
}

/** Applies the unit rules to the resulting meter, even if the update does not name its unit. */
function requireUnitRules(row: MeterRow, update: MeterUpdate): void {
  const msg = unitProblem({ unit: row.unit, custom_label: row.custom_label });
  if (msg === null) return;
  throw new InvalidFields([{ type: "value_error", field: [], msg, input: update }]);
}
