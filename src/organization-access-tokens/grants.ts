import { and, eq, exists, gte, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { type Scope, SCOPES } from "../auth/principal.ts";
import { Conflict, InsufficientScope, InvalidToken } from "../errors.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { organization_access_tokens as tokens } from "../store/tables.ts";
import { MAX_TOKENS } from "./schemas.ts";
import { isLive, isValid, scopesOf, selectToken, type TokenRow } from "./queries.ts";

/** The scope that a token needs to change tokens. */
const WRITE: Scope = "organization_access_tokens:write";
/** A token that expires within these milliseconds does not count as another writer. */
const SOON = 7 * 86_400_000;

/**
 * The scopes that a caller needs to change or delete a token: all scopes of that token that this release knows. A token may
 * always delete itself.
 */
export function scopesToChange(row: TokenRow, caller: string): string[] {
  if (row.id === caller) return [];
  const known: readonly string[] = SCOPES;
  return scopesOf(row).filter((scope) => known.includes(scope));
}

/**
 * SQL: true if a token may change tokens and has some scopes, at the time of the transaction. The request's scopes come from
 * KV, which can be a minute old, so a token could otherwise grant scopes that it has just lost.
 */
export function mayGrant({ organizationId }: Store, id: string, scopes: readonly string[], now: number): SQL {
  const caller = alias(tokens, "caller");
  const lacksNone = sql`NOT EXISTS (
      SELECT 1 FROM json_each(${JSON.stringify([WRITE, ...scopes])}) AS wanted
      WHERE wanted.value NOT IN (SELECT value FROM json_each(${caller.scopes})))`;
  const isCaller = and(eq(caller.organization_id, organizationId), eq(caller.id, id));
  return exists(
    db
      .select({ id: caller.id })
      .from(caller)
      .where(and(isCaller, isValid(caller, now), lacksNone)),
  );
}

/**
 * Checks the same for a stored token.
 * @throws InvalidToken (401), InsufficientScope (403)
 */
export function requireGrant(caller: TokenRow | undefined, scopes: readonly string[], now: number): void {
  if (caller === undefined) throw new InvalidToken("The token is unknown.");
  if (caller.revoked_at !== null) throw new InvalidToken("The token was revoked.");
  if (caller.expires_at !== null && caller.expires_at <= now) throw new InvalidToken("The token has expired.");
  const held = scopesOf(caller);
  const missing = [WRITE, ...scopes].filter((scope) => !held.includes(scope));
  if (missing.length > 0) throw new InsufficientScope(missing, "and");
}

/**
 * SQL: true if another token may change tokens, was not rotated, and is valid for another week or as long as this one.
 */
export function hasOtherWriter({ organization_id, id, expires_at }: TokenRow, now: number): SQL {
  const other = alias(tokens, "other");
  const isOther = and(isLive(other, organization_id), ne(other.id, id));
  const isLasting = or(
    isNull(other.expires_at),
    and(
      gte(other.expires_at, Math.min(expires_at ?? Infinity, now + SOON)),
      // A rotated token expires before its lifetime ends.
      gte(other.expires_at, sql`${other.created_at} + ${other.lifetime}`),
    ),
  );
  const isWriting = sql`${WRITE} IN (SELECT value FROM json_each(${other.scopes}))`;
  return exists(
    db
      .select({ id: other.id })
      .from(other)
      .where(and(isOther, isLasting, isWriting)),
  );
}

/** SQL: true if the organization may have another token; expired and deleted ones do not count. */
export function hasRoom({ organizationId }: Store, now: number): SQL {
  const live = alias(tokens, "live");
  const isOwn = eq(live.organization_id, organizationId);
  const count = db
    .select({ count: sql`count(*)` })
    .from(live)
    .where(and(isOwn, isValid(live, now)));
  return sql`(${count}) < ${MAX_TOKENS}`;
}

/** Returns whether a stored token may change tokens. */
export function isWriter(row: TokenRow, now: number): boolean {
  return (row.expires_at === null || row.expires_at > now) && scopesOf(row).includes(WRITE);
}

/** The error for a change that another request has prevented. */
export function changedMeanwhile(): Conflict {
  return new Conflict("Another request changed this token at the same moment. List the tokens, then repeat it.");
}

/** A change that was refused, and its requirements. */
type Refused = {
  caller: string;
  /** The scopes that the caller needed. */
  scopes: readonly string[];
  now: number;
  /** The token that may change tokens and would have been removed, if another one was required. */
  last?: TokenRow | undefined;
  /** Whether the change would have created a token. */
  isNew?: boolean;
};

/**
 * Finds out why a change was refused.
 * @throws InvalidToken, InsufficientScope, Conflict for the last such token or for too many tokens; nothing when another
 *   request was first
 */
export async function explainRefusal(
  store: Store,
  { caller, scopes, now, last, isNew = false }: Refused,
): Promise<void> {
  const [hasOther, room] = [last && hasOtherWriter(last, now), isNew ? hasRoom(store, now) : undefined];
  const [[row], [found]] = await store.read([
    selectToken(store, caller),
    sql<{ other: number; room: number }>`SELECT ${hasOther ?? sql`1`} AS other, ${room ?? sql`1`} AS room`,
  ]);
  requireGrant(row, scopes, now);
  if (found?.other === 0) {
    throw new Conflict(
      `No other token with the scope ${WRITE} lasts for another week, or as long as this one. Create one first, or repeat the request with ?force=true.`,
    );
  }
  if (found?.room === 0) {
    throw new Conflict(`An organization has at most ${MAX_TOKENS} valid tokens. Delete those that are not needed.`);
  }
}
