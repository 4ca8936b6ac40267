import type { Problem } from "../errors.ts";

/**
 * A body may name the organization that it writes to, but only the token's own.
 * @returns the problem when it names another one
 */
export function organizationProblem(
  named: string | null | undefined,
  own: string,
  loc: (string | number)[],
): Problem | null {
  if (named == null || named === own) return null;
  const msg = "The token belongs to another organization. Omit organization_id, or send the token's own.";
  return { type: "organization_token", loc: [...loc, "organization_id"], msg, input: named };
}
