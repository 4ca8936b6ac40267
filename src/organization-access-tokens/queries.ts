import { and, type AnyColumn, asc, desc, eq, exists, gt, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { Conflict, InsufficientScope, InvalidToken, ResourceNotFound } from "../errors.ts";
import { db, rowIf } from "../store/db.ts";
import type { Statement, Store } from "../store/store.ts";
import { organization_access_tokens, write_refusals } from "../store/tables.ts";
import type { Scope } from "../auth/principal.ts";
import { parseJson } from "../wire/json.ts";
import type { TokenListQuery } from "./schemas.ts";

const tokens = organization_access_tokens;

/** A token as it is stored. */
export type TokenRow = typeof tokens.$inferSelect;

/** What a token needs to change tokens. */
const WRITE: Scope = "organization_access_tokens:write";

/**
 * The row of a token that nobody has used or changed.
 * @param created when it was made, in milliseconds since 1970 UTC
 */
export function newRow(
  organization_id: string,
  created: number,
  of: Pick<TokenRow, "id" | "hash" | "comment" | "scopes" | "lifetime">,
): TokenRow {
  const expires_at = of.lifetime === null ? null : created + of.lifetime;
  const unused = { modified_at: null, last_used_at: null, revoked_at: null, version: 1 };
  return { organization_id, ...of, created_at: created, expires_at, ...unused };
}

/** The scopes of a stored token. */
export function scopesOf({ scopes }: Pick<TokenRow, "scopes">): string[] {
  return parseJson(scopes) as string[];
}

/** Matches one token of an organization, deleted or not. */
export function isToken(organizationId: string, id: string): SQL | undefined {
  return and(eq(tokens.organization_id, organizationId), eq(tokens.id, id));
}

function selectToken({ organizationId }: Store, id: string) {
  return db.select().from(tokens).where(isToken(organizationId, id));
}

/** Reads one token of the organization, deleted or not. */
export async function readToken(store: Store, id: string): Promise<TokenRow | undefined> {
  const [[row]] = await store.read([selectToken(store, id)]);
  return row;
}

/**
 * Reads a token of the organization that is not deleted.
 * @throws ResourceNotFound
 */
export async function findToken(store: Store, id: string): Promise<TokenRow> {
  const row = await readToken(store, id);
  if (row === undefined || row.revoked_at !== null) throw notFound();
  return row;
}

/** Inserts a token, unless the organization has one with its id or the condition is not met. */
export function insertToken(row: TokenRow, condition: SQL | undefined = sql`true`): Statement {
  return db
    .insert(tokens)
    .select(rowIf(tokens, row, condition))
    .onConflictDoNothing();
}

/**
 * Revokes a token of the organization that is not revoked, and refuses its writes from then on. The refusal is written first:
 * the condition may depend on the row that is changed.
 */
export function revocation({ organizationId }: Store, id: string, now: number, condition?: SQL): Statement[] {
  const isRevocable = and(isToken(organizationId, id), isNull(tokens.revoked_at), condition);
  const refusal = {
    organization_id: organizationId,
    token_id: id,
    reason: "revoked" as const,
    created_at: now,
    progress: null,
  };
  return [
    db
      .insert(write_refusals)
      .select(rowIf(write_refusals, refusal, isRevocable, sql`${tokens}`))
      .onConflictDoNothing(),
    db
      .update(tokens)
      .set({ revoked_at: now, version: sql`${tokens.version} + 1` })
      .where(isRevocable),
  ];
}

/** The error for a token that is not there. */
export function notFound(): ResourceNotFound {
  return new ResourceNotFound("No token of your organization has this id.");
}

/** Reads one page of an organization's tokens that are not deleted, expired ones too, and counts them all. */
export async function listRows(
  store: Store,
  { sorting = ["created_at"], limit, offset }: TokenListQuery,
): Promise<{ rows: TokenRow[]; total: number }> {
  const where = and(eq(tokens.organization_id, store.organizationId), isNull(tokens.revoked_at));
  const order = [...sorting.map((name) => ORDERS[name]), tokens.id];
  const [rows, [counted]] = await store.read([
    db
      .select()
      .from(tokens)
      .where(where)
      .orderBy(...order)
      .limit(limit)
      .offset(offset),
    db
      .select({ total: sql<number>`count(*)`.as("total") })
      .from(tokens)
      .where(where),
  ]);
  return { rows, total: counted!.total };
}

const ORDERS = {
  created_at: asc(tokens.created_at),
  "-created_at": desc(tokens.created_at),
  comment: asc(tokens.comment),
  "-comment": desc(tokens.comment),
  last_used_at: asc(tokens.last_used_at),
  "-last_used_at": desc(tokens.last_used_at),
  organization_id: asc(tokens.organization_id),
  "-organization_id": desc(tokens.organization_id),
};

/** Reads the tokens of the organization that are neither deleted nor expired. */
export async function readValidTokens(store: Store, now: number): Promise<TokenRow[]> {
  const isOwn = eq(tokens.organization_id, store.organizationId);
  const [rows] = await store.read([
    db
      .select()
      .from(tokens)
      .where(and(isOwn, isValid(tokens, now))),
  ]);
  return rows;
}

function isValid({ revoked_at, expires_at }: Record<"revoked_at" | "expires_at", AnyColumn>, now: number) {
  return and(isNull(revoked_at), or(isNull(expires_at), gt(expires_at, now)));
}

/**
 * True when a token may change tokens and has all of some scopes, as of the transaction: KV, where the request's scopes
 * come from, can be a minute old, and a token could otherwise give what it has just lost.
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

/** True when another token than this one may change tokens. */
export function hasOtherWriter({ organizationId }: Store, id: string, now: number): SQL {
  const other = alias(tokens, "other");
  const isOther = and(eq(other.organization_id, organizationId), ne(other.id, id), isValid(other, now));
  const isWriting = sql`${WRITE} IN (SELECT value FROM json_each(${other.scopes}))`;
  return exists(db.select({ id: other.id }).from(other).where(and(isOther, isWriting)));
}

/** Returns whether a stored token may change tokens. */
export function isWriter(row: TokenRow, now: number): boolean {
  return (row.expires_at === null || row.expires_at > now) && scopesOf(row).includes(WRITE);
}

/** The error for a change that another request has prevented. */
export function changedMeanwhile(): Conflict {
  return new Conflict("Another request changed this token at the same moment. List the tokens, then repeat it.");
}

/**
 * Finds out why a change was not carried out.
 * @param isLast whether it would have taken away a token that may change tokens
 * @throws InvalidToken, InsufficientScope, Conflict for the last such token; nothing when another request was first
 */
export async function explainRefusal(
  store: Store,
  ids: { caller: string; token: string },
  scopes: readonly string[],
  isLast: boolean,
  now: number,
): Promise<void> {
  const [[caller], [others]] = await store.read([
    selectToken(store, ids.caller),
    sql<{ exist: number }>`SELECT ${hasOtherWriter(store, ids.token, now)} AS exist`,
  ]);
  requireGrant(caller, scopes, now);
  if (isLast && others?.exist === 0) {
    throw new Conflict(
      `This is the organization's last valid token with the scope ${WRITE}. Create another one first, or repeat the request with ?force=true.`,
    );
  }
}
