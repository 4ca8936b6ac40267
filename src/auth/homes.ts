import * as z from "zod/mini";
import { defaultStore, STORE_KINDS, type StoreKind } from "../store/kinds.ts";
import { findInD1, sendToObject } from "../store/organizations.ts";
import { orUnavailable, readStored, type TokenNamespace } from "./records.ts";

// KV has the store of each organization under `organization:<id>`. It is written once and changed only by a move.

const HomeRecord = z.object({ store: z.enum(STORE_KINDS) });
const PREFIX = "organization:";
/** Organizations per page: each costs a round trip to its store, and a request has a limited number of those. */
const PAGE = 20;

const readHome = async (kv: TokenNamespace, organizationId: string): Promise<StoreKind | undefined> =>
  (await orUnavailable(readStored(kv, PREFIX + organizationId, HomeRecord)))?.store;

/** Records the store that an organization has moved to. */
export async function changeHome(kv: TokenNamespace, organizationId: string, store: StoreKind): Promise<void> {
  // With the metadata, listing the keys is enough to know the stores.
  await orUnavailable(kv.put(PREFIX + organizationId, JSON.stringify({ store }), { metadata: { store } }));
}

/** Records the store of an organization, unless one is recorded already. */
export async function nameHome(kv: TokenNamespace, organizationId: string, store: StoreKind): Promise<void> {
  if ((await readHome(kv, organizationId)) === undefined) await changeHome(kv, organizationId, store);
}

/**
 * Finds the store of an organization that exists.
 * @returns null when neither KV nor D1 knows it
 * @throws ServiceUnavailable when KV fails, and what D1 throws
 */
export async function findHome(env: Env, organizationId: string): Promise<StoreKind | null> {
  return (await readHome(env.TOKENS, organizationId)) ?? findInD1(env, organizationId);
}

/**
 * Finds the store of an organization. For a new organization it chooses one, which then stays.
 * @param wanted the store of a new organization; without it the variable STORE decides
 * @throws ServiceUnavailable when KV fails, and what D1 throws
 */
export async function decideHome(env: Env, organizationId: string, wanted?: StoreKind): Promise<StoreKind> {
  const named = await readHome(env.TOKENS, organizationId);
  if (named !== undefined) return named;
  const store = (await findInD1(env, organizationId)) ?? wanted ?? defaultStore(env.STORE);
  // A concurrent request may not see this choice in KV for a minute; D1 then redirects it to the object.
  if (store === "object") await sendToObject(env, organizationId);
  await changeHome(env.TOKENS, organizationId, store);
  return store;
}

/** Lists one page of organizations and their stores; the cursor is null after the last page. */
export async function listHomes(
  kv: TokenNamespace,
  cursor: string | null,
): Promise<{ homes: { organizationId: string; store: StoreKind }[]; cursor: string | null }> {
  const page = await orUnavailable(kv.list({ prefix: PREFIX, limit: PAGE, cursor }));
  const homes = page.keys.flatMap(({ name, metadata }) => {
    const home = HomeRecord.safeParse(metadata);
    return home.success ? [{ organizationId: name.slice(PREFIX.length), store: home.data.store }] : [];
  });
  return { homes, cursor: page.list_complete ? null : (page.cursor ?? null) };
}
