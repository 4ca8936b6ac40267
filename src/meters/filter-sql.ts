import type { Filter, FilterClause } from "./filter.ts";
import { type BoundValues, EPOCH_SECONDS, jsonPath } from "./property.ts";

const COMPARISONS = { eq: "=", ne: "<>", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const NEVER = "0";
const ALWAYS = "1";

/**
 * The one evaluator of filters: the SQL condition that an event `e` matches. Conditions are never NULL.
 * A value that the event lacks, a null and an object match nothing, not even by `ne` and `not_like`.
 */
export function filterSql(filter: Filter, values: BoundValues): string {
  if (filter.clauses.length === 0) return ALWAYS;
  const parts = filter.clauses.map((part) => ("clauses" in part ? filterSql(part, values) : clauseSql(part, values)));
  const [neutral, decisive] = filter.conjunction === "and" ? [ALWAYS, NEVER] : [NEVER, ALWAYS];
  if (parts.includes(decisive)) return decisive;
  const open = parts.filter((part) => part !== neutral);
  return open.length === 0 ? neutral : balanced(open, filter.conjunction === "and" ? "AND" : "OR");
}

/** Joins conditions in pairs of pairs: SQLite's expressions may be 100 deep, and a plain chain is as deep as it is long. */
function balanced(parts: readonly string[], operator: "AND" | "OR"): string {
  if (parts.length === 1) return parts[0]!;
  const half = Math.ceil(parts.length / 2);
  return `(${balanced(parts.slice(0, half), operator)} ${operator} ${balanced(parts.slice(half), operator)})`;
}

function clauseSql(clause: FilterClause, values: BoundValues): string {
  switch (clause.property) {
    case "name":
    case "source":
      return typeof clause.value === "string" ? textSql(`e.${clause.property}`, clause, values) : NEVER;
    case "timestamp":
      return timestampSql(clause, values);
    default:
      return metadataSql(clause, values);
  }
}

function textSql(column: string, { operator, value }: FilterClause, values: BoundValues): string {
  const bound = values.add(asText(value));
  if (operator === "like") return `(instr(${column}, ${bound}) > 0)`;
  if (operator === "not_like") return `(instr(${column}, ${bound}) = 0)`;
  return `(${column} ${COMPARISONS[operator]} ${bound})`;
}

/** Compares with integers alone; like and not_like look for the value's text in the digits. */
function timestampSql(clause: FilterClause, values: BoundValues): string {
  const { operator, value } = clause;
  if (operator === "like" || operator === "not_like") return textSql(`CAST(${EPOCH_SECONDS} AS TEXT)`, clause, values);
  return typeof value === "number" ? `(${EPOCH_SECONDS} ${COMPARISONS[operator]} ${values.add(value)})` : NEVER;
}

/** Compares by the JSON type that the event stored. */
function metadataSql(clause: FilterClause, values: BoundValues): string {
  const { operator, value } = clause;
  const path = values.add(jsonPath(clause.property));
  const [type, stored] = [`json_type(e.metadata, ${path})`, `(e.metadata ->> ${path})`];
  if (operator === "like" || operator === "not_like") {
    const asWritten = `CASE ${type} WHEN 'text' THEN ${stored} WHEN 'null' THEN NULL WHEN 'object' THEN NULL
      WHEN 'array' THEN NULL ELSE (e.metadata -> ${path}) END`;
    return `coalesce(${textSql(asWritten, clause, values)}, 0)`;
  }
  const sign = COMPARISONS[operator];
  const branches = [`WHEN 'text' THEN ${stored} ${sign} ${values.add(asText(value))}`];
  if (typeof value !== "string") {
    const number = values.add(Number(value));
    branches.push(`WHEN 'integer' THEN ${stored} ${sign} ${number} WHEN 'real' THEN ${stored} ${sign} ${number}`);
  }
  if (typeof value === "boolean") {
    const truth = values.add(Number(value));
    branches.push(`WHEN 'true' THEN 1 ${sign} ${truth} WHEN 'false' THEN 0 ${sign} ${truth}`);
  }
  return `CASE ${type} ${branches.join(" ")} ELSE 0 END`;
}

/** A value as stored text is compared with: booleans as PostgreSQL writes them. */
function asText(value: FilterClause["value"]): string {
  return typeof value === "boolean" ? (value ? "t" : "f") : String(value);
}
