import { deleteRecord, orUnavailable, type TokenNamespace, type TokenRecord, writeRecord } from "../auth/records.ts";
import { ServiceUnavailable } from "../errors.ts";
import type { StoreKind } from "../store/kinds.ts";
import type { Statement, Store } from "../store/store.ts";
import { formatTime } from "../wire/timestamp.ts";
import { readToken, readValidTokens, revocation, scopesOf, type TokenRow } from "./queries.ts";

/** An organization's store, which decides about its tokens, and KV, which is written from it. */
export type Places = { store: Store; kv: TokenNamespace };

/** What operations on tokens work with, the id of the request's own token and the time (milliseconds since 1970 UTC). */
export type Access = Places & { caller: string; now: number };

/** How often a record is written at most because its token has changed meanwhile. */
const MAX_WRITES = 5;

/** The record of a token in KV. */
function toRecord(row: TokenRow, store: StoreKind): TokenRecord {
  return {
    id: row.id,
    organization_id: row.organization_id,
    store,
    scopes: scopesOf(row),
    expires_at: row.expires_at === null ? null : formatTime(row.expires_at),
    comment: row.comment,
    created_at: formatTime(row.created_at),
    ...(row.revoked_at !== null && { revoked_at: formatTime(row.revoked_at) }),
  };
}

/**
 * Writes the record of a token as it is in the store, which it may not be in yet.
 * @throws ServiceUnavailable when KV fails
 */
export function writeRow({ store, kv }: Places, row: TokenRow): Promise<void> {
  return orUnavailable(writeRecord(kv, row.hash, toRecord(row, store.kind())));
}

/**
 * Writes the record of a stored token, and again when the token was changed meanwhile or its organization has moved: of
 * concurrent changes the last one stays.
 * @throws ServiceUnavailable when KV fails, or other requests keep changing the token: the request can be repeated
 */
export async function publish(places: Places, row: TokenRow): Promise<void> {
  let current = row;
  for (let writes = 0; writes < MAX_WRITES; writes++) {
    const kind = places.store.kind();
    await writeRow(places, current);
    const stored = (await readToken(places.store, row.id)) ?? current;
    if (stored.version === current.version && places.store.kind() === kind) return;
    current = stored;
  }
  throw new ServiceUnavailable(new Error("other requests keep changing the token"));
}

/** Writes the record of a token as the store has it, if it has it; it can be repeated. */
export async function publishStored(places: Places, id: string): Promise<void> {
  const row = await readToken(places.store, id);
  if (row !== undefined) await publish(places, row);
}

/** Writes the records of all tokens that are valid, after a move; it can be repeated. */
export async function publishAll(places: Places, now: number): Promise<void> {
  for (const row of await readValidTokens(places.store, now)) await publish(places, row);
}

/** Deletes the record of a token that is not going to be answered; if that fails, nobody has the token all the same. */
export async function discard({ kv }: Places, hash: string): Promise<void> {
  await deleteRecord(kv, hash).catch(() => {});
}

/**
 * Takes a token back that may have been stored although an operation has failed: nobody has it. If that fails too, the list
 * shows a token that was never used.
 * @param undo statements for what else may have been stored
 */
export async function takeBack(access: Access, { id, hash }: TokenRow, undo: Statement[]): Promise<void> {
  const { store, now } = access;
  await discard(access, hash);
  await store.write([...revocation(store, id, now), ...undo]).catch(() => {});
}
