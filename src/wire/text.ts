import * as z from "zod/mini";
import { report } from "./problem.ts";

/** The number of Unicode code points of a text; an unpaired surrogate counts as one. */
export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

/** Returns why a text cannot be stored and returned unchanged; null when it can. */
export function unstorable(value: string): string | null {
  if (value.includes("\0")) return "A string cannot contain NUL characters.";
  if (!value.isWellFormed()) return "A string cannot contain an unpaired surrogate.";
  return null;
}

/**
 * Text of `min` to `max` code points, which is neither trimmed nor normalized.
 * NUL and unpaired surrogates are a `value_error`, checked after the lengths.
 */
export function text({ min = 0, max = Infinity }: { min?: number; max?: number } = {}) {
  const check = (value: string, ctx: z.core.$RefinementCtx<string>) => {
    const length = min > 0 || value.length > max ? codePoints(value) : 0;
    if (length < min) {
      const message = `This should have at least ${min} character${min === 1 ? "" : "s"}.`;
      return report(ctx, { type: "string_too_short", ctx: { min_length: min } }, message, value);
    }
    if (length > max) {
      const message = `This should have at most ${max} characters.`;
      return report(ctx, { type: "string_too_long", ctx: { max_length: max } }, message, value);
    }
    const reason = unstorable(value);
    if (reason !== null) report(ctx, { type: "value_error" }, reason, value);
  };
  const schema = z.string().check(z.superRefine(check));
  // For the API's document, which also counts code points; Zod's own checks count UTF-16 units.
  z.globalRegistry.add(schema, { ...(min > 0 && { minLength: min }), ...(max < Infinity && { maxLength: max }) });
  return schema;
}

/** Converts a name to the form in which names are searched, regardless of case in any script. */
export function fold(name: string): string {
  // Upper case first, because several lower-case forms can share one, such as ß and ss, or σ and ς.
  return name.toUpperCase().toLowerCase();
}
