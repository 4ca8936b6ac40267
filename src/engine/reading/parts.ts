import { type SQL, sql } from "drizzle-orm";
import type { Aggregation } from "../definition/aggregation.ts";
import { clamp } from "../rollups/rollups.ts";

type Func = Aggregation["func"];

/** The SQL of each way to reduce several numbers to one. */
type Reducers = { count: SQL; sum: SQL; max: SQL; min: SQL; unique: SQL };

/** Reduces parts, which are counts, sums, minima and maxima already. */
export const OF_PARTS: Reducers = {
  count: sql`sum(events)`,
  sum: sql`total(total)`,
  max: sql`max(max)`,
  min: sql`min(min)`,
  // uniqueSql counts distinct values.
  unique: sql`NULL`,
};

/** The SQL of each column of a part: of events, of rollups, and of parts that are put together. */
const COLUMNS = {
  events: { ofEvents: sql`count(*)`, ofRollups: "count", ofParts: OF_PARTS.count },
  total: { ofEvents: clamp(sql`total(value)`), ofRollups: "sum", ofParts: clamp(OF_PARTS.sum) },
  min: { ofEvents: sql`min(value)`, ofRollups: "min", ofParts: OF_PARTS.min },
  max: { ofEvents: sql`max(value)`, ofRollups: "max", ofParts: OF_PARTS.max },
};

/** The columns of a part, as a list of names, and what computes them. */
export type PartColumns = { names: SQL; ofEvents: SQL; ofRollups: (row: string) => SQL; ofParts: SQL };

/**
 * The columns of a part of a quantity: the number and the sum of its events, and a bound if the function needs it, because each
 * column takes time for every rollup and event that is read.
 */
export function partColumns(func: Func): PartColumns {
  const names: (keyof typeof COLUMNS)[] =
    func === "min" || func === "max" ? ["events", "total", func] : ["events", "total"];
  const columns = names.map((name) => COLUMNS[name]);
  return {
    names: sql.raw(names.join(", ")),
    ofEvents: listed(columns.map(({ ofEvents }) => ofEvents)),
    ofRollups: (row) => sql.raw(columns.map(({ ofRollups }) => `${row}.${ofRollups}`).join(", ")),
    ofParts: listed(columns.map(({ ofParts }) => ofParts)),
  };
}

const listed = (parts: SQL[]) => sql.join(parts, sql`, `);

/** Reduces the quantities of customers; a customer without one does not count. */
export const OF_CUSTOMERS: Reducers = {
  count: sql`count(quantity)`,
  sum: sql`total(quantity)`,
  max: sql`max(quantity)`,
  min: sql`min(quantity)`,
  unique: sql`count(DISTINCT quantity)`,
};

/** Reduces several numbers to one. */
export function reduceSql(func: Func, of: Reducers): SQL {
  switch (func) {
    case "sum":
      return clamp(of.sum);
    case "avg":
      return sql`${clamp(of.sum)} / ${of.count}`;
    case "count":
    case "max":
    case "min":
    case "unique":
      return of[func];
  }
}
