import * as z from "zod/mini";
import { judgeValue } from "../schema/metadata.ts";
import { MAX_PROBLEMS, report } from "../schema/problem.ts";
import { unstorable } from "../schema/text.ts";

type Cost = { amount: string; currency: string };
type Llm = Record<string, string | number | null>;

/** What is known of an event: plain values, and under two names of their own a cost and the use of a language model. */
export type EventMetadata = Record<string, string | number | boolean | Cost | Llm>;

/** At most five digits before the point and twelve after it, zeros at either end apart. */
const AMOUNT = /^[+-]?0*(?=\.?\d)(\d{0,5})(?:\.\d{0,12}0*)?$/;

/** A decimal number or its text; given on as text, so that no digit is lost on the way. */
const Amount = z.pipe(
  z.unknown(),
  z.transform((value: unknown, ctx): string => {
    const fail = (type: string, message: string): never => {
      report(ctx, { type }, message, value);
      return z.NEVER;
    };
    if (value === undefined) return fail("missing", "This field is required.");
    if (typeof value === "number" && !Number.isFinite(value)) return fail("finite_number", "This should be finite.");
    if (typeof value === "bigint") return fail("decimal_max_digits", "This should have at most 5 digits.");
    if (typeof value !== "number" && typeof value !== "string") return fail("decimal_type", "This should be a number.");
    const text = withoutExponent(String(value).trim());
    if (/^[+-]?(nan|inf|infinity)$/i.test(text)) return fail("finite_number", "This should be a finite number.");
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text)) return fail("decimal_parsing", "This should be a decimal number.");
    if (!AMOUNT.test(text)) {
      return fail("decimal_max_digits", "This should have at most 5 digits before the point and 12 after it.");
    }
    return text.replace(/^\+/, "");
  }),
);

/** What an event cost. */
export const CostMetadata = z.object({
  amount: Amount,
  currency: z.string().check(
    z.superRefine((value: string, ctx) => {
      if (value === "usd") return;
      report(ctx, { type: "string_pattern_mismatch", ctx: { pattern: "usd" } }, "The only currency is usd.", value);
    }),
  ),
});

/** The use of a language model. */
export const LlmMetadata = z.object({
  vendor: z.string(),
  model: z.string(),
  prompt: z.nullish(z.string()),
  response: z.nullish(z.string()),
  input_tokens: z.int(),
  cached_input_tokens: z.optional(z.int()),
  output_tokens: z.int(),
  total_tokens: z.int(),
});

const NESTED: Record<string, z.ZodMiniType<Cost | Llm>> = { _cost: CostMetadata, _llm: LlmMetadata };

/** The metadata of an event: pairs as a meter's, without limits on keys, and `_cost` and `_llm`. */
export const EventMetadata = z.pipe(
  z.unknown(),
  z.transform((value: unknown, ctx): EventMetadata => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      report(ctx, { type: "dict_type" }, "Metadata should be an object.", value);
      return z.NEVER;
    }
    const pairs: [string, EventMetadata[string]][] = [];
    for (const [key, entry] of Object.entries(value)) {
      if (ctx.issues.length >= MAX_PROBLEMS) break;
      const nested = Object.hasOwn(NESTED, key) ? NESTED[key] : undefined;
      if (nested === undefined) {
        const finding = judgeValue(entry);
        if (finding !== null) report(ctx, ...finding, entry, [key]);
        pairs.push([key, entry as string | number | boolean]);
      } else {
        const part = readNested(nested, key, entry, ctx);
        if (part !== null) pairs.push([key, part]);
      }
    }
    if (ctx.issues.length > 0) return z.NEVER;
    const reason = pairs
      .flat()
      .map(findUnstorable)
      .find((found) => found !== null);
    if (reason !== undefined) report(ctx, { type: "value_error" }, reason, value);
    // Not a literal's spread: fromEntries keeps a key such as __proto__.
    return Object.fromEntries(pairs);
  }),
);

function readNested(
  schema: z.ZodMiniType<Cost | Llm>,
  key: string,
  value: unknown,
  ctx: { issues: z.core.$ZodRawIssue[] },
): Cost | Llm | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report(ctx, { type: "dict_type" }, `${key} should be an object.`, value, [key]);
    return null;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) ctx.issues.push({ ...issue, path: [key, ...issue.path] } as never);
  return null;
}

function findUnstorable(part: unknown): string | null {
  if (typeof part === "string") return unstorable(part);
  if (typeof part !== "object" || part === null) return null;
  return (
    Object.values(part)
      .map(findUnstorable)
      .find((found) => found !== null) ?? null
  );
}

/** A decimal number without its exponent, digit for digit. */
function withoutExponent(text: string): string {
  const parts = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)[eE]([+-]?\d{1,3})$/.exec(text);
  if (parts === null) return text;
  const [, sign, whole, fraction, exponent] = parts as unknown as [string, string, string, string, string];
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction).padEnd(point, "0").padStart((whole + fraction).length - Math.min(point, 0), "0");
  return `${sign}${digits.slice(0, Math.max(point, 0)) || "0"}.${digits.slice(Math.max(point, 0))}`.replace(/\.$/, "");
}
