import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";
import { InsufficientScope, InvalidToken, ServiceUnavailable, Unauthorized } from "../errors.ts";
import { findToken, type Principal, type Scope, type TokenRecord } from "../tokens/store.ts";
import { isWellFormed } from "../tokens/token.ts";

/** RFC 6750, section 2.1, with the scheme in any case; one or more spaces, no tab. */
const BEARER = /^bearer +([\x21-\x7e][\x20-\x7e]*)$/i;

/**
 * Lets a request through when its token has at least one of the scopes, and puts the principal on the context.
 * The first middleware of every route: nothing else about the request is looked at before it.
 * @throws Unauthorized, InvalidToken (401), InsufficientScope (403), ServiceUnavailable (503) when KV fails
 */
export function requireScope(...scopes: [Scope, ...Scope[]]) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const principal = await authenticate(c);
    if (!scopes.some((scope) => principal.scopes.includes(scope))) throw new InsufficientScope(scopes);
    await next();
  });
}

/**
 * Finds out whose token the request carries: one KV read, and none when the token's checksum is wrong.
 * @throws Unauthorized, InvalidToken (401), ServiceUnavailable (503) when KV fails
 */
export async function authenticate(c: Context<AppEnv>): Promise<Principal> {
  const token = BEARER.exec(c.req.header("Authorization") ?? "")?.[1];
  if (token === undefined) throw new Unauthorized();
  if (!isWellFormed(token)) throw new InvalidToken("The token is malformed: check that it was copied whole.");
  const record = await findToken(c.env.TOKENS, token).catch((error: unknown) => {
    throw new ServiceUnavailable(error);
  });
  const principal = validPrincipal(record, Date.now());
  c.set("principal", principal);
  return principal;
}

function validPrincipal(record: TokenRecord | null, now: number): Principal {
  if (record === null) throw new InvalidToken("The token is unknown.");
  if (record.revoked_at != null) throw new InvalidToken("The token was revoked.");
  // An unreadable time counts as past: doubt never lets a request through.
  if (record.expires_at !== null && !(Date.parse(record.expires_at) > now))
    throw new InvalidToken("The token has expired.");
  return { tokenId: record.id, organizationId: record.organization_id, scopes: record.scopes };
}
