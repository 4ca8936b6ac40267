import type { Database } from "../db/client.ts";
import { type EventRow, firstMatches } from "../events/queries.ts";
import { compile } from "./definition.ts";
import { computeQuantities, type Quantities, rangeOf } from "./quantities.ts";
import { requireAffordableScan, scanCostOf } from "./scan-cost.ts";
import { toQuery } from "./read-quantities.ts";
import type { MeterPreview } from "./schemas.ts";

/** How many of the matching events a preview shows. */
const MOST_EVENTS = 10;

/**
 * Shows what a meter would count before it exists: its quantities, and the first events that it would match.
 * Nothing is saved; the events of the range are scanned.
 * @throws PolarRequestValidationError when the range is too long, or has too many events to examine
 */
export async function previewMeter(
  db: Database,
  organizationId: string,
  preview: MeterPreview,
): Promise<Quantities & { events: EventRow[] }> {
  const query = toQuery(preview, ["body"]);
  const definition = compile(preview);
  const range = rangeOf(query);
  await requireAffordableScan(db, organizationId, scanCostOf(preview, query.metadata), range, 2, ["body"]);
  const found = await computeQuantities(db, organizationId, definition, query, "scan");
  const events = await firstMatches(db, organizationId, definition, query, range, MOST_EVENTS);
  return { ...found!, events };
}
