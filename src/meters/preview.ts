import { selectFirstMatches, type EventRow } from "../events/queries.ts";
import { compile } from "../engine/definition/definition.ts";
import { computeQuantities, type Quantities } from "../engine/reading/quantities.ts";
import { requireAffordableScan, scanCostOf } from "../engine/definition/scan-cost.ts";
import type { Store } from "../store/store.ts";
import { toQuantitiesQuery } from "./quantities.ts";
import type { MeterPreview } from "./schemas.ts";

/** How many of the matching events a preview shows. */
const SHOWN_EVENTS = 10;

/**
 * Shows what a meter would count before it exists: its quantities, and the first events that it would match, from one
 * snapshot. Nothing is saved; the events of the range are scanned.
 * @throws InvalidFields when the range is too long, or has too many events to examine
 */
export async function previewMeter(store: Store, preview: MeterPreview): Promise<Preview> {
  const query = toQuantitiesQuery(preview);
  const cost = scanCostOf(preview, query.metadata);
  await requireAffordableScan(store, cost, query.window.range);
  const definition = compile(preview);
  const firstMatches = selectFirstMatches(store.organizationId, definition, query, SHOWN_EVENTS);
  const found = await computeQuantities(store, definition, query, "scan", firstMatches);
  const { also: events, eventsFrom, ...quantities } = found!;
  return { quantities, events, eventsFrom };
}

/** `eventsFrom`: from when on all events are there, where earlier ones are asked for. */
type Preview = { quantities: Quantities; events: EventRow[]; eventsFrom: number | null };
