import type * as z from "zod";

/** What a mistake is called on the wire, when Zod's own code for it would not say enough. */
export type ProblemParams = { type: string; ctx?: Record<string, unknown> };

/**
 * Reports a mistake in pydantic's vocabulary from inside a Zod refinement.
 * @param path where, below the refined value
 */
export function report<T>(
  ctx: z.core.$RefinementCtx<T>,
  params: ProblemParams,
  message: string,
  input: unknown,
  path: (string | number)[] = [],
): void {
  ctx.addIssue({ code: "custom", message, params, path, input });
}
