import { and, eq } from "drizzle-orm";
import { changeVersion } from "../store/change-version.ts";
import { WriteRefused } from "../store/failures.ts";
import { organization_access_tokens as tokens } from "../store/tables.ts";
import { type Access, publishStored } from "./kv.ts";
import { explainRefusal, hasOtherWriter, isWriter, mayGrant, notFound, readToken, revocation } from "./queries.ts";

/**
 * Revokes a token: from the end of the store's transaction on its writes are refused, then KV hears of it, so that it
 * can't read any more either. It can be repeated, also by the token itself, until KV has heard of it.
 * @param force allows it for the last token with `organization_access_tokens:write`
 * @throws ResourceNotFound, Conflict, ServiceUnavailable
 */
export async function deleteToken(access: Access, id: string, force: boolean): Promise<void> {
  try {
    await changeVersion("token", () => revoke(access, id, force));
  } catch (error) {
    // A token that was to delete itself, and has done so in an earlier attempt, may finish it.
    const isOwn = access.caller === id && error instanceof WriteRefused && error.reason === "revoked";
    if (!isOwn) throw error;
  }
  await publishStored(access, id);
}

/** @returns null when another request was first */
async function revoke({ store, caller, now }: Access, id: string, force: boolean): Promise<true | null> {
  const row = await readToken(store, id);
  if (row === undefined) throw notFound();
  if (row.revoked_at !== null) return true;
  const isLast = !force && isWriter(row, now);
  const isRemaining = isLast ? hasOtherWriter(store, id, now) : undefined;
  const condition = and(eq(tokens.version, row.version), mayGrant(store, caller, [], now), isRemaining);
  const statements = revocation(store, id, now, condition);
  await store.write(statements, { repeat: statements });
  if ((await readToken(store, id))?.revoked_at != null) return true;
  await explainRefusal(store, { caller, token: id }, [], isLast, now);
  return null;
}
