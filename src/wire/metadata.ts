import * as z from "zod/mini";
import { MAX_PROBLEMS, type ProblemParams, report } from "./problem.ts";
import { codePoints, unstorable } from "./text.ts";

/** Key-value pairs that a caller keeps on a resource. */
export type Metadata = Record<string, string | number | boolean>;

/** The maximum number of pairs of a resource. */
export const MAX_KEYS = 50;
/** The maximum length of a key in code points. */
export const MAX_KEY_LENGTH = 40;
/** The maximum length of a string in code points. */
export const MAX_TEXT_LENGTH = 500;

/** A problem with a value. */
export type Finding = [params: ProblemParams, message: string];

/**
 * At most 50 pairs: keys of 1 to 40 characters; values are strings of 1 to 500 characters, numbers or booleans.
 * The output is the input object itself, so that a key such as `__proto__` is kept.
 * The pairs are validated first, then their number, then whether each can be stored.
 */
export const Metadata = z.custom<Metadata>().check(z.superRefine(checkMetadata));

function checkMetadata(value: unknown, ctx: z.core.$RefinementCtx<Metadata>): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return report(ctx, { type: "dict_type" }, "Metadata should be an object.", value);
  }
  const pairs = Object.entries(value);
  for (const [key, entry] of pairs) {
    const finding = checkKey(key) ?? checkValue(entry);
    if (finding !== null) report(ctx, ...finding, entry, [key]);
    if (ctx.issues.length > MAX_PROBLEMS) break;
  }
  if (ctx.issues.length > 0) return;
  if (pairs.length > MAX_KEYS) {
    const message = `Metadata should have at most ${MAX_KEYS} keys; it has ${pairs.length}.`;
    return report(ctx, { type: "too_long", ctx: { max_length: MAX_KEYS } }, message, value);
  }
  const reason = pairs.flat().map((part) => (typeof part === "string" ? unstorable(part) : null));
  const first = reason.find((text) => text !== null);
  if (first !== undefined) report(ctx, { type: "value_error" }, first, value);
}

function checkKey(key: string): Finding | null {
  if (key === "") return [{ type: "string_too_short", ctx: { min_length: 1 } }, "A metadata key cannot be empty."];
  if (key.length <= MAX_KEY_LENGTH || codePoints(key) <= MAX_KEY_LENGTH) return null;
  const message = `A metadata key should have at most ${MAX_KEY_LENGTH} characters.`;
  return [{ type: "string_too_long", ctx: { max_length: MAX_KEY_LENGTH } }, message];
}

/** Returns why a value cannot be the value of a metadata pair; null when it can. */
export function checkValue(value: unknown): Finding | null {
  switch (typeof value) {
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : [{ type: "finite_number" }, "The number is beyond the range of a double."];
    case "bigint":
      return [
        { type: "int_parsing_size" },
        "Integers beyond ±9007199254740991 cannot be stored exactly. Send a string instead.",
      ];
    case "string":
      return checkText(value);
    default:
      return [{ type: "value_error" }, NOT_PLAIN];
  }
}

const NOT_PLAIN =
  "A metadata value should be a string, a number or a boolean; events can have objects under _cost and _llm as well.";

function checkText(value: string): Finding | null {
  if (value === "") return [{ type: "string_too_short", ctx: { min_length: 1 } }, "A metadata string cannot be empty."];
  if (value.length <= MAX_TEXT_LENGTH || codePoints(value) <= MAX_TEXT_LENGTH) return null;
  const message = `A metadata string should have at most ${MAX_TEXT_LENGTH} characters.`;
  return [{ type: "string_too_long", ctx: { max_length: MAX_TEXT_LENGTH } }, message];
}
