import { sql } from "drizzle-orm";
import { PolarRequestValidationError } from "../errors.ts";
import type { Statement } from "../store/store.ts";
import { type Created, makeToken } from "./create.ts";
import { type Access, discard, publish, publishStored, takeBack, writeRow } from "./kv.ts";
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
 * Makes the successor of a token, and lets the old one expire. KV has the successor before the store, and the old one's
 * end after it. When any of the three fails, all are taken back, and the request can be repeated.
 * @param grace milliseconds in which both are valid
 * @throws ResourceNotFound, InsufficientScope when the caller lacks one of the token's scopes, Conflict when another
 *   request changed it at the same moment, ServiceUnavailable
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
    await explainRefusal(store, { caller, token: id }, scopesOf(old), false, now);
    throw changedMeanwhile();
  }
  return { organization_access_token: presentToken(row), token };
}

function requireUnexpired({ id, expires_at }: TokenRow, now: number): void {
  if (expires_at === null || expires_at > now) return;
  const msg = "This token has expired. Create another one.";
  throw new PolarRequestValidationError([{ type: "value_error", loc: ["path", "id"], msg, input: id }]);
}

async function replaceAndPublish(access: Access, ending: TokenRow, successor: TokenRow): Promise<boolean> {
  const isDone = await replace(access, ending, successor);
  if (isDone) await publish(access, ending);
  return isDone;
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
        AND ${mayGrant(store, caller, scopesOf(old), now)}`,
    ),
    sql`UPDATE organization_access_tokens
      SET expires_at = ${old.expires_at}, modified_at = ${old.modified_at}, version = ${old.version}
      WHERE ${isOld} AND ${exists}`,
    sql`SELECT ${exists} AS done`,
  ];
  const results = await store.write(statements, { repeat: statements });
  return (results[2]!.rows[0] as { done: number } | undefined)?.done === 1;
}

/** Gives the old token its former end back, if the rotation was stored. */
function restore({ organization_id, id, version, expires_at, modified_at }: TokenRow): Statement {
  return sql`UPDATE organization_access_tokens
    SET expires_at = ${expires_at}, modified_at = ${modified_at}, version = version + 1
    WHERE organization_id = ${organization_id} AND id = ${id} AND version = ${version + 1} AND revoked_at IS NULL`;
}
