import { type SQL, sql } from "drizzle-orm";
import { Conflict, InsufficientScope, InvalidToken, ResourceNotFound } from "../errors.ts";
import { insertOnce } from "../store/statements.ts";
import type { Statement, Store } from "../store/store.ts";
import type { organization_access_tokens } from "../store/tables.ts";
import type { Scope } from "../auth/principal.ts";
import { parseJson } from "../wire/json.ts";
import type { TokenListQuery } from "./schemas.ts";

/** A token as it is stored. */
export type TokenRow = typeof organization_access_tokens.$inferSelect;

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

/** Selects one token of the organization, deleted or not. */
function selectToken({ organizationId }: Store, id: string): Statement<TokenRow> {
  return sql`SELECT * FROM organization_access_tokens WHERE organization_id = ${organizationId} AND id = ${id}`;
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
export function insertToken(row: TokenRow, condition?: SQL): SQL {
  return insertOnce<typeof organization_access_tokens>("organization_access_tokens", row, condition);
}

/**
 * Revokes a token of the organization that is not revoked, and refuses its writes from then on. The refusal is written first:
 * the condition may depend on the row that is changed.
 */
export function revocation({ organizationId }: Store, id: string, now: number, condition = sql`true`): Statement[] {
  const isNamed = sql`organization_id = ${organizationId} AND id = ${id} AND revoked_at IS NULL`;
  return [
    sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at)
      SELECT organization_id, id, 'revoked', ${now} FROM organization_access_tokens
      WHERE ${isNamed} AND ${condition} ON CONFLICT DO NOTHING`,
    sql`UPDATE organization_access_tokens SET revoked_at = ${now}, version = version + 1
      WHERE ${isNamed} AND ${condition}`,
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
  const from = sql`FROM organization_access_tokens
    WHERE organization_id = ${store.organizationId} AND revoked_at IS NULL`;
  const orders = sorting.map((order) => (order.startsWith("-") ? `${order.slice(1)} DESC` : order));
  const [rows, [counted]] = await store.read([
    sql<TokenRow>`SELECT * ${from} ORDER BY ${sql.raw([...orders, "id"].join(", "))} LIMIT ${limit} OFFSET ${offset}`,
    sql<{ total: number }>`SELECT count(*) AS total ${from}`,
  ]);
  return { rows, total: counted!.total };
}

/** Reads the tokens of the organization that are neither deleted nor expired. */
export async function readValidTokens(store: Store, now: number): Promise<TokenRow[]> {
  const [rows] = await store.read([
    sql<TokenRow>`SELECT * FROM organization_access_tokens WHERE organization_id = ${store.organizationId}
      AND ${isValid(now)}`,
  ]);
  return rows;
}

function isValid(now: number): SQL {
  return sql`revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now})`;
}

/**
 * True when a token may change tokens and has all of some scopes, as of the transaction: KV, where the request's scopes
 * come from, can be a minute old, and a token could otherwise give what it has just lost.
 */
export function mayGrant({ organizationId }: Store, id: string, scopes: readonly string[], now: number): SQL {
  return sql`EXISTS (SELECT 1 FROM organization_access_tokens AS caller
    WHERE organization_id = ${organizationId} AND id = ${id} AND ${isValid(now)} AND NOT EXISTS (
      SELECT 1 FROM json_each(${JSON.stringify([WRITE, ...scopes])}) AS wanted
      WHERE wanted.value NOT IN (SELECT value FROM json_each(caller.scopes))))`;
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
  return sql`EXISTS (SELECT 1 FROM organization_access_tokens
    WHERE organization_id = ${organizationId} AND id <> ${id} AND ${isValid(now)}
      AND ${WRITE} IN (SELECT value FROM json_each(scopes)))`;
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
