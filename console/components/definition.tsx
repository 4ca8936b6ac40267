import type { Schemas } from "../../client/src/index.ts";

type Filter = Schemas["Filter"];
type Clause = Filter["clauses"][number];

/** The operators as they are read: each beside its name in the API. */
export const OPERATORS: Record<Schemas["FilterOperator"], string> = {
  eq: "=",
  ne: "≠",
  gt: ">",
  gte: "≥",
  lt: "<",
  lte: "≤",
  like: "contains",
  not_like: "does not contain",
};

/** An aggregation in words: sum of total_tokens. */
export const aggregationText = (aggregation: Schemas["Meter"]["aggregation"]): string =>
  "property" in aggregation ? `${aggregation.func} of ${String(aggregation.property)}` : aggregation.func;

/** A filter in words: name = "ai_usage" and total_tokens > 5. */
export function filterText({ conjunction, clauses }: Filter): string {
  if (clauses.length === 0) return "every event";
  return clauses.map((clause) => clauseText(clause, clauses.length > 1)).join(` ${conjunction} `);
}

function clauseText(clause: Clause, isInner: boolean): string {
  if ("clauses" in clause) return isInner && clause.clauses.length > 1 ? `(${filterText(clause)})` : filterText(clause);
  return `${clause.property} ${OPERATORS[clause.operator]} ${JSON.stringify(clause.value)}`;
}
