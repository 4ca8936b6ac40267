import type * as z from "zod/mini";

/** The name of a mistake on the wire, more specific than Zod's own code. */
export type ProblemParams = { type: string; ctx?: Record<string, unknown> };

/** A probable mistake in an accepted request: its place, the index of the item in a list, and a message. */
export type Warning = { index?: number; loc: (string | number)[]; msg: string };

/** The maximum number of warnings in a response. */
export const MAX_WARNINGS = 20;

/** The maximum number of problems in a response, so that it is not larger than the body that caused it. */
export const MAX_PROBLEMS = 100;

/**
 * Reports a mistake in pydantic's vocabulary from a Zod check or transform.
 * @param path the place within the validated value
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
