import * as z from "zod/mini";
import { report } from "./problem.ts";

/** A finite number with or without a fraction; Zod's own number reports text as if an integer was expected. */
export const FiniteNumber = z.custom<number>().check(
  z.superRefine((value: unknown, ctx) => {
    if (typeof value === "bigint") {
      const message = `Integers beyond ±${Number.MAX_SAFE_INTEGER} are not exact. Write it with an exponent.`;
      report(ctx, { type: "int_parsing_size" }, message, value);
    } else if (typeof value !== "number") report(ctx, { type: "float_type" }, "This should be a number.", value);
    else if (!Number.isFinite(value)) {
      report(ctx, { type: "finite_number" }, "This should be a finite number.", value);
    }
  }),
);

/** A finite number greater than 0. */
export const PositiveNumber = z.custom<number>().check(
  z.superRefine((value: unknown, ctx) => {
    const result = FiniteNumber.safeParse(value);
    if (!result.success) ctx.issues.push(...(result.error.issues as typeof ctx.issues));
    else if (result.data <= 0) {
      report(ctx, { type: "greater_than", ctx: { gt: 0 } }, "This should be greater than 0.", value);
    }
  }),
);
