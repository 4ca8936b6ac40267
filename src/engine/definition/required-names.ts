import type { Filter, FilterClause } from "./filter.ts";

/**
 * Returns the event names that a filter can match; catch-up joins events to meters by them.
 * @returns null when events of any name can match
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
