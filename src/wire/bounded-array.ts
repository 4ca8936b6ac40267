import * as z from "zod/mini";
import { MAX_PROBLEMS, report } from "./problem.ts";

/**
 * A list whose validation ends after more problems than an answer lists: a body with a million mistakes would
 * otherwise cost as many, and more than Zod can carry from one level to the next.
 */
export function list<T>(item: z.ZodMiniType<T>) {
  return z.transform((value: unknown, ctx): T[] => {
    if (!Array.isArray(value)) {
      report(ctx, { type: "list_type" }, "This should be a list.", value);
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
}
