import * as z from "zod/mini";
import { MAX_PROBLEMS, type ProblemParams, report } from "./problem.ts";
import { codePoints, unstorable } from "./text.ts";

/** Key-value pairs that a caller keeps on a resource. */
export type Metadata = Record<string, string | number | boolean>;

/** Pairs that a resource may have. */
export const MAX_KEYS = 50;
/** Code points that a key may have. */
export const MAX_KEY_LENGTH = 40;
/** Code points that a text may have. */
export const MAX_TEXT_LENGTH = 500;

/** What is wrong with a value, and what to do about it. */
export type Finding = [params: ProblemParams, message: string];

/**
 * At most 50 pairs: keys of 1 to 40 characters; values text of 1 to 500 characters, numbers or booleans.
 * The object is given on as it came, so that a key such as `__proto__` survives.
 * Pairs are judged first, then their number, then what can't be stored in any of them.
 */
export const Metadata = z.custom<Metadata>().check(z.superRefine(judgeMetadata));

function judgeMetadata(value: unknown, ctx: z.core.$RefinementCtx<Metadata>): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return report(ctx, { type: "dict_type" }, "Metadata should be an object.", value);
  }
  const pairs = Object.entries(value);
  let sound = true;
  for (const [key, entry] of pairs) {
    const finding = judgeKey(key) ?? judgeValue(entry);
    if (finding === null) continue;
    sound = false;
    report(ctx, ...finding, entry, [key]);
    if (ctx.issues.length >= MAX_PROBLEMS) break;
  }
  if (!sound) return;
  if (pairs.length > MAX_KEYS) {
    const message = `Metadata should have at most ${MAX_KEYS} keys; it has ${pairs.length}.`;
    return report(ctx, { type: "too_long", ctx: { max_length: MAX_KEYS } }, message, value);
  }
  const reason = pairs.flat().map((part) => (typeof part === "string" ? unstorable(part) : null));
  const first = reason.find((text) => text !== null);
  if (first !== undefined) report(ctx, { type: "value_error" }, first, value);
}

function judgeKey(key: string): Finding | null {
  if (key === "") return [{ type: "string_too_short", ctx: { min_length: 1 } }, "A metadata key can't be empty."];
  if (key.length <= MAX_KEY_LENGTH || codePoints(key) <= MAX_KEY_LENGTH) return null;
  const message = `A metadata key should have at most ${MAX_KEY_LENGTH} characters.`;
  return [{ type: "string_too_long", ctx: { max_length: MAX_KEY_LENGTH } }, message];
}

/** Says what keeps a value from being the value of a metadata pair. */
export function judgeValue(value: unknown): Finding | null {
  switch (typeof value) {
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : [{ type: "finite_number" }, "The number is beyond the range of a double."];
    case "bigint":
      return [{ type: "int_parsing_size" }, "Integers beyond ±9007199254740991 can't be kept exactly; send text."];
    case "string":
      return judgeText(value);
    default:
      return [{ type: "value_error" }, "A metadata value should be text, a number or a boolean."];
  }
}

function judgeText(value: string): Finding | null {
  if (value === "") return [{ type: "string_too_short", ctx: { min_length: 1 } }, "A metadata text can't be empty."];
  if (value.length <= MAX_TEXT_LENGTH || codePoints(value) <= MAX_TEXT_LENGTH) return null;
  const message = `A metadata text should have at most ${MAX_TEXT_LENGTH} characters.`;
  return [{ type: "string_too_long", ctx: { max_length: MAX_TEXT_LENGTH } }, message];
}
