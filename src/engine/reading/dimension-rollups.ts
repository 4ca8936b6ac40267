import { type SQL, sql } from "drizzle-orm";
import { KINDS } from "../definition/kind-sql.ts";

/** Which rollups of a dimension are read: its place among those of the meter, and with a condition those of these values. */
export type DimensionRows = { place: number; values?: readonly string[] };

/** Where a statement reads rollups: items of FROM whose rows `r` have the customer and the bucket, and columns of them. */
export type RollupTables = {
  /** Tables of the WITH clause. */
  tables: SQL[];
  rollups: SQL;
  uniques: SQL;
  /** The alias of the row that has the numbers. */
  row: string;
  value: SQL;
  dimensionValue: SQL;
  /** Whether a customer can have more than one row in a bucket. */
  areMany: boolean;
};

/** The rollups of all events of a meter, or those of one of its dimensions. */
export function rollupTables(dimension: DimensionRows | undefined): RollupTables {
  if (dimension === undefined) return OF_ALL;
  const { place, values } = dimension;
  const isOfDimension = (row: string) => sql`${sql.raw(row)}.dimension = ${place}`;
  // With a condition the rollups of all events say in which buckets to look for its values, so that others are not read.
  const of = (table: string) =>
    values === undefined
      ? sql`${sql.raw(table)} AS r ON ${isOfDimension("r")}`
      : sql`meter_rollups AS r CROSS JOIN ${sql.raw(table)} AS d ON d.meter_id = r.meter_id AND d.customer = r.customer
        AND ${isOfDimension("d")} AND d.bucket = r.bucket AND d.dimension_value IN (SELECT dimension_value FROM wanted)`;
  return {
    ...columnsOf(values === undefined ? "r" : "d"),
    tables: values === undefined ? [] : [wantedSql(values)],
    rollups: of("meter_dimensions"),
    uniques: of("meter_dimension_uniques"),
    areMany: true,
  };
}

const columnsOf = (row: string) => ({
  row,
  value: sql.raw(`${row}.value`),
  dimensionValue: sql.raw(`${row}.dimension_value`),
});

const OF_ALL: RollupTables = {
  ...columnsOf("r"),
  tables: [],
  rollups: sql`meter_rollups AS r`,
  uniques: sql`meter_uniques AS r`,
  areMany: false,
};

/** The values of a dimension whose text is one of those of a condition: of a number it is the JSON that it is stored as. */
function wantedSql(values: readonly string[]): SQL {
  const numbers = values.filter((value) => JSON.stringify(Number(value)) === value);
  const booleans = ["true", "false"].filter((value) => values.includes(value));
  const { text, number, boolean } = KINDS;
  return sql`wanted (dimension_value) AS MATERIALIZED (
      ${selectEach(values, `json_array(${text}, value)`)}
      UNION ${selectEach(numbers, `json_array(${number}, format('%!.17g', value + 0.0))`)}
      UNION ${selectEach(booleans, `json_array(${boolean}, value = 'true')`)}
    )`;
}

/** Selects an expression for each `value` of a list. */
function selectEach(of: readonly string[], expression: string): SQL {
  return sql`SELECT ${sql.raw(expression)} FROM json_each(${JSON.stringify(of)})`;
}
