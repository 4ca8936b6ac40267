import { decideHome, listHomes } from "../auth/homes.ts";
import { InvalidFields } from "../errors.ts";
import type { StoreKind } from "../store/kinds.ts";
import type { Store } from "../store/store.ts";
import { type Places, publish, publishStored } from "../organization-access-tokens/kv.ts";
import { type OrganizationAccessToken, presentToken } from "../organization-access-tokens/present.ts";
import {
  insertToken,
  listRows,
  newRow,
  notFound,
  readToken,
  revocation,
} from "../organization-access-tokens/queries.ts";
import type { TokenBody } from "./schemas.ts";

/** A token with the store of its organization, for `npm run token -- list`. */
type ListedToken = OrganizationAccessToken & { store: StoreKind };

/** Opens an organization's store. */
type Open = (organizationId: string, store: StoreKind) => Store;

/**
 * Finds the store for a new token; a new organization gets the requested one.
 * @throws InvalidFields at `store` when the organization is in another one
 */
export async function storeForToken(env: Env, organizationId: string, wanted: StoreKind | null): Promise<StoreKind> {
  const store = await decideHome(env, organizationId, wanted ?? undefined);
  if (wanted === null || wanted === store) return store;
  const msg = `The organization is in ${store}: omit --store, or use another organization.`;
  throw new InvalidFields([{ type: "value_error", field: ["store"], msg, input: wanted }]);
}

/** Stores a token that the command line has made, then writes its KV record; it can be repeated. */
export async function storeToken(places: Places, body: TokenBody, now: number): Promise<OrganizationAccessToken> {
  const { id, hash, comment, scopes, expires_in: lifetime } = body;
  const of = { id, hash, comment, scopes: JSON.stringify(scopes), lifetime };
  const statements = [insertToken(newRow(places.store.organizationId, now, of))];
  await places.store.write(statements, { repeat: statements });
  const row = await readToken(places.store, id);
  if (row === undefined) throw notFound();
  await publish(places, row);
  return presentToken(row);
}

/** Lists the tokens of an organization that are not deleted. */
export async function listTokens(store: Store): Promise<ListedToken[]> {
  // SQLite takes a negative limit for none.
  const { rows } = await listRows(store, { sorting: ["created_at"], limit: -1, offset: 0 });
  return rows.map((row) => ({ ...presentToken(row), store: store.kind() }));
}

/** Lists the tokens of some organizations, and the cursor for the next ones, null at the end. */
export async function listAllTokens(
  env: Env,
  open: Open,
  after: string | null,
): Promise<{ tokens: ListedToken[]; cursor: string | null }> {
  const { homes, cursor } = await listHomes(env.TOKENS, after);
  const lists = await Promise.all(homes.map(({ organizationId, store }) => listTokens(open(organizationId, store))));
  return { tokens: lists.flat(), cursor };
}

/**
 * Revokes a token, even the last one that may manage tokens: its writes are refused from now on. It can be repeated.
 * @throws ResourceNotFound, ServiceUnavailable when KV fails
 */
export async function revokeToken(places: Places, id: string, now: number): Promise<void> {
  if ((await readToken(places.store, id)) === undefined) throw notFound();
  const statements = revocation(places.store, id, now);
  await places.store.write(statements, { repeat: statements });
  await publishStored(places, id);
}
