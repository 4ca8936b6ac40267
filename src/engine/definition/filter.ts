import * as z from "zod/mini";
import { list } from "../../wire/bounded-array.ts";
import { shapedLike } from "../../wire/known-names.ts";
import { report } from "../../wire/problem.ts";
import { text } from "../../wire/text.ts";
import { Property } from "./property.ts";

/** The maximum number of levels, the outermost filter included. */
export const MAX_LEVELS = 16;
/** The maximum number of clauses in a filter, nested filters included. */
export const MAX_CLAUSES = 200;
/** The maximum number of nested filters: each clause can be alone in a filter at the deepest level. */
const MAX_FILTERS = MAX_CLAUSES * MAX_LEVELS;
const INT32 = 2 ** 31;
const ORDERS = new Set(["gt", "gte", "lt", "lte"]);

/** How a property is compared with a value. */
export const FilterOperator = z.enum(["eq", "ne", "gt", "gte", "lt", "lte", "like", "not_like"]);
/** Whether all or any of a filter's clauses must hold. */
export const FilterConjunction = z.enum(["and", "or"]);

/** Converts integers that do not fit in a double, so that they are compared with the limits too. */
const InRangeOfDoubles = z.transform((value: unknown) => (typeof value === "bigint" ? Number(value) : value));
/** An integer that a property is compared with. */
export const ClauseInteger = z.pipe(InRangeOfDoubles, z.int().check(z.gte(-INT32), z.lte(INT32 - 1)));

/** One condition on one property of an event. gt, gte, lt and lte require a string or an integer. */
export const FilterClause = z
  .object({
    property: Property,
    operator: FilterOperator,
    value: z.union([text({ max: 1000 }), ClauseInteger, z.boolean()]),
  })
  .check(
    z.superRefine(({ operator, value }: FilterClause, ctx) => {
      if (!ORDERS.has(operator) || typeof value !== "boolean") return;
      report(ctx, { type: "value_error" }, `${operator} requires a string or an integer.`, value, ["value"]);
    }),
  );
export type FilterClause = {
  property: string;
  operator: z.output<typeof FilterOperator>;
  value: string | number | boolean;
};

/** Clauses and nested filters, joined by `and` or `or`; without any it matches every event. */
export type Filter = { conjunction: "and" | "or"; clauses: (FilterClause | Filter)[] };

/**
 * A value that is valid as a clause is a clause, even with other fields; otherwise an object with `clauses` or
 * `conjunction` is a nested filter. This is decided before parsing, so that a mistake is reported once.
 */
const ClauseOrFilter = z.transform((value: unknown, ctx): FilterClause | Filter => {
  const schema: z.ZodMiniType<FilterClause | Filter> = isNested(value) ? FilterTree : FilterClause;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  ctx.issues.push(...(result.error.issues as typeof ctx.issues));
  return z.NEVER;
});

shapedLike(ClauseOrFilter, (value) => (isNested(value) ? FilterTree : FilterClause));

const FilterTree: z.ZodMiniType<Filter> = z.object({
  conjunction: FilterConjunction,
  clauses: list(ClauseOrFilter),
});

/** A filter of at most 16 levels, itself the first, and 200 clauses in all, nested filters not counted. */
export const Filter = z.pipe(
  z.transform((value: unknown, ctx): unknown => {
    const excess = exceededLimit(value);
    if (excess === null) return value;
    report(ctx, { type: "too_long" }, excess, value);
    return z.NEVER;
  }),
  FilterTree,
);

/** The number of clauses in a filter and all filters in it. */
export function countClauses({ clauses }: Filter): number {
  return clauses.reduce((count, part) => count + ("clauses" in part ? countClauses(part) : 1), 0);
}

function isNested(value: unknown): value is { clauses?: unknown; conjunction?: unknown } {
  if (typeof value !== "object" || value === null) return false;
  return ("clauses" in value || "conjunction" in value) && !FilterClause.safeParse(value).success;
}

/** Returns which limit a filter exceeds. It is not recursive, so that deep nesting cannot overflow the call stack. */
function exceededLimit(filter: unknown): string | null {
  let clauses = 0;
  let filters = 0;
  const pending: [value: unknown, level: number][] = [[filter, 1]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, level] = next;
    if (level > MAX_LEVELS) return `A filter can be nested at most ${MAX_LEVELS} levels deep.`;
    if (typeof value !== "object" || value === null || !("clauses" in value) || !Array.isArray(value.clauses)) continue;
    for (const entry of value.clauses) {
      if (!isNested(entry)) clauses++;
      else {
        filters++;
        pending.push([entry, level + 1]);
      }
      if (clauses > MAX_CLAUSES) return `A filter can have at most ${MAX_CLAUSES} clauses in all.`;
      if (filters > MAX_FILTERS) return `A filter can have at most ${MAX_FILTERS} nested filters.`;
    }
  }
  return null;
}
