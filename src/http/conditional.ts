import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { PreconditionFailed } from "../errors.ts";

/**
 * The strong entity tag of a resource (RFC 9110, section 8.8.3): its version, and a derived value in the response that can
 * change without a new version.
 */
export function etagOf(version: number, derived: number | null = null): string {
  return derived === null ? `"${version}"` : `"${version}.${derived}"`;
}

/** Returns whether If-None-Match contains the current tag, so that the response is a 304. */
export function matchesIfNoneMatch(c: Context<AppEnv>, etag: string): boolean {
  const tags = tagsOf(c.req.header("If-None-Match"));
  return tags !== null && (tags.includes("*") || tags.includes(etag));
}

/**
 * Allows a change if If-Match is absent or names the current version. Only versions are compared: derived values do not
 * prevent a change.
 * @throws PreconditionFailed (412)
 */
export function requireIfMatch(c: Context<AppEnv>, version: number): void {
  const tags = tagsOf(c.req.header("If-Match"));
  const names = (tag: string) => tag === etagOf(version) || tag.startsWith(`"${version}.`);
  if (tags === null || tags.includes("*") || tags.some(names)) return;
  throw new PreconditionFailed(etagOf(version));
}

/**
 * The tags in a header (RFC 9110, section 8.8.3) without `W/`; none if the header is malformed. A proxy that compresses a
 * response makes its tag weak, so both headers use weak comparison.
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
