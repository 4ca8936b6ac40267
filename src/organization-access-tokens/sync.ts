import { sql } from "drizzle-orm";
import { log } from "../log.ts";
import { isOneOf } from "../store/conditions.ts";
import { causeOf } from "../store/failures.ts";
import type { Statement } from "../store/store.ts";
import { DamagedRecord, listTokens, type OrganizationToken, writeListRecord } from "../tokens/records.ts";
import { type Access, orUnavailable, publish, toRecord, toRow } from "./kv.ts";
import { insertTokens, readTokens, type TokenRow } from "./queries.ts";

/** Milliseconds after a change until when KV may answer with what was there before. */
const SETTLED = 120_000;

/**
 * Brings the store, which decides, and KV together, before each operation on tokens: the store receives tokens that were
 * made or revoked on the command line, and KV what an interrupted operation has left undone.
 * @throws ServiceUnavailable when KV fails
 */
export async function sync(access: Access): Promise<void> {
  const { store, caller, now } = access;
  const records = await recordsOf(access);
  // The newest tokens may not be in KV's list yet, the request's own among them.
  if (!records.has(caller.id)) records.set(caller.id, caller);
  const rows = await readTokens(store, [...records.keys()], now);
  const known = new Map(rows.map((row) => [row.id, row]));
  const statements = adopt(store.organizationId, [...records.values()], known, now);
  if (statements.length > 0) await store.write(statements, { repeat: statements });
  for (const row of rows) {
    await repair(access, row, records.get(row.id)).catch((error: unknown) => {
      log("warn", { error: "TokenNotRepaired", token_id: row.id, cause: causeOf(error) });
    });
  }
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

/** Takes over tokens and their revocations from KV: at most three statements, however many they are. */
function adopt(
  organizationId: string,
  records: OrganizationToken[],
  known: Map<string, TokenRow>,
  now: number,
): Statement[] {
  const unknown = records.filter(({ id }) => !known.has(id)).map(toRow);
  const isRevoked = ({ id, revoked_at }: OrganizationToken) => revoked_at != null && known.get(id)?.revoked_at == null;
  const revoked = records.filter(isRevoked).map(({ id }) => id);
  return [
    ...(unknown.length > 0 ? [insertTokens(unknown)] : []),
    ...(revoked.length > 0
      ? [
          sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at)
            SELECT ${organizationId}, value, 'revoked', ${now} FROM json_each(${JSON.stringify(revoked)})
            WHERE true ON CONFLICT DO NOTHING`,
          sql`UPDATE organization_access_tokens SET revoked_at = ${now}, version = version + 1
            WHERE organization_id = ${organizationId} AND ${isOneOf(sql`id`, revoked)} AND revoked_at IS NULL`,
        ]
      : []),
  ];
}

/** Writes to KV what the store says of a token, when an operation has ended between the two. */
async function repair(access: Access, row: TokenRow, record: OrganizationToken | undefined): Promise<void> {
  const changedAt = Math.max(row.created_at, row.modified_at ?? 0, row.revoked_at ?? 0);
  if (access.now - changedAt < SETTLED) return;
  // Only for the list: a record for authentication that is missing was removed on purpose.
  if (record === undefined) return writeListRecord(access.kv, toRecord(row, access.kind));
  const there = toRow(record);
  const isRevoked = there.revoked_at !== null;
  const isSame = (["scopes", "comment", "expires_at"] as const).every((field) => there[field] === row[field]);
  if (!isRevoked && (!isSame || row.revoked_at !== null)) await publish(access, row);
}
