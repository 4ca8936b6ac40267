import { deleteSessionKey, newSessionKey, putSessionKey } from "../auth/session-keys.ts";
import type { Places } from "./create.ts";
import { replaceKey, selectKey, type SessionKeyRow } from "./queries.ts";

/**
 * Ends all sessions of the organization's customers, by replacing the key that signs them. It can be repeated until KV
 * has heard of it.
 * @throws ServiceUnavailable when KV fails
 */
export async function endSessions({ store, kv }: Places, now: number): Promise<void> {
  const [[old]] = await store.read([selectKey(store)]);
  if (old === undefined) return;
  const { organizationId } = store;
  const key = newSessionKey();
  await putSessionKey(kv, organizationId, key);
  const statements = [replaceKey(store, old, key, now), selectKey(store)];
  const results = await store.write(statements, { repeat: statements });
  const [stored] = results[1]!.rows as [SessionKeyRow];
  // Another request may have replaced it at the same moment.
  const unused = stored.id === key.id ? null : key.id;
  for (const id of [old.id, old.replaced_id, unused]) if (id !== null) await deleteSessionKey(kv, organizationId, id);
}
