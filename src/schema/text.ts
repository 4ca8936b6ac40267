import * as z from "zod/mini";
import { report } from "./problem.ts";

/** The number of Unicode code points of a text; an unpaired surrogate counts as one. */
export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

/** Tells what makes a text impossible to store and give back unchanged, if anything does. */
export function unstorable(value: string): string | null {
  if (value.includes("\0")) return "Text can't contain NUL characters.";
  if (!value.isWellFormed()) return "Text can't contain half of a surrogate pair.";
  return null;
}

/**
 * Text of `min` to `max` code points, kept as it is: nothing is trimmed or normalized.
 * NUL and unpaired surrogates are a `value_error`, looked at after the lengths.
 */
export function text({ min = 0, max = Infinity }: { min?: number; max?: number } = {}) {
  const judge = (value: string, ctx: z.core.$RefinementCtx<string>) => {
    const length = min > 0 || value.length > max ? codePoints(value) : 0;
    if (length < min) {
      const message = `Text should have at least ${min} character${min === 1 ? "" : "s"}.`;
      return report(ctx, { type: "string_too_short", ctx: { min_length: min } }, message, value);
    }
    if (length > max) {
      const message = `Text should have at most ${max} characters.`;
      return report(ctx, { type: "string_too_long", ctx: { max_length: max } }, message, value);
    }
    const reason = unstorable(value);
    if (reason !== null) report(ctx, { type: "value_error" }, reason, value);
  };
  const schema = z.string().check(z.superRefine(judge));
  // For the API's document, whose lengths count code points too; Zod's own checks count UTF-16 units.
  z.globalRegistry.add(schema, { ...(min > 0 && { minLength: min }), ...(max < Infinity && { maxLength: max }) });
  return schema;
}

/** Brings a name into the form in which names are searched: without case, in every script. */
export function fold(name: string): string {
  // Upper case first: it joins what has one upper case but several lower ones, such as ß and ss, σ and ς.
  return name.toUpperCase().toLowerCase();
}
