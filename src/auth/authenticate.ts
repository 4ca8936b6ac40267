import { createMiddleware } from "hono/factory";
import type { AuthContext, AuthEnv } from "./context.ts";
import { records } from "./remembered.ts";
import { requireRate } from "./rate-limit.ts";
import { withinTime } from "../time/time-limit.ts";
import { ExpiredSession, InsufficientScope, InvalidToken, ServiceUnavailable, Unauthorized } from "../errors.ts";
import { decideHome } from "./homes.ts";
import { findOperatorKey, operationOf } from "./operator-keys.ts";
import type { Scope, SessionPrincipal, TokenPrincipal } from "./principal.ts";
import { DamagedRecord, findRecord, type TokenRecord } from "./records.ts";
import { findSessionKey, recallSessionKey } from "./session-keys.ts";
import { isSignedBy, readSessionToken, SESSION_PREFIX } from "./session-token.ts";
import { isWellFormed, mistakeIn } from "./token.ts";

/** RFC 6750, section 2.1, with the scheme in any case; one or more spaces, no tab. */
const BEARER = /^bearer +([\x21-\x7e][\x20-\x7e]*)$/i;
const SCHEME = /^bearer(?: |$)/i;
/** The prefixes of Polar's tokens and of ours. */
const POLAR_TOKEN = /^polar_/;
const BARE_TOKEN = /^(?:em|polar)_(?:oat|cst)_/;
const COMPLETELY = "Check that it was copied completely.";
/** Milliseconds without an answer after which KV counts as failed. */
const KV_TIME = 10_000;
const timeout = () => new Error("KV did not answer in time");

/**
 * Lets a request through when its token has at least one of the scopes, and puts the principal on the context.
 * The first middleware of every route: nothing else about the request is checked before it.
 * @throws Unauthorized, InvalidToken (401), InsufficientScope (403), RateLimitExceeded (429), ServiceUnavailable (503)
 */
export function requireScope(...scopes: [Scope, ...Scope[]]) {
  return createMiddleware<AuthEnv>(async (c, next) => {
    const principal = await authenticate(c);
    if (!scopes.some((scope) => principal.scopes.includes(scope))) throw new InsufficientScope(scopes);
    await next();
  });
}

/**
 * As requireScope, but the token needs all of the scopes.
 * @throws as requireScope
 */
export function requireScopes(...scopes: [Scope, ...Scope[]]) {
  return createMiddleware<AuthEnv>(async (c, next) => {
    const principal = await authenticate(c);
    const missing = scopes.filter((scope) => !principal.scopes.includes(scope));
    if (missing.length > 0) throw new InsufficientScope(scopes, "and");
    await next();
  });
}

/**
 * Finds the principal of the request's token: one KV read, and none when the token's checksum is wrong, or when this
 * isolate read its record within the last five seconds.
 * @throws Unauthorized, InvalidToken (401), RateLimitExceeded (429), ServiceUnavailable (503) when KV fails
 */
export async function authenticate(c: AuthContext): Promise<TokenPrincipal> {
  const token = presentedToken(c.req.header("Authorization") ?? "", mistakeInToken);
  const now = Date.now();
  const record = records.recall(token, now) ?? (await readRecord(c, token, now));
  if (record === null) throw new InvalidToken("The token is unknown.");
  requireValid(record, now);
  const { id: tokenId, organization_id: organizationId, scopes } = record;
  const store = record.store ?? (await decideHome(c.env, organizationId));
  if (record.store === undefined) records.remember(token, { ...record, store }, now);
  const principal: TokenPrincipal = { kind: "token", tokenId, organizationId, store, scopes };
  c.set("principal", principal);
  c.set("presented", { token, record });
  await requireRate(c, organizationId);
  return principal;
}

/**
 * Lets a request through when it carries the session of a customer, whom the store may have deleted since.
 * @throws Unauthorized, InvalidToken (401), RateLimitExceeded (429), ServiceUnavailable (503) when KV fails
 */
export const requireSession = createMiddleware<AuthEnv>(async (c, next) => {
  await authenticateSession(c);
  await next();
});

/**
 * Finds the customer of the request's session: one KV read, and none when the token is malformed, or when this isolate
 * read its key within the last five seconds. Nothing that the token says is used before its signature is verified,
 * except to find the key.
 * @throws Unauthorized, InvalidToken (401), RateLimitExceeded (429), ServiceUnavailable (503) when KV fails
 */
export async function authenticateSession(c: AuthContext): Promise<SessionPrincipal> {
  const sent = presentedToken(c.req.header("Authorization") ?? "", mistakeInSession);
  const token = readSessionToken(sent);
  if (token === null) throw new InvalidToken(`The session is malformed, or of another version. ${COMPLETELY}`);
  const { key: keyId, organization: organizationId, customer: customerId, ...claims } = token.claims;
  const now = Date.now();
  const key =
    recallSessionKey(organizationId, keyId, now) ??
    (await askKv(c, () => findSessionKey(c.env.TOKENS, organizationId, keyId, now)));
  if (key === null || !(await isSignedBy(key, token))) throw new InvalidToken("The session is unknown, or was ended.");
  const { session: sessionId, store, expires: expiresAt, return_url: returnUrl } = claims;
  if (expiresAt <= now) throw new ExpiredSession(returnUrl);
  const principal: SessionPrincipal = { kind: "session", sessionId, organizationId, store, customerId, expiresAt, returnUrl }; // prettier-ignore
  c.set("principal", principal);
  // Each customer alone: otherwise one could use up what the organization may send.
  await requireRate(c, `${organizationId}:${customerId}`);
  return principal;
}

/**
 * Lets a request through when it carries an operator's key for the organization and the operation of its path.
 * @throws Unauthorized, InvalidToken (401), ServiceUnavailable (503) when KV fails
 */
export const requireOperator = createMiddleware<AuthEnv>(async (c, next) => {
  const key = presentedToken(c.req.header("Authorization") ?? "", mistakeInToken);
  const allowed = await askKv(c, () => findOperatorKey(c.env.TOKENS, key));
  const asked = allowed && operationOf(c.req.path, allowed);
  if (asked === null) throw new InvalidToken("This is not an operator's key for this operation on this organization.");
  c.set("principal", { kind: "operator", ...asked });
  await next();
});

async function readRecord(c: AuthContext, token: string, now: number): Promise<TokenRecord | null> {
  const record = await askKv(c, () => findRecord(c.env.TOKENS, token));
  if (record !== null) records.remember(token, record, now);
  return record;
}

/** Reads from KV within the time limit, and records how long that took. */
function askKv<T>(c: AuthContext, ask: () => Promise<T>): Promise<T> {
  const start = Date.now();
  return withinTime(KV_TIME, ask, timeout)
    .catch((error: unknown) => {
      if (error instanceof DamagedRecord) {
        throw new InvalidToken("The record of this token is damaged. Make a new token.", { cause: error });
      }
      c.set("failure", "KVUnavailable");
      throw new ServiceUnavailable(error);
    })
    .finally(() => c.set("kvMilliseconds", Date.now() - start));
}

/** @param mistake says what is wrong with the form of a token */
function presentedToken(credentials: string, mistake: (token: string) => string | null): string {
  const token = BEARER.exec(credentials)?.[1];
  if (token === undefined) throw new Unauthorized(`${mistakeOf(credentials)} Send Authorization: Bearer <token>.`);
  if (POLAR_TOKEN.test(token)) {
    throw new InvalidToken("This is a Polar token. Edgemeter has its own: make one with npm run token.");
  }
  const found = mistake(token);
  if (found !== null) throw new InvalidToken(found);
  return token;
}

function mistakeInToken(token: string): string | null {
  if (token.startsWith(SESSION_PREFIX))
    return "This is a customer's session: it is valid on /v1/customer-portal/ only.";
  return isWellFormed(token) ? null : mistakeIn(token);
}

function mistakeInSession(token: string): string | null {
  if (token.startsWith(SESSION_PREFIX)) return null;
  return isWellFormed(token)
    ? "This is an organization's token. Here a customer's session is needed: POST /v1/customer-sessions/ makes one."
    : `A customer's session begins with ${SESSION_PREFIX}, and this token does not. ${COMPLETELY}`;
}

/** Why there is no token in an Authorization header. */
function mistakeOf(credentials: string): string {
  if (credentials === "") return "The Authorization header is missing.";
  if (BARE_TOKEN.test(credentials)) return "The word Bearer is missing before the token.";
  if (!SCHEME.test(credentials)) return "The Authorization header does not begin with Bearer and a space.";
  if (/^bearer *$/i.test(credentials)) return "The token is missing after Bearer: is the variable empty that holds it?";
  return "What follows Bearer has characters that a token cannot have.";
}

function requireValid({ revoked_at, expires_at }: TokenRecord, now: number): void {
  if (revoked_at != null) throw new InvalidToken("The token was revoked.");
  // An unreadable time counts as past.
  if (expires_at !== null && !(Date.parse(expires_at) > now)) throw new InvalidToken("The token has expired.");
}
