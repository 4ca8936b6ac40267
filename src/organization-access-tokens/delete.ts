import { and, eq } from "drizzle-orm";
import { changeVersion } from "../store/change-version.ts";
import { WriteRefused } from "../store/failures.ts";
import { organization_access_tokens as tokens } from "../store/tables.ts";
import { explainRefusal, hasOtherWriter, isWriter, mayGrant, scopesToChange } from "./grants.ts";
import { type Access, publishStored } from "./kv.ts";
import { notFound, readToken, revocation } from "./queries.ts";

/**
 * Revokes a token: the store's transaction refuses its writes, then its KV record is updated, which ends its reads. It can be
 * repeated, by the token itself too as long as KV has the old record.
 * @param force allows deleting the last token with `organization_access_tokens:write`
 * @throws ResourceNotFound, InsufficientScope when the caller lacks one of its scopes, Conflict, ServiceUnavailable
 */
export async function deleteToken(access: Access, id: string, force: boolean): Promise<void> {
  try {
    await changeVersion("token", () => revoke(access, id, force));
  } catch (error) {
    // A token that deleted itself in an earlier attempt may finish that.
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
  const last = !force && isWriter(row, now) ? row : undefined;
  const scopes = scopesToChange(row, caller);
  const isOther = last && hasOtherWriter(last, now);
  const condition = and(eq(tokens.version, row.version), mayGrant(store, caller, scopes, now), isOther);
  const statements = revocation(store, id, now, condition);
  await store.write(statements, { repeat: statements });
  if ((await readToken(store, id))?.revoked_at != null) return true;
  await explainRefusal(store, { caller, scopes, now, last });
  return null;
}
