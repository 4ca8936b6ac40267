import type * as z from "zod/mini";

/** What a mistake is called on the wire, when Zod's own code for it would not say enough. */
export type ProblemParams = { type: string; ctx?: Record<string, unknown> };

/** What a request was probably not meant to say, though it was accepted: where, of which of several items, and why. */
export type Warning = { index?: number; loc: (string | number)[]; msg: string };

/** Warnings that an answer has at most. */
export const MAX_WARNINGS = 20;

/** Problems that an answer lists: it must not become larger than the body that caused it. */
export const MAX_PROBLEMS = 100;

/**
 * Reports a mistake in pydantic's vocabulary from inside a Zod check or transformation.
 * @param path where, below the validated value
 */
export function report(
  { issues }: { issues: z.core.$ZodRawIssue[] },
  params: ProblemParams,
  message: string,
  input: unknown,
  path: (string | number)[] = [],
): void {
  issues.push({ code: "custom", message, params, path, input });
}
