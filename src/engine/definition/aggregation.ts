import * as z from "zod/mini";
import { Property } from "./property.ts";

/** Counts the matching events. */
export const CountAggregation = z.object({ func: z.literal("count") });

/** Takes the sum, the greatest, the least or the mean of a numeric property of the matching events. */
export const PropertyAggregation = z.object({ func: z.enum(["sum", "max", "min", "avg"]), property: Property });

/** Counts the distinct values of a property of the matching events. */
export const UniqueAggregation = z.object({ func: z.literal("unique"), property: Property });

/** What a meter makes of the events that match its filter. */
export const Aggregation = z.discriminatedUnion("func", [CountAggregation, PropertyAggregation, UniqueAggregation]);
export type Aggregation = z.output<typeof Aggregation>;
