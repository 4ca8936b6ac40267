import * as z from "zod/mini";
import { Property } from "./property.ts";

/** Counts the matching events. */
export const CountAggregation = z.object({ func: z.literal("count") });

/** Takes the sum, the greatest, the least or the mean of a numeric property of the matching events. */
export const PropertyAggregation = z.object({ func: z.enum(["sum", "max", "min", "avg"]), property: Property });

/** Counts the distinct values of a property of the matching events. */
export const UniqueAggregation = z.object({ func: z.literal("unique"), property: Property });

/** How a meter aggregates the events that match its filter. */
export const Aggregation = z.discriminatedUnion("func", [CountAggregation, PropertyAggregation, UniqueAggregation]);
export type Aggregation = z.output<typeof Aggregation>;

type Func = Aggregation["func"];
/** What each function needs: `numbers` (a rollup keeps count, sum, minimum and maximum) or distinct `values`. */
const OPERANDS: Record<Func, "numbers" | "values"> = {
  count: "numbers",
  sum: "numbers",
  max: "numbers",
  min: "numbers",
  avg: "numbers",
  unique: "values",
};

/** All functions, by their names. */
export const FUNCTIONS = Object.keys(OPERANDS) as Func[];

/** Returns whether a function needs the distinct values of events. */
export function keepsValues(func: Func): boolean {
  return OPERANDS[func] === "values";
}
