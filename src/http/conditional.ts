import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { PreconditionFailed } from "../errors.ts";

/**
 * The strong entity tag of a resource (RFC 9110, section 8.8.3): its version, and what an answer has besides that changes
 * without a new version.
 */
export function etagOf(version: number, derived: number | null = null): string {
  return derived === null ? `"${version}"` : `"${version}.${derived}"`;
}

/** Returns whether If-None-Match names the tag that would be answered: 304 then. */
export function matchesIfNoneMatch(c: Context<AppEnv>, etag: string): boolean {
  const tags = tagsOf(c.req.header("If-None-Match"));
  return tags !== null && (tags.includes("*") || tags.includes(etag));
}

/**
 * Lets a change through when If-Match is absent, or names the version that it would change. Tags compare by their
 * versions: what is derived from other data does not hinder a change.
 * @throws PreconditionFailed (412)
 */
export function requireIfMatch(c: Context<AppEnv>, version: number): void {
  const tags = tagsOf(c.req.header("If-Match"));
  const names = (tag: string) => tag === etagOf(version) || tag.startsWith(`"${version}.`);
  if (tags === null || tags.includes("*") || tags.some(names)) return;
  throw new PreconditionFailed(etagOf(version));
}

/**
 * The tags of a header (RFC 9110, section 8.8.3) without `W/`; none when the header is not a list of them. A proxy that
 * compresses an answer makes its tag weak, so tags compare weakly in both headers.
 */
function tagsOf(header: string | undefined): string[] | null {
  if (header === undefined) return null;
  if (header.trim() === "*") return ["*"];
  const rest = header.replace(TAG, "t");
  // Elements can be empty (section 5.6.1.2).
  const isList = /^[\s,t]*$/.test(rest) && !/t\s*t/.test(rest);
  return isList ? [...header.matchAll(TAG)].map(([, tag]) => tag!) : [];
}

const TAG = /(?:W\/)?("[^"]*")/g;
