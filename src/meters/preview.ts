import { selectFirstMatches } from "../events/first-matches.ts";
import type { EventRow } from "../events/queries.ts";
import { compile } from "../engine/definition/definition.ts";
import { computeQuantities, type Quantities } from "../engine/reading/quantities.ts";
import { requireAffordableScan, scanCostOf } from "../engine/definition/scan-cost.ts";
import type { Store } from "../store/store.ts";
import { groupsOf, type NamedGroups } from "./groups.ts";
import { toQuantitiesQuery } from "./quantities.ts";
import type { MeterPreview } from "./schemas.ts";

/** The number of matching events that a preview shows. */
const SHOWN_EVENTS = 10;

/**
 * Computes what a meter would count, without creating it: its quantities and the first matching events, from one snapshot.
 * The events of the range are scanned.
 * @throws InvalidFields when the range is too long, or has too many events to examine
 */
export async function previewMeter(store: Store, preview: MeterPreview): Promise<Preview> {
  const query = toQuantitiesQuery(preview);
  const cost = scanCostOf(preview, query.metadata);
  await requireAffordableScan(store, cost, query.window.range);
  const definition = compile(preview);
  const firstMatches = selectFirstMatches(store.organizationId, definition, query, SHOWN_EVENTS);
  const groups = await groupsOf(store, preview, query, "scan", preview);
  const found = await computeQuantities(store, definition, query, "scan", [
    firstMatches,
    ...groups.statements,
  ] as const);
  const { quantities, total, also, eventsFrom } = found!;
  return { quantities: { quantities, total, ...groups.read(also[1]) }, events: also[0], eventsFrom };
}

/** `eventsFrom` is the time from which all events are stored, if older ones were requested. */
type Preview = { quantities: Quantities & Partial<NamedGroups>; events: EventRow[]; eventsFrom: number | null };
