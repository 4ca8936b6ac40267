import { ServiceUnavailable } from "../errors.ts";
import type { Store } from "../store/store.ts";
import {
  forgetToken,
  listRevoked,
  type OrganizationToken,
  type TokenNamespace,
  writeRecords,
} from "../auth/records.ts";
import type { StoreKind } from "../store/kinds.ts";
import type { Statement } from "../store/store.ts";
import { formatTime } from "../wire/timestamp.ts";
import { readToken, revokeTokens, scopesOf, type TokenRow } from "./queries.ts";

/** What operations on tokens work with: the organization's store, its copy in KV, and the request's own token. */
export type Access = {
  store: Store;
  kv: KVNamespace;
  caller: OrganizationToken;
  /** Milliseconds since 1970 UTC. */
  now: number;
};

/** The row of a token that was made on the command line, from its record in KV; an unreadable time counts as past. */
export function toRow(record: OrganizationToken): TokenRow {
  const [created, revoked] = [parseTime(record.created_at), record.revoked_at ?? null];
  const expires = record.expires_at === null ? null : parseTime(record.expires_at);
  return {
    organization_id: record.organization_id,
    id: record.id,
    hash: record.hash,
    scopes: JSON.stringify(record.scopes),
    comment: record.comment ?? null,
    created_at: created,
    modified_at: null,
    expires_at: expires,
    lifetime: expires === null ? null : Math.max(expires - created, 1000),
    last_used_at: null,
    revoked_at: revoked === null ? null : parseTime(revoked),
    version: 1,
  };
}

function parseTime(time: string): number {
  return Date.parse(time) || 0;
}

/** The record of a token in KV. */
export function toRecord(row: TokenRow, store: StoreKind): OrganizationToken {
  return {
    hash: row.hash,
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
 * Writes a token's records, and again when the token was changed meanwhile, or its organization has moved: of concurrent
 * changes the last one stays. The command line may have revoked it in KV alone; that is taken over afterwards.
 * @throws ServiceUnavailable when KV fails
 */
export async function publish({ store, kv }: { store: Store; kv: TokenNamespace }, row: TokenRow): Promise<void> {
  let current = row;
  let [version, kind]: [number, StoreKind | null] = [0, null];
  while (version !== current.version || kind !== store.kind()) {
    [version, kind] = [current.version, store.kind()];
    await orUnavailable(writeRecords(kv, toRecord(current, kind)));
    const isRevoked = current.revoked_at === null && (await orUnavailable(listRevoked(kv, store.organizationId))).has(row.id); // prettier-ignore
    if (isRevoked) await store.write(revokeTokens(store, [row.id], Date.now()));
    current = (await readToken(store, row.id)) ?? current;
  }
}

/** Deletes the record of a token that is not going to be answered; if that fails, nobody has the token all the same. */
export async function discard({ kv }: Access, hash: string): Promise<void> {
  await forgetToken(kv, hash).catch(() => {});
}

/**
 * Takes a token back that may have been stored although the store has failed: nobody has it. What fails here, sync does.
 * @param undo statements for what else may have been stored
 */
export async function takeBack(access: Access, { id, hash }: TokenRow, undo: Statement[]): Promise<void> {
  const { store, now } = access;
  await discard(access, hash);
  await store.write([...revokeTokens(store, [id], now), ...undo]).catch(() => {});
}

/** Turns any failure of KV into a 503. */
export async function orUnavailable<T>(done: Promise<T>): Promise<T> {
  return done.catch((error: unknown) => {
    throw new ServiceUnavailable(error);
  });
}
