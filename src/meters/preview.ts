import type { Database } from "../db/client.ts";
import { type EventRow, firstMatches } from "../events/queries.ts";
import { periodOf, rowsOf } from "../time/interval.ts";
import { compile } from "./definition.ts";
import { computeQuantities, type Quantities } from "./quantities.ts";
import { toQuery } from "./read-quantities.ts";
import type { MeterPreview } from "./schemas.ts";

/** How many of the matching events a preview shows. */
const MOST_EVENTS = 10;

/**
 * Shows what a meter would count before it exists: its quantities, and the first events that it would take.
 * Nothing is saved; the events of the range are scanned.
 * @throws PolarRequestValidationError when the range is too long
 */
export async function previewMeter(
  db: Database,
  organizationId: string,
  preview: MeterPreview,
): Promise<Quantities & { events: EventRow[] }> {
  const query = toQuery(preview, ["body"]);
  const definition = compile(preview);
  const rows = rowsOf(query.start, query.end, query.interval, query.timezone);
  const range = {
    from: periodOf(rows[0]!, query.interval, query.timezone).from,
    to: periodOf(rows.at(-1)!, query.interval, query.timezone).to,
  };
  const found = await computeQuantities(db, organizationId, definition, query, "scan");
  const events = await firstMatches(db, organizationId, definition, query, range, MOST_EVENTS);
  return { ...found!, events };
}
