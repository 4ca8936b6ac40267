import { sql } from "drizzle-orm";
import { PolarRequestValidationError } from "../errors.ts";
import { writeRecord, writeRecords } from "../tokens/records.ts";
import { type Created, enlist, newRow } from "./create.ts";
import { type Access, discard, orUnavailable, publish, toRecord } from "./kv.ts";
import { presentToken } from "./present.ts";
import {
  changedMeanwhile,
  explainRefusal,
  findToken,
  insertToken,
  mayGrant,
  readToken,
  requireGrant,
  scopesOf,
  type TokenRow,
} from "./queries.ts";

/**
 * Makes the successor of a token, and lets the old one expire. KV has both before the store, so that nothing can fail any
 * more once the successor exists.
 * @param grace milliseconds in which both are valid
 * @throws ResourceNotFound, InsufficientScope when the caller lacks one of the token's scopes, Conflict when another
 *   request changed it at the same moment, ServiceUnavailable
 */
export async function rotateToken(access: Access, id: string, grace: number): Promise<Created> {
  const { store, kv, kind, caller, now } = access;
  const old = await findToken(store, id);
  requireGrant(await readToken(store, caller.id), scopesOf(old), now);
  requireUnexpired(old, now);
  const { comment, scopes, lifetime } = old;
  const { token, row } = await newRow(access, { comment, scopes, lifetime });
  const ending = { ...old, expires_at: Math.min(old.expires_at ?? Infinity, now + grace), modified_at: now, version: old.version + 1 }; // prettier-ignore
  let isDone = false;
  try {
    await orUnavailable(writeRecord(kv, toRecord(row, kind)));
    await orUnavailable(writeRecords(kv, toRecord(ending, kind)));
    isDone = await replace(access, ending, row);
  } finally {
    if (!isDone) await undo(access, row, old);
  }
  if (!isDone) {
    await explainRefusal(store, { caller: caller.id, token: id }, scopesOf(old), false, now);
    throw changedMeanwhile();
  }
  const current = await readToken(store, id);
  if (current !== undefined && current.version !== ending.version) await publish(access, current);
  await enlist(access, row);
  return { organization_access_token: presentToken(row), token };
}

function requireUnexpired({ id, expires_at }: TokenRow, now: number): void {
  if (expires_at === null || expires_at > now) return;
  const msg = "This token has expired. Create another one.";
  throw new PolarRequestValidationError([{ type: "value_error", loc: ["path", "id"], msg, input: id }]);
}

/** Stores the successor and the old token's end, in one transaction; returns false when the old one was changed meanwhile. */
async function replace({ store, caller, now }: Access, old: TokenRow, successor: TokenRow): Promise<boolean> {
  const isNamed = (id: string) => sql`organization_id = ${store.organizationId} AND id = ${id}`;
  const isOld = sql`${isNamed(old.id)} AND version = ${old.version - 1} AND revoked_at IS NULL`;
  const exists = sql`EXISTS (SELECT 1 FROM organization_access_tokens WHERE ${isNamed(successor.id)})`;
  const statements = [
    insertToken(
      successor,
      sql`EXISTS (SELECT 1 FROM organization_access_tokens WHERE ${isOld})
        AND ${mayGrant(store, caller.id, scopesOf(old), now)}`,
    ),
    sql`UPDATE organization_access_tokens
      SET expires_at = ${old.expires_at}, modified_at = ${old.modified_at}, version = ${old.version}
      WHERE ${isOld} AND ${exists}`,
    sql`SELECT ${exists} AS done`,
  ];
  const results = await store.write(statements, { repeat: statements });
  return (results[2]!.rows[0] as { done: number } | undefined)?.done === 1;
}

/** Takes back what KV was told; what fails here is repaired by the next operation on tokens. */
async function undo(access: Access, successor: TokenRow, old: TokenRow): Promise<void> {
  await discard(access, successor.hash);
  await readToken(access.store, old.id)
    .then((current) => publish(access, current ?? old))
    .catch(() => {});
}
