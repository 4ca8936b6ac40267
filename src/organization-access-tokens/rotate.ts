import { and, eq, exists, isNull, sql } from "drizzle-orm";
import { InvalidFields } from "../errors.ts";
import { alias } from "drizzle-orm/sqlite-core";
import { db } from "../store/db.ts";
import type { Statement } from "../store/store.ts";
import { organization_access_tokens as tokens } from "../store/tables.ts";
import { type Created, makeToken } from "./create.ts";
import { changedMeanwhile, explainRefusal, hasRoom, mayGrant, requireGrant } from "./grants.ts";
import { type Access, discard, publish, publishStored, takeBack, writeRow } from "./kv.ts";
import { presentToken } from "./present.ts";
import { findToken, insertToken, isToken, readToken, scopesOf, type TokenRow } from "./queries.ts";

/**
 * Makes the successor of a token, and lets the old one expire. The successor's KV record is written before the store, the old
 * token's one after it. If any of the three fails, all are undone, and the request can be repeated.
 * @param grace milliseconds in which both are valid
 * @throws ResourceNotFound, InsufficientScope when the caller lacks one of the token's scopes, Conflict when another
 *   request changed it at the same moment or there are too many tokens, ServiceUnavailable
 */
export async function rotateToken(access: Access, id: string, grace: number): Promise<Created> {
  const { store, caller, now } = access;
  const old = await findToken(store, id);
  requireGrant(await readToken(store, caller), scopesOf(old), now);
  requireUnexpired(old, now);
  const { comment, scopes, lifetime } = old;
  const { token, row } = await makeToken(access, { comment, scopes, lifetime });
  const ending = { ...old, expires_at: Math.min(old.expires_at ?? Infinity, now + grace), modified_at: now, version: old.version + 1 }; // prettier-ignore
  await writeRow(access, row);
  const isDone = await replaceAndPublish(access, ending, row).catch(async (error: unknown) => {
    await takeBack(access, row, [restore(old)]);
    await publishStored(access, id).catch(() => {});
    throw error;
  });
  if (!isDone) {
    await discard(access, row.hash);
    await explainRefusal(store, { caller, scopes: scopesOf(old), now, isNew: true });
    throw changedMeanwhile();
  }
  return { organization_access_token: presentToken(row), token };
}

function requireUnexpired({ id, expires_at }: TokenRow, now: number): void {
  if (expires_at === null || expires_at > now) return;
  const msg = "This token has expired. Create another one.";
  throw new InvalidFields([{ type: "value_error", field: ["id"], msg, input: id }]);
}

async function replaceAndPublish(access: Access, ending: TokenRow, successor: TokenRow): Promise<boolean> {
  const isDone = await replace(access, ending, successor);
  if (isDone) await publish(access, ending);
  return isDone;
}

/** Stores the successor and the old token's expiry in one transaction; returns false if the old one has changed meanwhile. */
async function replace({ store, caller, now }: Access, old: TokenRow, successor: TokenRow): Promise<boolean> {
  const isOld = isAt(old, old.version - 1);
  const isOldStored = exists(db.select({ id: tokens.id }).from(tokens).where(isOld));
  const stored = alias(tokens, "stored");
  const isSuccessor = and(eq(stored.organization_id, store.organizationId), eq(stored.id, successor.id));
  const isSuccessorStored = exists(db.select({ id: stored.id }).from(stored).where(isSuccessor));
  const { expires_at, modified_at, version } = old;
  const statements = [
    insertToken(successor, and(isOldStored, mayGrant(store, caller, scopesOf(old), now), hasRoom(store, now))),
    db.update(tokens).set({ expires_at, modified_at, version }).where(and(isOld, isSuccessorStored)),
    sql`SELECT ${isSuccessorStored} AS done`,
  ];
  const results = await store.write(statements, { repeat: statements });
  return (results[2]!.rows[0] as { done: number } | undefined)?.done === 1;
}

/** Restores the old token's expiry, if the rotation was stored. */
function restore(old: TokenRow): Statement {
  const { expires_at, modified_at, version } = old;
  return db
    .update(tokens)
    .set({ expires_at, modified_at, version: sql`${tokens.version} + 1` })
    .where(isAt(old, version + 1));
}

/** Matches a token at a version, unless it was revoked. */
function isAt({ organization_id, id }: TokenRow, version: number) {
  return and(isToken(organization_id, id), eq(tokens.version, version), isNull(tokens.revoked_at));
}
