import * as z from "zod/mini";
import { shapedLike } from "./known-names.ts";
import { MAX_PROBLEMS, report } from "./problem.ts";

/** The default maximum number of elements in a list. */
export const MAX_ITEMS = 10_000;

/**
 * A list of limited length, whose validation stops after more problems than a response lists. Otherwise a body with a million
 * mistakes would be slow to refuse, and Zod fails on so many issues.
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
  // A pipe, because the API's document would show a transform alone as optional.
  return shapedLike(z.pipe(z.unknown(), transform), () => items);
}
