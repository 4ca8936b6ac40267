import { and, eq, sql } from "drizzle-orm";
import { db } from "../store/db.ts";
import { type Idempotency, insertWithKey, selectAnswer, type StoredAnswer } from "../store/idempotency.ts";
import type { Statement } from "../store/store.ts";
import { idempotency_keys, organization_access_tokens } from "../store/tables.ts";
import { hashToken, newToken } from "../auth/token.ts";
import { parseJson } from "../wire/json.ts";
import { changedMeanwhile, explainRefusal, hasRoom, mayGrant, requireGrant } from "./grants.ts";
import { type Access, discard, takeBack, writeRow } from "./kv.ts";
import { type OrganizationAccessToken, presentToken } from "./present.ts";
import { insertToken, isToken, newRow, readToken, type TokenRow } from "./queries.ts";
import type { TokenCreate } from "./schemas.ts";

/** The result of a creation; the token itself is null on a replay. */
export type Created = { organization_access_token: OrganizationAccessToken; token: string | null };

/**
 * Creates a token, or finds the one that its idempotency key created before. The KV record is written before the row, so that
 * nothing can fail after the token exists.
 * @returns null when the key was used for another request
 * @throws InsufficientScope when the caller lacks one of the scopes, Conflict when there are too many tokens,
 *   ServiceUnavailable
 */
export async function createToken(
  access: Access,
  { comment, scopes, expires_in }: TokenCreate,
  idempotency: Idempotency | null,
): Promise<Created | null> {
  const { store, caller, now } = access;
  const replayed = idempotency && (await findAnswer(access, idempotency));
  if (replayed) return replay(replayed, idempotency);
  requireGrant(await readToken(store, caller), scopes, now);
  const { token, row } = await makeToken(access, { comment, scopes: JSON.stringify(scopes), lifetime: expires_in });
  await writeRow(access, row);
  const stored = await insert(access, row, idempotency).catch(async (error: unknown) => {
    await takeBack(access, row, idempotency === null ? [] : [forgetAnswer(row, idempotency)]);
    throw error;
  });
  if (stored?.is_own !== 1) {
    await discard(access, row.hash);
    if (stored !== undefined) return replay(stored, idempotency);
    await explainRefusal(store, { caller, scopes, now, isNew: true });
    throw changedMeanwhile();
  }
  return { organization_access_token: presentToken(row), token };
}

/** Makes a token and its row. */
export async function makeToken(
  { store, now }: Access,
  of: Pick<TokenRow, "comment" | "scopes" | "lifetime">,
): Promise<{ token: string; row: TokenRow }> {
  const token = newToken();
  const identity = { id: crypto.randomUUID(), hash: await hashToken(token) };
  return { token, row: newRow(store.organizationId, now, { ...identity, ...of }) };
}

type KnownAnswer = Pick<StoredAnswer, "fingerprint" | "answer">;

async function findAnswer({ store }: Access, { key }: Idempotency): Promise<KnownAnswer | undefined> {
  const [[answer]] = await store.read([selectAnswer({ organization_id: store.organizationId, key })]);
  return answer;
}

/** Deletes the key of a token that was never returned, so that the request can be repeated with it. */
function forgetAnswer({ organization_id, id }: TokenRow, { key }: Idempotency): Statement {
  const isKey = and(eq(idempotency_keys.organization_id, organization_id), eq(idempotency_keys.key, key));
  return db.delete(idempotency_keys).where(and(isKey, sql`${idempotency_keys.answer} ->> '$.id' = ${id}`));
}

function replay({ fingerprint, answer }: KnownAnswer, idempotency: Idempotency | null): Created | null {
  if (fingerprint !== idempotency?.fingerprint) return null;
  return { organization_access_token: parseJson(answer) as OrganizationAccessToken, token: null };
}

/** Stores a token. Returns nothing if the caller has lost a scope; if the key was used before, returns its stored answer. */
async function insert(
  { store, caller, now }: Access,
  row: TokenRow,
  idempotency: Idempotency | null,
): Promise<StoredAnswer | undefined> {
  const { organization_id, created_at } = row;
  const condition = and(mayGrant(store, caller, parseJson(row.scopes) as string[], now), hasRoom(store, now));
  const statements =
    idempotency === null
      ? [
          insertToken(row, condition),
          sql`SELECT '' AS fingerprint, '' AS answer, 1 AS is_own FROM ${organization_access_tokens}
            WHERE ${isToken(organization_id, row.id)}`,
        ]
      : insertWithKey(
          organization_access_tokens,
          row,
          { organization_id, ...idempotency, answer: JSON.stringify(presentToken(row)), created_at },
          condition,
        );
  const results = await store.write(statements, { repeat: statements });
  return results.at(-1)!.rows[0] as StoredAnswer | undefined;
}
