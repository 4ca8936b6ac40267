import { type SQL, sql } from "drizzle-orm";
import { changeVersion } from "../store/change-version.ts";
import { WriteRefused } from "../store/failures.ts";
import { type Access, publish } from "./kv.ts";
import { explainRefusal, hasOtherWriter, isWriter, mayGrant, notFound, readToken } from "./queries.ts";
import { sync } from "./sync.ts";

/**
 * Revokes a token: from the end of the store's transaction on its writes are refused, then KV hears of it, so that it
 * can't read any more either. It can be repeated, also by the token itself, until KV has heard of it.
 * @param force allows it for the last token with `organization_access_tokens:write`
 * @throws ResourceNotFound, Conflict, ServiceUnavailable
 */
export async function deleteToken(access: Access, id: string, force: boolean): Promise<void> {
  const { store, caller } = access;
  try {
    await sync(access);
    await changeVersion("token", () => revoke(access, id, force));
  } catch (error) {
    // A token that was to delete itself, and has done so in an earlier attempt, may finish it.
    const isOwn = caller.id === id && error instanceof WriteRefused && error.reason === "revoked";
    if (!isOwn) throw error;
  }
  const row = await readToken(store, id);
  if (row !== undefined) await publish(access, row);
}

/** @returns null when another request was first */
async function revoke({ store, caller, now }: Access, id: string, force: boolean): Promise<true | null> {
  const row = await readToken(store, id);
  if (row === undefined) throw notFound();
  if (row.revoked_at !== null) return true;
  const isLast = !force && isWriter(row, now);
  const condition = sql`${mayGrant(store, caller.id, [], now)} AND ${isLast ? hasOtherWriter(store, id, now) : sql`true`}`;
  const statements = revocation(store.organizationId, id, row.version, condition, now);
  await store.write(statements, { repeat: statements });
  if ((await readToken(store, id))?.revoked_at != null) return true;
  await explainRefusal(store, { caller: caller.id, token: id }, [], isLast, now);
  return null;
}

/** The refusal is written first: the condition may depend on the row that is changed. */
function revocation(organizationId: string, id: string, version: number, condition: SQL, now: number): SQL[] {
  const isNamed = sql`organization_id = ${organizationId} AND id = ${id} AND version = ${version} AND revoked_at IS NULL`;
  return [
    sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at)
      SELECT organization_id, id, 'revoked', ${now} FROM organization_access_tokens
      WHERE ${isNamed} AND ${condition} ON CONFLICT DO NOTHING`,
    sql`UPDATE organization_access_tokens SET revoked_at = ${now}, version = version + 1
      WHERE ${isNamed} AND ${condition}`,
  ];
}
