import { type SQL, sql } from "drizzle-orm";
import type { meters } from "../../store/tables.ts";
import type { Store } from "../../store/store.ts";
import { parseJson } from "../../wire/json.ts";
import type { Aggregation } from "./aggregation.ts";
import { BoundValues, EPOCH_SECONDS, type Values } from "./event-sql.ts";
import type { Filter } from "./filter.ts";
import { filterSql } from "./filter-sql.ts";
import { AMOUNT, propertySql } from "./property-sql.ts";

/** What a meter counts: which events match, how they are aggregated, and the properties by whose values it also keeps rollups. */
export type Definition = { filter: Filter; aggregation: Aggregation; dimensions?: readonly string[] };

/** A definition as it is stored, as JSON. Only what reads or writes rollups needs the dimensions. */
type StoredDefinition = Pick<MeterRow, "filter" | "aggregation"> & Partial<Pick<MeterRow, "dimensions">>;
type MeterRow = typeof meters.$inferSelect;

/** Reads the definition of a stored meter. */
export function definitionOf({ filter, aggregation, dimensions = null }: StoredDefinition): Definition {
  const definition = { filter: parseJson(filter) as Filter, aggregation: parseJson(aggregation) as Aggregation };
  return dimensions === null ? definition : { ...definition, dimensions: parseJson(dimensions) as string[] };
}

/** Finds the definition of a meter of the organization; null when it has no meter with that id. */
export async function findDefinition(store: Store, meterId: string): Promise<Definition | null> {
  const [[row]] = await store.read([
    sql<StoredDefinition>`SELECT filter, aggregation FROM meters
      WHERE id = ${meterId} AND organization_id = ${store.organizationId}`,
  ]);
  return row === undefined ? null : definitionOf(row);
}

/**
 * A definition as SQL expressions on an event `e`, for a statement that selects `from` these tables.
 * Catch-up, quantities, the list of events and the check whether a meter has aggregated all use them.
 */
export type CompiledDefinition = DefinitionSql & {
  /** The bound values and `events AS e`. */
  from: SQL;
};

/** The conditions and the value of a definition, as SQL expressions on an event `e` and bound values. */
export type DefinitionSql = {
  func: Aggregation["func"];
  /** True for the events that match the filter. */
  matches: SQL;
  /** True for those of them that add to the aggregation; false or NULL for others. */
  contributes: SQL;
  /** What those add: a number, or for `unique` the value's JSON text, which is NULL for others; NULL for `count`. */
  value: SQL;
};

/** Meters count only the events that callers sent and did not void, never the platform's own. */
const COUNTABLE = "e.source = 'user' AND e.voided_at IS NULL";

/** Compiles a definition; the size of the SQL depends on the number of clauses, never on their values. */
export function compile(definition: Definition): CompiledDefinition {
  const values = new BoundValues();
  const compiled = compileWith(definition, values);
  return { ...compiled, from: sql`${values.from()}events AS e` };
}

/** Compiles a filter on all events, the platform's own included, for lists. */
export function compileFilter(filter: Filter): CompiledDefinition {
  const values = new BoundValues();
  const matches = sql.raw(filterSql(filter, values));
  const from = sql`${values.from()}events AS e`;
  return { func: "count", from, matches, contributes: sql`1`, value: sql`NULL` };
}

/** Compiles a definition whose values share bound parameters with other definitions. */
export function compileWith(definition: Definition, values: Values): DefinitionSql {
  const { func, matches, contributes, value } = compileText(definition, values);
  return { func, matches: sql.raw(matches), contributes: sql.raw(contributes), value: sql.raw(value) };
}

/** `DefinitionSql` as text, so that definitions can be compared. */
export type DefinitionText = { func: Aggregation["func"]; matches: string; contributes: string; value: string };

/** Compiles a definition to text. */
export function compileText({ filter, aggregation }: Definition, values: Values): DefinitionText {
  const matches = `${COUNTABLE} AND ${filterSql(filter, values)}`;
  const [value, contributes] = valueSql(aggregation, values);
  return { func: aggregation.func, matches, contributes, value };
}

/** The value that an event adds, and when it adds one. Numbers are doubles. */
function valueSql(aggregation: Aggregation, values: Values): [value: string, contributes: string] {
  switch (aggregation.func) {
    case "count":
      return ["NULL", "1"];
    case "unique":
      return uniqueValueSql(aggregation.property, values);
    case "sum":
    case "max":
    case "min":
    case "avg":
      return numericValueSql(aggregation.property, values);
  }
}

/** The value is always a metadata key. Numbers were written by JSON.stringify, so equal numbers have equal texts, except amounts. */
function uniqueValueSql(property: string, values: Values): [value: string, contributes: string] {
  const { type, value, json } = propertySql(property, values);
  const number = `CASE WHEN ${type} IN ('integer','real') THEN format('%!.17g',${value}+0.0) ELSE ${json} END`;
  return [property === AMOUNT ? number : json, `(${type} IS NOT NULL)`];
}

function numericValueSql(property: string, values: Values): [value: string, contributes: string] {
  if (property === "name" || property === "source") return ["NULL", "0"];
  if (property === "timestamp") return [`(${EPOCH_SECONDS} * 1.0)`, "1"];
  const { type, value: stored } = propertySql(property, values);
  return [`${stored}*1.0`, `(${type} IN ('integer','real'))`];
}
