import { and, eq, isNull } from "drizzle-orm";
import { changeVersion } from "../store/change-version.ts";
import { db } from "../store/db.ts";
import { organization_access_tokens as tokens } from "../store/tables.ts";
import { explainRefusal, hasOtherWriter, isWriter, mayGrant, scopesToChange } from "./grants.ts";
import { type Access, publish } from "./kv.ts";
import { findToken, isToken, type TokenRow } from "./queries.ts";
import type { TokenUpdate } from "./schemas.ts";

/**
 * Changes a token in the store, then in KV. When KV fails, the request can be repeated.
 * @param force allows removing `organization_access_tokens:write` from the last token that has it
 * @throws ResourceNotFound, InsufficientScope when the caller lacks one of the old or new scopes, Conflict, ServiceUnavailable
 */
export async function updateToken(access: Access, id: string, update: TokenUpdate, force: boolean): Promise<TokenRow> {
  const { store, caller, now } = access;
  const row = await changeVersion("token", async () => {
    const found = await findToken(store, id);
    const changes = changesOf(update);
    if (Object.keys(changes).length === 0) return found;
    const changed = { ...found, ...changes, modified_at: now, version: found.version + 1 };
    const last = !force && isWriter(found, now) && !isWriter(changed, now) ? found : undefined;
    const scopes = [...new Set([...scopesToChange(found, caller), ...(update.scopes ?? [])])];
    const [written] = await store.write([
      db
        .update(tokens)
        .set({ ...changes, modified_at: now, version: changed.version })
        .where(
          and(
            isToken(store.organizationId, id),
            eq(tokens.version, found.version),
            isNull(tokens.revoked_at),
            mayGrant(store, caller, scopes, now),
            last && hasOtherWriter(last, now),
          ),
        ),
    ]);
    if (written!.changes > 0) return changed;
    await explainRefusal(store, { caller, scopes, now, last });
    return null;
  });
  await publish(access, row);
  return row;
}

/** The columns that an update sets: those that it names, even if unchanged. */
function changesOf({ comment, scopes }: TokenUpdate): Partial<TokenRow> {
  return { ...(comment != null && { comment }), ...(scopes != null && { scopes: JSON.stringify(scopes) }) };
}
