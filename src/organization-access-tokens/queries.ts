import { and, type AnyColumn, asc, desc, eq, gt, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { ResourceNotFound } from "../errors.ts";
import { db, rowIf } from "../store/db.ts";
import type { Statement, Store } from "../store/store.ts";
import { organization_access_tokens, write_refusals } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import type { TokenListQuery } from "./schemas.ts";

const tokens = organization_access_tokens;

/** A token as it is stored. */
export type TokenRow = typeof tokens.$inferSelect;

/**
 * Makes the row of a new token.
 * @param created milliseconds since 1970 UTC
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

/** Selects one token of the organization, deleted or not. */
export function selectToken({ organizationId }: Store, id: string) {
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

/** Inserts a token if the condition is met and the organization has none with its id. */
export function insertToken(row: TokenRow, condition: SQL | undefined = sql`true`): Statement {
  return db
    .insert(tokens)
    .select(rowIf(tokens, row, condition))
    .onConflictDoNothing();
}

/**
 * Revokes a token of the organization, and refuses its writes. The refusal is written first, because the condition may depend
 * on the row that changes.
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

/** The error for a token that does not exist. */
export function notFound(): ResourceNotFound {
  return new ResourceNotFound("No token of your organization has this id.");
}

/** Reads one page of an organization's tokens that are not deleted, expired ones too, and counts them all. */
export async function listRows(
  store: Store,
  { sorting = ["created_at"], limit, offset }: TokenListQuery,
): Promise<{ rows: TokenRow[]; total: number }> {
  const where = isLive(tokens, store.organizationId);
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

/** Reads the next tokens of the organization that are neither deleted nor expired, in the order of their ids. */
export async function readValidTokens(store: Store, now: number, after: string, limit: number): Promise<TokenRow[]> {
  const [rows] = await store.read([
    db
      .select()
      .from(tokens)
      .where(and(isLive(tokens, store.organizationId), isValid(tokens, now), gt(tokens.id, after)))
      .orderBy(tokens.id)
      .limit(limit),
  ]);
  return rows;
}

/**
 * Matches the undeleted tokens of an organization. The subquery makes SQLite use the index, not the primary key, which also
 * has all tokens that were ever deleted.
 */
export function isLive(table: Record<"organization_id" | "id", AnyColumn>, organizationId: string): SQL | undefined {
  const live = alias(tokens, "live");
  const ids = db
    .select({ id: live.id })
    .from(live)
    .where(and(eq(live.organization_id, organizationId), isNull(live.revoked_at)));
  return and(eq(table.organization_id, organizationId), inArray(table.id, ids));
}

/** True for tokens that are neither deleted nor expired. */
export function isValid({ revoked_at, expires_at }: Record<"revoked_at" | "expires_at", AnyColumn>, now: number) {
  return and(isNull(revoked_at), or(isNull(expires_at), gt(expires_at, now)));
}
