import * as z from "zod/mini";
import { STORE_KINDS, type StoreKind } from "../store/kinds.ts";
import { JsonError, parseJson } from "../wire/json.ts";
import { hashToken } from "./token.ts";

/** The part of a KV namespace that tokens need; the command line brings its own. */
export type TokenNamespace = {
  get(key: string, options: { cacheTtl: number }): Promise<string | null>;
  get(keys: string[], options: { cacheTtl: number }): Promise<Map<string, string | null>>;
  put(key: string, value: string, options?: { expiration: number }): Promise<void>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    keys: { name: string }[];
    list_complete: boolean;
    cursor?: string;
  }>;
};

const TokenRecord = z.object({
  id: z.string(),
  organization_id: z.string(),
  store: z.optional(z.enum(STORE_KINDS)),
  scopes: z.array(z.string()),
  expires_at: z.nullable(z.string()),
  comment: z.nullish(z.string()),
  created_at: z.string(),
  revoked_at: z.nullish(z.string()),
});
/** What is kept of a token, as JSON under `token:<sha256>`; the token itself is nowhere. Times are RFC 3339. */
export type TokenRecord = z.output<typeof TokenRecord>;

const OrganizationToken = z.extend(TokenRecord, { hash: z.string() });
/** The same under `organization:<organization>:token:<id>`, with the hash, so that tokens can be listed and revoked. */
export type OrganizationToken = z.output<typeof OrganizationToken>;

/** A record in KV that cannot be read: it was not written by this program, or it was changed. */
export class DamagedRecord extends Error {
  override readonly name = "DamagedRecord";
}

/** Seconds for which an edge location may serve a record that it has read: KV's minimum. */
const CACHE_TTL = 30;
/** Keys that KV reads at once. */
const MAX_KEYS = 100;
/** KV refuses an expiration nearer than this, in milliseconds; below it only our own check of `expires_at` holds. */
const SHORTEST_EXPIRATION = 60_000;
/** Nor one in 2038 or later: the runtime takes seconds of 32 bits. */
const LAST_EXPIRATION = (2 ** 31 - 1) * 1000;

const tokenKey = (hash: string) => `token:${hash}`;
const revocationKey = (organizationId: string, id: string) => `revoked:${organizationId}:${id}`;
const listKey = (organizationId: string, id: string) => `organization:${organizationId}:token:${id}`;

/**
 * Looks up a well-formed token: one KV read.
 * @returns its record, or null when no such token was made
 * @throws what KV throws, and DamagedRecord
 */
export async function findToken(kv: TokenNamespace, token: string): Promise<TokenRecord | null> {
  return findRecord(kv, await hashToken(token));
}

/** Looks up the record that authentication reads, by the token's hash; what it returns and throws is the same. */
export async function findRecord(kv: TokenNamespace, hash: string): Promise<TokenRecord | null> {
  const value = await kv.get(tokenKey(hash), { cacheTtl: CACHE_TTL });
  return value === null ? null : readRecord(TokenRecord, value);
}

/** Writes both records of a token; writing the same again changes nothing. */
export async function putToken(kv: TokenNamespace, token: string, record: TokenRecord): Promise<void> {
  await writeRecords(kv, { hash: await hashToken(token), ...record });
}

/** Writes the record that authentication reads, and so makes a token valid; writing the same again changes nothing. */
export async function writeRecord(kv: TokenNamespace, { hash, ...record }: OrganizationToken): Promise<void> {
  await kv.put(tokenKey(hash), JSON.stringify(record), ...expirationOf(record));
}

/** Writes the record by which an organization's tokens are listed. */
export async function writeListRecord(kv: TokenNamespace, record: OrganizationToken): Promise<void> {
  await kv.put(listKey(record.organization_id, record.id), JSON.stringify(record), ...expirationOf(record));
}

/** Writes both records of a token. */
export async function writeRecords(kv: TokenNamespace, record: OrganizationToken): Promise<void> {
  await writeRecord(kv, record);
  await writeListRecord(kv, record);
}

/** Deletes the record of a token that nobody has received. */
export async function forgetToken(kv: { delete(key: string): Promise<void> }, hash: string): Promise<void> {
  await kv.delete(tokenKey(hash));
}

/** Lists the tokens of an organization, or of all, in the order of their keys; expired ones leave the list by themselves. */
export async function listTokens(kv: TokenNamespace, organizationId?: string): Promise<OrganizationToken[]> {
  const prefix = organizationId === undefined ? "organization:" : listKey(organizationId, "");
  return readTokens(kv, await listNames(kv, prefix));
}

/** Lists the ids of an organization's tokens that were revoked on the command line. */
export async function listRevoked(kv: TokenNamespace, organizationId: string): Promise<Set<string>> {
  const prefix = revocationKey(organizationId, "");
  return new Set((await listNames(kv, prefix)).map((name) => name.slice(prefix.length)));
}

/**
 * Revokes a token by writing `revoked_at` into its records: deleted, it would look like an unknown one. Before that it
 * writes a key that nothing else writes: the Worker may be writing the records from what it has read a moment ago.
 * Revoking twice keeps the first time. It takes effect within 60 s, as every change in KV, and 5 s for which an isolate relies on a record.
 * @returns the token as it stands now, or null when no token has that id
 */
export async function revokeToken(kv: TokenNamespace, id: string, now: Date): Promise<OrganizationToken | null> {
  const found = (await listTokens(kv)).find((token) => token.id === id);
  if (found === undefined) return null;
  const revoked = { ...found, revoked_at: found.revoked_at ?? now.toISOString() };
  await kv.put(revocationKey(found.organization_id, id), "{}", ...expirationOf(found));
  await writeRecords(kv, revoked);
  return revoked;
}

/** The store that an organization's tokens name; undefined when they name none. */
export async function storeNamed(kv: TokenNamespace, organizationId: string): Promise<StoreKind | undefined> {
  return (await listTokens(kv, organizationId)).find(({ store }) => store !== undefined)?.store;
}

const operatorKey = (hash: string) => `operator:${hash}`;
/** Seconds for which an operator's token is valid. */
const OPERATOR_LIFETIME = 3600;

/** Stores a token with which the operator's commands call the Worker: whoever may write into KV may do what it allows. */
export async function putOperatorToken(kv: TokenNamespace, token: string): Promise<void> {
  const expiration = Math.floor(Date.now() / 1000) + OPERATOR_LIFETIME;
  await kv.put(operatorKey(await hashToken(token)), "{}", { expiration });
}

/** Returns whether a token is an operator's. */
export async function isOperatorToken(kv: TokenNamespace, token: string): Promise<boolean> {
  return (await kv.get(operatorKey(await hashToken(token)), { cacheTtl: CACHE_TTL })) !== null;
}

async function listNames(kv: TokenNamespace, prefix: string): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await kv.list(cursor === undefined ? { prefix } : { prefix, cursor });
    names.push(...page.keys.map(({ name }) => name));
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor !== undefined);
  return names;
}

async function readTokens(kv: TokenNamespace, names: string[]): Promise<OrganizationToken[]> {
  const tokens: OrganizationToken[] = [];
  for (let at = 0; at < names.length; at += MAX_KEYS) {
    const values = await kv.get(names.slice(at, at + MAX_KEYS), { cacheTtl: CACHE_TTL });
    for (const value of values.values()) if (value !== null) tokens.push(readRecord(OrganizationToken, value));
  }
  return tokens;
}

function readRecord<T>(schema: z.ZodMiniType<T>, value: string): T {
  const result = schema.safeParse(parseOrNull(value));
  if (result.success) return result.data;
  // Without the cause: its text may quote the record.
  throw new DamagedRecord("a token's record in KV is damaged");
}

function parseOrNull(value: string): unknown {
  try {
    return parseJson(value);
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}

function expirationOf({ expires_at }: TokenRecord): [] | [{ expiration: number }] {
  const expiresAt = expires_at === null ? Infinity : Date.parse(expires_at);
  const expires = expiresAt <= LAST_EXPIRATION && expiresAt - Date.now() > SHORTEST_EXPIRATION;
  return expires ? [{ expiration: Math.ceil(expiresAt / 1000) }] : [];
}
