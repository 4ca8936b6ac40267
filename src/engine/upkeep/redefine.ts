import { and, eq, not, type SQL, sql } from "drizzle-orm";
import { db } from "../../store/db.ts";
import type { Statement, Store } from "../../store/store.ts";
import { meters } from "../../store/tables.ts";
import { eventsFrom } from "../rollups/counted.ts";
import { keepsValues } from "../definition/aggregation.ts";
import { compile, definitionOf } from "../definition/definition.ts";

/** A meter as it was read before the change. */
type MeterRow = typeof meters.$inferSelect;
type RedefinedMeter = Pick<MeterRow, "id" | "organization_id" | "version" | "filter" | "aggregation">;

/** The outcome of an attempt to change a meter that must not have aggregated any event. */
export type Redefinition = "written" | "aggregated" | "outdated";

/**
 * Changes a meter if it has aggregated no event, whether or not events are caught up: check and change are one transaction.
 * With a new filter, aggregation or dimensions it starts again from its first event. No other code sets a watermark back or increments
 * definition_version.
 * @param changes the columns of the update, possibly those of the definition; without any it only checks
 * @returns aggregated when an event was found, outdated when the meter is no longer at the version that was read
 */
export async function redefineMeter(
  store: Store,
  meter: RedefinedMeter,
  changes: Partial<MeterRow>,
): Promise<Redefinition> {
  const { id, organization_id, version } = meter;
  const aggregated = hasAggregated(organization_id, meter);
  const atVersion = and(eq(meters.id, id), eq(meters.organization_id, organization_id), eq(meters.version, version));
  const isNew = (["filter", "aggregation", "dimensions"] as const).some((column) => changes[column] !== undefined);
  const reset = isNew && {
    watermark: 0,
    definition_version: sql`${meters.definition_version} + 1`,
    events_from: eventsFrom(organization_id),
  };
  const check = sql`SELECT ${aggregated} AS aggregated, EXISTS (SELECT 1 FROM ${meters} WHERE ${atVersion}) AS is_current`;
  const statements: Statement[] = [check];
  if (Object.keys(changes).length > 0) {
    const set = { ...changes, ...reset };
    statements.push(
      db
        .update(meters)
        .set(set)
        .where(and(atVersion, not(aggregated))),
    );
  }
  if (isNew) statements.push(...clear(id));
  const [checked] = await store.write(statements);
  const [state] = checked!.rows as { aggregated: number; is_current: number }[];
  if (state!.is_current === 0) return "outdated";
  return state!.aggregated === 1 ? "aggregated" : "written";
}

/** True if any stored event adds to the meter: in its rollups, or above its watermark. */
function hasAggregated(organizationId: string, meter: RedefinedMeter): SQL {
  const definition = compile(definitionOf(meter));
  // A unique meter's rollups also count events without a value, which add nothing.
  const isUnique = keepsValues(definition.func);
  const table = sql.raw(isUnique ? "meter_uniques" : "meter_rollups");
  const aggregates = isUnique ? sql`` : sql`AND count > 0`;
  return sql`(
    EXISTS (SELECT 1 FROM ${table} WHERE meter_id = ${meter.id} ${aggregates})
    OR EXISTS (
      SELECT 1 FROM ${definition.from}
      WHERE e.organization_id = ${organizationId} AND e.seq > (SELECT watermark FROM meters WHERE id = ${meter.id})
        AND ${definition.matches} AND ${definition.contributes}
    )
  )`;
}

/**
 * Deletes what the meter has counted if its watermark is 0. Totals since a reset are emptied, not deleted, because catch-up
 * adds only to those that exist.
 */
function clear(id: string): SQL[] {
  const isReset = sql`meter_id = ${id} AND (SELECT watermark FROM meters WHERE id = ${id}) = 0`;
  return [
    sql`DELETE FROM meter_uniques WHERE ${isReset}`,
    sql`DELETE FROM meter_value_counts WHERE ${isReset}`,
    sql`DELETE FROM meter_rollups WHERE ${isReset}`,
    sql`DELETE FROM meter_dimensions WHERE ${isReset}`,
    sql`DELETE FROM meter_dimension_uniques WHERE ${isReset}`,
    sql`DELETE FROM compared_balances WHERE ${isReset}`,
    sql`DELETE FROM meter_total_uniques WHERE ${isReset}`,
    sql`DELETE FROM meter_totals WHERE ${isReset} AND since = 0`,
    sql`UPDATE meter_totals SET count = 0, sum = 0, min = NULL, max = NULL, last_event_at = NULL WHERE ${isReset}`,
  ];
}
