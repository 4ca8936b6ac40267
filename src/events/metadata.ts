import * as z from "zod/mini";
import { shapedLike } from "../wire/known-names.ts";
import { checkValue } from "../wire/metadata.ts";
import { MAX_PROBLEMS, report } from "../wire/problem.ts";
import { unstorable } from "../wire/text.ts";
import { Amount } from "./amount.ts";

type Cost = { amount: string; currency: string };
type Llm = Record<string, string | number | boolean | null>;

/** The metadata of an event: plain values, a cost under `_cost` and the usage of a language model under `_llm`. */
export type EventMetadata = Record<string, string | number | boolean | Cost | Llm>;

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

/** The usage of a language model. */
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

/** As it was sent: additional fields with plain values are kept, others are ignored. */
const KeptLlm = z.pipe(
  z.unknown(),
  z.transform((value: unknown, ctx): Llm => {
    const result = LlmMetadata.safeParse(value);
    if (!result.success) ctx.issues.push(...(result.error.issues as typeof ctx.issues));
    const kept = Object.entries(value as object).filter(([, entry]) => typeof entry !== "object" || entry === null);
    for (const [key, entry] of kept) {
      if (Object.hasOwn(LlmMetadata.shape, key) || typeof entry === "string" || entry === null) continue;
      const finding = checkValue(entry);
      if (finding !== null) report(ctx, ...finding, entry, [key]);
      if (ctx.issues.length > MAX_PROBLEMS) break;
    }
    // fromEntries keeps the order of keys, and a key such as __proto__.
    return ctx.issues.length > 0 ? z.NEVER : Object.fromEntries(kept);
  }),
);

const NESTED: Record<string, z.ZodMiniType<Cost | Llm>> = { _cost: CostMetadata, _llm: KeptLlm };

/** The metadata of an event: pairs like a meter's, without limits on keys, and `_cost` and `_llm`. */
export const EventMetadata = z.pipe(
  z.unknown(),
  z.transform((value: unknown, ctx): EventMetadata => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      report(ctx, { type: "dict_type" }, "Metadata should be an object.", value);
      return z.NEVER;
    }
    const nested: Record<string, Cost | Llm> = {};
    let reason: string | null = null;
    // Object.entries would copy an object that may have a hundred thousand keys.
    for (const key in value) {
      const entry: unknown = Reflect.get(value, key);
      const part = Object.hasOwn(NESTED, key) ? readNested(NESTED[key]!, key, entry, ctx) : null;
      if (part !== null) nested[key] = part;
      else if (!Object.hasOwn(NESTED, key)) {
        const finding = checkValue(entry);
        if (finding !== null) report(ctx, ...finding, entry, [key]);
      }
      if (ctx.issues.length > MAX_PROBLEMS) break;
      // A refused value may be too deeply nested for recursion.
      if (ctx.issues.length === 0) reason ??= findUnstorable(key) ?? findUnstorable(part ?? entry);
    }
    if (ctx.issues.length > 0) return z.NEVER;
    if (reason !== null) report(ctx, { type: "value_error" }, reason, value);
    // A spread keeps the order of keys, and a key such as __proto__.
    return Object.keys(nested).length === 0 ? (value as EventMetadata) : { ...value, ...nested };
  }),
);

const NestedNames = z.catchall(z.object(NESTED), z.unknown());
shapedLike(EventMetadata, () => NestedNames);

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
  for (const inner of Object.entries(part).flat()) {
    const reason = findUnstorable(inner);
    if (reason !== null) return reason;
  }
  return null;
}
