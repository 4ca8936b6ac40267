import { nameHome } from "../auth/homes.ts";
import type { TokenRecord } from "../auth/records.ts";
import { type Places, publishStored } from "./kv.ts";
import { insertToken, newRow, readToken, type TokenRow } from "./queries.ts";

/** Makes the row of a token that exists only in KV, from its record; an unreadable time counts as past. */
export function toRow(hash: string, record: TokenRecord): TokenRow {
  const { organization_id, id, comment = null, scopes, expires_at } = record;
  const created = parseTime(record.created_at);
  const expires = expires_at === null ? null : parseTime(expires_at);
  const lifetime = expires === null ? null : Math.max(expires - created, 1000);
  const of = { id, hash, comment, scopes: JSON.stringify(scopes), lifetime };
  return { ...newRow(organization_id, created, of), expires_at: expires };
}

function parseTime(time: string): number {
  return Date.parse(time) || 0;
}

/**
 * Adds a token that exists only in KV to the store, and records the organization's store in KV. A stored token stays
 * unchanged.
 * @throws ServiceUnavailable when KV fails, WriteRefused while the organization is moved
 */
export async function adopt(places: Places, row: TokenRow): Promise<void> {
  if ((await readToken(places.store, row.id)) !== undefined) return;
  await nameHome(places.kv, row.organization_id, places.store.kind());
  const statements = [insertToken(row)];
  await places.store.write(statements, { repeat: statements });
  await publishStored(places, row.id);
}
