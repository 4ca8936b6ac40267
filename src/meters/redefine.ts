import { and, eq, type SQL, sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/client.ts";
import { meters } from "../db/schema.ts";
import { compile } from "./definition.ts";
import { type MeterRow, toDefinition } from "./queries.ts";

/** What became of an attempt to change a meter while nothing was aggregated. */
export type Redefinition = "written" | "aggregated" | "outdated";

/**
 * Changes a meter on condition that it has aggregated no event: check and change are one transaction.
 * What counts is which events are stored, not how far they are caught up. A new filter or aggregation begins anew.
 * @param to the columns to write; none only makes the check
 * @returns aggregated when an event was found, outdated when the meter is no longer at the version of `from`
 */
export async function redefineMeter(db: Database, from: MeterRow, to: Partial<MeterRow>): Promise<Redefinition> {
  const atVersion = and(eq(meters.id, from.id), eq(meters.version, from.version))!;
  const aggregated = hasAggregated(from);
  const statements = [
    sql`SELECT ${aggregated} AS aggregated, EXISTS (SELECT 1 FROM ${meters} WHERE ${atVersion}) AS current`,
  ];
  if (Object.keys(to).length > 0) {
    const where = and(atVersion, sql`NOT ${aggregated}`);
    statements.push(
      db.update(meters).set(to).where(where).getSQL(),
      clear(from, "meter_rollups"),
      clear(from, "meter_uniques"),
    );
  }
  const [[state]] = await runBatch<[{ aggregated: number; current: number }[]]>(db, statements);
  if (state!.current === 0) return "outdated";
  return state!.aggregated === 1 ? "aggregated" : "written";
}

/** Holds when any stored event adds to the meter: one in its rollups, or one above its watermark. */
function hasAggregated(row: MeterRow): SQL {
  const definition = compile(toDefinition(row));
  // A unique meter's rollups also count events without a value, which add nothing.
  const table = sql.raw(definition.func === "unique" ? "meter_uniques" : "meter_rollups");
  return sql`(
    EXISTS (SELECT 1 FROM ${table} WHERE meter_id = ${row.id})
    OR EXISTS (
      SELECT 1 FROM ${definition.from}
      WHERE e.organization_id = ${row.organizationId} AND e.seq > (SELECT watermark FROM meters WHERE id = ${row.id})
        AND ${definition.matches} AND ${definition.contributes}
    )
  )`;
}

/** At watermark 0 rollups hold nothing that is not to be counted again: whoever set it, they can go. */
function clear({ id }: MeterRow, table: "meter_rollups" | "meter_uniques"): SQL {
  return sql`DELETE FROM ${sql.raw(table)}
    WHERE meter_id = ${id} AND (SELECT watermark FROM meters WHERE id = ${id}) = 0`;
}
