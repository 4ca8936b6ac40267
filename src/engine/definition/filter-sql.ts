import type { Filter, FilterClause } from "./filter.ts";
import { EPOCH_SECONDS, type Values } from "./event-sql.ts";
import { propertySql } from "./property-sql.ts";

const COMPARISONS = { eq: "=", ne: "<>", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
const NEVER = "0";
const ALWAYS = "1";

/** A condition, and the depth of its expression. */
type Condition = { sql: string; depth: number };

/**
 * The only evaluator of filters: an SQL condition on an event `e`, which is never NULL.
 * A missing value, null and an object match nothing, not even `ne` and `not_like`.
 */
export function filterSql(filter: Filter, values: Values): string {
  return filterCondition(filter, values).sql;
}

function filterCondition({ conjunction, clauses }: Filter, values: Values): Condition {
  if (clauses.length === 0) return { sql: ALWAYS, depth: 1 };
  const parts = clauses.map((part) =>
    "clauses" in part ? filterCondition(part, values) : { sql: clauseSql(part, values), depth: 1 },
  );
  const [neutral, decisive] = conjunction === "and" ? [ALWAYS, NEVER] : [NEVER, ALWAYS];
  if (parts.some(({ sql }) => sql === decisive)) return { sql: decisive, depth: 1 };
  const open = parts.filter(({ sql }) => sql !== neutral);
  return open.length === 0 ? { sql: neutral, depth: 1 } : join(open, conjunction === "and" ? "AND" : "OR");
}

/**
 * Joins conditions into a tree of minimal depth, the two shallowest first: SQLite allows expressions of 100 levels, and a
 * plain chain of conditions would be as deep as it is long.
 */
function join(parts: Condition[], operator: "AND" | "OR"): Condition {
  const open = parts.toSorted((a, b) => a.depth - b.depth);
  while (open.length > 1) {
    const [a, b] = open.splice(0, 2) as [Condition, Condition];
    const joined = { sql: `(${a.sql} ${operator} ${b.sql})`, depth: Math.max(a.depth, b.depth) + 1 };
    const place = open.findIndex(({ depth }) => depth >= joined.depth);
    open.splice(place < 0 ? open.length : place, 0, joined);
  }
  return open[0]!;
}

/** The condition of one clause on an event `e`. */
export function clauseSql(clause: FilterClause, values: Values): string {
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

function textSql(column: string, { operator, value }: FilterClause, values: Values): string {
  const bound = values.add(asText(value));
  if (operator === "like") return `(instr(${column},${bound})>0)`;
  if (operator === "not_like") return `(instr(${column},${bound})=0)`;
  return `(${column} ${COMPARISONS[operator]} ${bound})`;
}

/** Text never matches a time. like and not_like search in its digits; the other operators compare integers. */
function timestampSql(clause: FilterClause, values: Values): string {
  const { operator, value } = clause;
  if (typeof value === "string") return NEVER;
  if (operator === "like" || operator === "not_like") return textSql(`CAST(${EPOCH_SECONDS} AS TEXT)`, clause, values);
  return typeof value === "number" ? `(${EPOCH_SECONDS} ${COMPARISONS[operator]} ${values.add(value)})` : NEVER;
}

/** Compares according to the stored JSON type. */
function metadataSql(clause: FilterClause, values: Values): string {
  const { operator, value } = clause;
  const { type, value: stored, json } = propertySql(clause.property, values);
  if (operator === "like" || operator === "not_like") {
    const nothing = "WHEN 'null' THEN NULL WHEN 'object' THEN NULL";
    const asWritten = `CASE ${type} WHEN 'text' THEN ${stored} ${nothing} ELSE ${json} END`;
    return `coalesce(${textSql(asWritten, clause, values)},0)`;
  }
  const sign = COMPARISONS[operator];
  const branches = [`WHEN 'text' THEN ${stored}${sign}${values.add(asText(value))}`];
  if (typeof value !== "string") {
    const compared = `${stored}${sign}${Number(value)}`;
    branches.push(`WHEN 'integer' THEN ${compared} WHEN 'real' THEN ${compared}`);
  }
  // Only eq and ne accept a boolean.
  if (typeof value === "boolean") branches.push(`WHEN '${value === (operator === "eq")}' THEN 1`);
  return `CASE ${type} ${branches.join(" ")} ELSE 0 END`;
}

/** Converts a value to text for the comparison with stored text; booleans as PostgreSQL writes them. */
function asText(value: FilterClause["value"]): string {
  return typeof value === "boolean" ? (value ? "t" : "f") : String(value);
}
