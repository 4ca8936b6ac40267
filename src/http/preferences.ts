import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

const RETURN_REPRESENTATION = /(^|[\s,])return="?representation"?($|[\s,;])/i;

/** Returns whether the caller asks for details of what was done: `Prefer: return=representation` (RFC 7240). */
export function prefersRepresentation(c: Context<AppEnv>): boolean {
  return RETURN_REPRESENTATION.test(c.req.header("Prefer") ?? "");
}
