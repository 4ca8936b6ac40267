import { deleteSessionKey, importKey, newSessionKey, putSessionKey, type SessionKey } from "../auth/session-keys.ts";
import { signClaims } from "../auth/session-token.ts";
import type { TokenNamespace } from "../auth/records.ts";
import { unknownId } from "../customer-meters/pair.ts";
import { presentCustomer } from "../customers/present.ts";
import { selectCustomer } from "../customers/queries.ts";
import { InvalidFields } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { formatTime } from "../wire/timestamp.ts";
import { insertKey, selectKey, type SessionKeyRow } from "./queries.ts";
import type { SessionCreate } from "./schemas.ts";

/** An organization's store, which has the key of its sessions, and KV, by which they pass. */
export type Places = { store: Store; kv: TokenNamespace };

/**
 * Makes a session of a customer: one round trip, and nothing is written, except for an organization's first one.
 * @param origin of this deployment, whose page shows the session
 * @param now milliseconds since 1970 UTC
 * @throws InvalidFields when there is no such customer, ServiceUnavailable when KV fails
 */
export async function createSession(places: Places, session: SessionCreate, origin: string, now: number) {
  const { store } = places;
  const { customer_id, external_customer_id, return_url, expires_in } = session;
  const ref = customer_id == null ? { external_id: external_customer_id! } : { id: customer_id };
  const [[customer], [stored]] = await store.read([selectCustomer(store.organizationId, ref), selectKey(store)]);
  if (customer === undefined) {
    const field = customer_id == null ? "external_customer_id" : "customer_id";
    throw new InvalidFields([unknownId(field, "customer", session[field])]);
  }
  const key = stored ?? (await makeKey(places, now));
  const [id, expires] = [crypto.randomUUID(), now + expires_in * 1000];
  const { organizationId: organization } = store;
  const claims = { key: key.id, organization, store: store.kind(), customer: customer.id, session: id, expires, return_url }; // prettier-ignore
  const token = await signClaims(claims, await importKey(key));
  return {
    created_at: formatTime(now),
    modified_at: null,
    id,
    token,
    expires_at: formatTime(expires),
    return_url,
    // No server and no log sees what is behind the #.
    customer_portal_url: `${origin}/portal/#token=${token}`,
    customer_id: customer.id,
    customer: await presentCustomer(customer, customer.first_user_event_at),
  };
}

/** Makes the organization's key, in KV first: of several at once, one is stored. */
async function makeKey({ store, kv }: Places, now: number): Promise<SessionKey> {
  const key = newSessionKey();
  await putSessionKey(kv, store.organizationId, key);
  const statements = [insertKey(store, key, now), selectKey(store)];
  const results = await store.write(statements, { repeat: statements });
  const [stored] = results[1]!.rows as [SessionKeyRow];
  // If that fails, KV keeps a key that signs nothing.
  if (stored.id !== key.id) await deleteSessionKey(kv, store.organizationId, key.id).catch(() => {});
  return stored;
}
