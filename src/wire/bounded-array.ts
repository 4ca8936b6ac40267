import * as z from "zod/mini";
import { shapedLike } from "./known-names.ts";
import { MAX_PROBLEMS, report } from "./problem.ts";

/** Elements of one list at most, unless it sets another limit. */
export const MAX_ITEMS = 10_000;

/**
 * A list of a limited length, whose validation ends after more problems than an answer lists: a body with a million mistakes
 * would otherwise cost as many, and more than Zod can carry from one level to the next.
 */
export function list<T>(item: z.ZodMiniType<T>, { max = MAX_ITEMS } = {}) {
  const transform = z.transform((value: unknown, ctx): T[] => {
    if (!Array.isArray(value)) {
      report(ctx, { type: "list_type" }, "This should be an array.", value);
      return z.NEVER;
    }
    if (value.length > max) {
      const message = `This should have at most ${max} elements; it has ${value.length}.`;
      report(ctx, { type: "too_long", ctx: { max_length: max } }, message, value);
      return z.NEVER;
    }
    const items: T[] = [];
    for (const [index, entry] of value.entries()) {
      const result = item.safeParse(entry);
      if (result.success) items.push(result.data);
      else
        for (const issue of result.error.issues) ctx.issues.push({ ...issue, path: [index, ...issue.path] } as never);
      if (ctx.issues.length > MAX_PROBLEMS) break;
    }
    return items;
  });
  const items = z.array(item);
  // The API's document takes a transformation alone for a field that may be absent.
  return shapedLike(z.pipe(z.unknown(), transform), () => items);
}
