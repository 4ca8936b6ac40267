import { log } from "../log.ts";
import { causeOf } from "../store/failures.ts";
import type { Statement, Store } from "../store/store.ts";
import {
  DamagedRecord,
  findRecord,
  listRevoked,
  listTokens,
  type OrganizationToken,
  type TokenNamespace,
  writeListRecord,
} from "../auth/records.ts";
import { type Access, orUnavailable, publish, toRecord, toRow } from "./kv.ts";
import { insertTokens, readToken, readTokens, revokeTokens, type TokenRow } from "./queries.ts";

/** Milliseconds after a change until when KV may answer with what was there before. */
const SETTLED = 120_000;

/** What KV has of an organization's tokens: their records by id, and the ids of those revoked on the command line. */
type InKv = { records: Map<string, OrganizationToken>; revoked: Set<string> };

/**
 * Brings the store, which decides, and KV together, before each operation on tokens: the store receives tokens that were
 * made or revoked on the command line, and KV what an interrupted operation has left undone.
 * @throws ServiceUnavailable when KV fails, WriteRefused while the organization is moved, if there is anything to adopt
 */
export async function sync(access: Access): Promise<void> {
  const { store, kv, caller, now } = access;
  const [records, revoked] = await Promise.all([
    recordsOf(access),
    orUnavailable(listRevoked(kv, store.organizationId)),
  ]);
  // The newest tokens may not be in KV's list yet, the request's own among them.
  if (!records.has(caller.id)) records.set(caller.id, caller);
  const rows = await readTokens(store, [...records.keys()], now);
  const newlyRevoked = await adopt(store, { records, revoked }, rows, now);
  for (const row of rows) {
    if (newlyRevoked.includes(row.id)) continue;
    await attempt(row.id, () => repair(access, row, records.get(row.id)));
  }
  // What KV says of these is no longer so: the revocation was overwritten there, or is not yet seen.
  for (const id of newlyRevoked.filter((each) => records.get(each)?.revoked_at == null)) {
    await attempt(id, () => publishStored(access, id));
  }
}

/**
 * Writes into KV in which store an organization is, after a move; it can be repeated. What it writes is what the store
 * says: what KV says may be old, and would take a revocation back.
 * @param store the new store
 * @throws ServiceUnavailable when KV fails, DamagedRecord
 */
export async function nameStore(store: Store, kv: TokenNamespace): Promise<void> {
  const listed = await orUnavailable(listTokens(kv, store.organizationId));
  const records = new Map(listed.filter((each) => each.store !== store.kind()).map((each) => [each.id, each]));
  const revoked = await orUnavailable(listRevoked(kv, store.organizationId));
  const now = Date.now();
  await adopt(store, { records, revoked }, await readTokens(store, [...records.keys()], now), now);
  for (const id of records.keys()) await publishStored({ store, kv }, id);
}

async function publishStored(access: { store: Store; kv: TokenNamespace }, id: string): Promise<void> {
  const row = await readToken(access.store, id);
  if (row !== undefined) await publish(access, row);
}

async function attempt(id: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    log("warn", { error: "TokenNotRepaired", token_id: id, cause: causeOf(error) });
  });
}

async function recordsOf({ kv, store }: Access): Promise<Map<string, OrganizationToken>> {
  const listed = listTokens(kv, store.organizationId).catch((error: unknown) => {
    if (!(error instanceof DamagedRecord)) throw error;
    // The store knows every token that has been used.
    log("error", { error: "DamagedRecord", organization_id: store.organizationId });
    return [];
  });
  return new Map((await orUnavailable(listed)).map((record) => [record.id, record]));
}

/**
 * Takes over tokens and their revocations from KV: at most three statements, however many they are.
 * @returns the ids of the revoked ones
 */
async function adopt(store: Store, { records, revoked }: InKv, rows: TokenRow[], now: number): Promise<string[]> {
  const known = new Map(rows.map((row) => [row.id, row]));
  const unknown = [...records.values()].filter(({ id }) => !known.has(id)).map(toRow);
  const newlyRevoked = [...new Set([...records.keys(), ...known.keys()])].filter(
    (id) => (records.get(id)?.revoked_at != null || revoked.has(id)) && known.get(id)?.revoked_at == null,
  );
  const statements: Statement[] = [
    ...(unknown.length > 0 ? [insertTokens(unknown)] : []),
    ...(newlyRevoked.length > 0 ? revokeTokens(store, newlyRevoked, now) : []),
  ];
  if (statements.length > 0) await store.write(statements, { repeat: statements });
  return newlyRevoked;
}

/** Writes to KV what the store says of a token, when an operation has ended between the two. */
async function repair(access: Access, row: TokenRow, record: OrganizationToken | undefined): Promise<void> {
  const { store, kv, now } = access;
  const changedAt = Math.max(row.created_at, row.modified_at ?? 0, row.revoked_at ?? 0);
  if (now - changedAt < SETTLED) return;
  if (record === undefined) {
    // A record for authentication that is missing was removed on purpose, or nobody was told the token: it is no writer.
    if ((await findRecord(kv, row.hash)) !== null) return writeListRecord(kv, toRecord(row, store.kind()));
    await store.write(revokeTokens(store, [row.id], now));
    return;
  }
  const there = toRow(record);
  const isRevoked = there.revoked_at !== null;
  const isSame =
    (["scopes", "comment", "expires_at"] as const).every((field) => there[field] === row[field]) &&
    (record.store ?? "d1") === store.kind();
  if (!isRevoked && (!isSame || row.revoked_at !== null)) await publish(access, row);
}
