import type { Filter, FilterClause } from "./filter.ts";

/**
 * The event names that a filter allows: an event with another name never matches. Catch-up joins events to meters by these
 * names.
 * @returns null when an event of any name can match
 */
export function requiredNames({ conjunction, clauses }: Filter): string[] | null {
  const parts = clauses.map((part) => ("clauses" in part ? requiredNames(part) : namesOf(part)));
  const known = parts.filter((names) => names !== null);
  if (known.length === 0) return null;
  if (conjunction === "or") return known.length < parts.length ? null : [...new Set(known.flat())];
  return known.reduce((left, right) => left.filter((name) => right.includes(name)));
}

function namesOf({ property, operator, value }: FilterClause): string[] | null {
  if (property !== "name" || operator !== "eq") return null;
  return typeof value === "string" ? [value] : [];
}
