import type { TokenRecord } from "../auth/records.ts";
import { hashToken } from "../auth/token.ts";
import { InvalidToken } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { toRow } from "./adopt.ts";
import { readToken, type TokenRow } from "./queries.ts";

/**
 * Finds the token of a request itself: its row, or what its record in KV says while the store has no row of it yet.
 * @throws InvalidToken when the store says that it was revoked, which edge locations may not know yet
 */
export async function introspect(store: Store, token: string, record: TokenRecord): Promise<TokenRow> {
  const row = (await readToken(store, record.id)) ?? toRow(await hashToken(token), record);
  if (row.revoked_at !== null) throw new InvalidToken("The token was revoked.");
  return row;
}
