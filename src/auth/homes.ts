import * as z from "zod/mini";
import { defaultStore, STORE_KINDS, type StoreKind } from "../store/kinds.ts";
import { findInD1, sendToObject } from "../store/organizations.ts";
import { orUnavailable, readStored, type TokenNamespace } from "./records.ts";

// Which store an organization is in: `organization:<id>` in KV has it, written once, and changed by a move only.

const HomeRecord = z.object({ store: z.enum(STORE_KINDS) });
const PREFIX = "organization:";
/** Organizations of one page: each costs a round trip to its store, of which a request has a limited number. */
const PAGE = 20;

const readHome = async (kv: TokenNamespace, organizationId: string): Promise<StoreKind | undefined> =>
  (await orUnavailable(readStored(kv, PREFIX + organizationId, HomeRecord)))?.store;

/** Writes in which store an organization is: it has moved there. */
export async function changeHome(kv: TokenNamespace, organizationId: string, store: StoreKind): Promise<void> {
  // The metadata lets a list of keys tell the stores.
  await orUnavailable(kv.put(PREFIX + organizationId, JSON.stringify({ store }), { metadata: { store } }));
}

/** Writes in which store an organization is, unless that is written. */
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
 * Finds the store of an organization, and decides about one that is new, once.
 * @param wanted the store of a new organization; without it the variable STORE decides
 * @throws ServiceUnavailable when KV fails, and what D1 throws
 */
export async function decideHome(env: Env, organizationId: string, wanted?: StoreKind): Promise<StoreKind> {
  const named = await readHome(env.TOKENS, organizationId);
  if (named !== undefined) return named;
  const store = (await findInD1(env, organizationId)) ?? wanted ?? defaultStore(env.STORE);
  // KV may not show a decision of the last minute: D1 does, and sends there what another decision has sent to it.
  if (store === "object") await sendToObject(env, organizationId);
  await changeHome(env.TOKENS, organizationId, store);
  return store;
}

/** Lists organizations and their stores, a page of them; the cursor is null behind the last page. */
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
