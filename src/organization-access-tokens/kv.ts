import { deleteRecord, orUnavailable, type TokenNamespace, type TokenRecord, writeRecord } from "../auth/records.ts";
import { ServiceUnavailable } from "../errors.ts";
import type { StoreKind } from "../store/kinds.ts";
import type { Statement, Store } from "../store/store.ts";
import { formatTime } from "../wire/timestamp.ts";
import { readToken, readValidTokens, revocation, scopesOf, type TokenRow } from "./queries.ts";

/** An organization's store, the source of truth about its tokens, and KV, which has copies. */
export type Places = { store: Store; kv: TokenNamespace };

/** The context of an operation on tokens, with the id of the request's token and the time (milliseconds since 1970 UTC). */
export type Access = Places & { caller: string; now: number };

/** How often a record is written at most if its token keeps changing. */
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
 * Writes the KV record of a token, which need not be stored yet.
 * @throws ServiceUnavailable when KV fails
 */
export function writeRow({ store, kv }: Places, row: TokenRow): Promise<void> {
  return orUnavailable(writeRecord(kv, row.hash, toRecord(row, store.kind())));
}

/**
 * Writes the KV record of a stored token, and again if the token has changed or its organization has moved meanwhile, so that
 * the last of concurrent changes stays.
 * @throws ServiceUnavailable when KV fails, or other requests keep changing the token
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

/** Writes the KV record of a token if the store has it; it can be repeated. */
export async function publishStored(places: Places, id: string): Promise<void> {
  const row = await readToken(places.store, id);
  if (row !== undefined) await publish(places, row);
}

/** The number of records that are written in one step after a move. */
const PUBLISHED = 20;

/**
 * Writes the KV records of the next valid tokens after a move; it can be repeated.
 * @param after the id after which to continue; "" to begin
 * @returns the last id, or null when all are written
 */
export async function publishNext(places: Places, now: number, after: string): Promise<string | null> {
  const rows = await readValidTokens(places.store, now, after, PUBLISHED);
  for (const row of rows) await publish(places, row);
  return rows.length < PUBLISHED ? null : rows.at(-1)!.id;
}

/** Deletes the record of a token that will not be returned; a failure is harmless, because nobody has the token. */
export async function discard({ kv }: Places, hash: string): Promise<void> {
  await deleteRecord(kv, hash).catch(() => {});
}

/**
 * Revokes a token that may have been stored although the operation failed. If that fails too, the list shows a token that
 * nobody has.
 * @param undo statements that undo other changes of the operation
 */
export async function takeBack(access: Access, { id, hash }: TokenRow, undo: Statement[]): Promise<void> {
  const { store, now } = access;
  await discard(access, hash);
  await store.write([...revocation(store, id, now), ...undo]).catch(() => {});
}
