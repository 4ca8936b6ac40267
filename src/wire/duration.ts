import * as z from "zod/mini";
import { report } from "./problem.ts";

/** ISO 8601, section 5.5.2.4; a year is 365 days and a month 30, as in Polar's API. */
const DURATION =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const SECONDS = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1];

/**
 * A length of time: seconds as a number, or an ISO 8601 duration such as `P90D` or `PT12H`.
 * @param limits the least and the greatest, in seconds
 * @returns a schema whose output is whole milliseconds
 */
export function duration({ min, max }: { min: number; max: number }) {
  return z.pipe(
    z.unknown(),
    z.transform((value: unknown, ctx): number => {
      const fail = (type: string, message: string, limit?: Record<string, number>): never => {
        report(ctx, { type, ...(limit && { ctx: limit }) }, message, value);
        return z.NEVER;
      };
      if (typeof value !== "number" && typeof value !== "string") {
        return fail("time_delta_type", "A duration should be a number of seconds, or text such as P90D.");
      }
      const seconds = typeof value === "number" ? value : parse(value);
      if (Number.isNaN(seconds)) return fail("time_delta_parsing", "Not an ISO 8601 duration; expected, e.g., P90D.");
      if (seconds < min) {
        return fail("greater_than_equal", `This should be at least ${min} seconds.`, { ge: min });
      }
      if (seconds > max) return fail("less_than_equal", `This should be at most ${max} seconds.`, { le: max });
      return Math.round(seconds * 1000);
    }),
  );
}

function parse(text: string): number {
  const parts = DURATION.exec(text)?.slice(1);
  if (parts === undefined) return NaN;
  return parts.reduce((sum, part, index) => sum + Number(part ?? 0) * SECONDS[index]!, 0);
}
