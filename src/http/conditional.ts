import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { PreconditionFailed } from "../errors.ts";

/** The strong entity tag of a version of a resource (RFC 9110, section 8.8.3). */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** Returns whether If-None-Match names the version that would be answered: 304 then. Tags compare weakly. */
export function matchesIfNoneMatch(c: Context<AppEnv>, version: number): boolean {
  const tags = tagsOf(c.req.header("If-None-Match"));
  return tags !== null && (tags.includes("*") || tags.some((tag) => tag.replace(/^W\//, "") === etagOf(version)));
}

/**
 * Lets a change through when If-Match is absent, or names the version that it would change. Tags compare strongly.
 * @throws PreconditionFailed (412)
 */
export function requireIfMatch(c: Context<AppEnv>, version: number): void {
  const tags = tagsOf(c.req.header("If-Match"));
  if (tags === null || tags.includes("*") || tags.includes(etagOf(version))) return;
  throw new PreconditionFailed(etagOf(version));
}

/** The tags of a header (RFC 9110, section 8.8.3); none when the header is not a list of them. */
function tagsOf(header: string | undefined): string[] | null {
  if (header === undefined) return null;
  const isList = /^\s*(?:\*|(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*)\s*$/.test(header);
  return isList ? header.match(/\*|(?:W\/)?"[^"]*"/g) : [];
}
