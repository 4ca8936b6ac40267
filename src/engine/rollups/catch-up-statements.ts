import { type SQL, sql } from "drizzle-orm";
import { definitionOf } from "../definition/definition.ts";
import { requiredNames } from "../definition/required-names.ts";
import { addEvents } from "./additions.ts";
import { compareInSpan } from "./alerts.ts";
import type { MeterBehind } from "./chunk.ts";
import { type CompiledMeter, compileMeter, type CountingMeter, type Span } from "./matching.ts";

/** Compiles a meter that is behind. */
export function compileBehind({ id, definition_version, is_watched, ...stored }: MeterBehind): CompiledMeter {
  const definition = definitionOf(stored);
  const names = requiredNames(definition.filter);
  return compileMeter({ id, definition_version, definition, names, isWatched: is_watched === 1 });
}

/**
 * The transaction that aggregates all events above the watermark of a meter, whatever their number, and evaluates its alerts.
 * It has no effect when the meter is no longer as it was read.
 * @param now milliseconds since 1970 UTC
 */
export function catchUpWholly(organizationId: string, row: MeterBehind, now: number): SQL[] {
  const end = sql`coalesce((SELECT last_seq FROM organizations WHERE id = ${organizationId}), 0)`;
  const meter = compileBehind({ ...row, is_watched: 1 });
  return catchUpStatements([meter], { organizationId, start: row.watermark, end }, now);
}

/**
 * The transaction that aggregates the events of a span for several meters, evaluates the alerts that watch them, and moves
 * their watermarks to its end.
 * @param now milliseconds since 1970 UTC
 */
export function catchUpStatements(meters: readonly CompiledMeter[], span: Span, now: number): SQL[] {
  const watched = meters.filter(({ isWatched }) => isWatched);
  const compared = watched.length > 0 ? compareInSpan(watched, span, now) : [];
  return [...compared, ...addEvents(meters, span), moveWatermarks(meters, span)];
}

/** Moves the watermarks of meters from the start of a span to its end, if their definitions have not changed. */
export function moveWatermarks(meters: readonly CountingMeter[], { organizationId, start, end }: Span): SQL {
  const read = meters.map(({ id, definition_version }) => [id, definition_version]);
  // The unary plus prevents SQLite from scanning the organization's meters, and the list for each of them.
  return sql`
    UPDATE meters SET watermark = ${end} FROM json_each(${JSON.stringify(read)}) AS read
    WHERE meters.id = read.value ->> 0 AND definition_version = read.value ->> 1
      AND +organization_id = ${organizationId} AND watermark = ${start}`;
}
