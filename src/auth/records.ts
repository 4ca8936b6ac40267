import * as z from "zod/mini";
import { ServiceUnavailable } from "../errors.ts";
import { STORE_KINDS } from "../store/kinds.ts";
import { JsonError, parseJson } from "../wire/json.ts";
import { hashToken } from "./token.ts";

/** The part of a KV namespace that is used; the command line brings its own. */
export type TokenNamespace = {
  get(key: string, options: { cacheTtl: number }): Promise<string | null>;
  put(key: string, value: string, options?: { expiration?: number; metadata?: object }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string; limit: number; cursor: string | null }): Promise<{
    keys: { name: string; metadata?: unknown }[];
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
/** What KV has of a token, as JSON under `token:<sha256>`; the token itself is nowhere. Times are RFC 3339. */
export type TokenRecord = z.output<typeof TokenRecord>;

/** A value in KV that cannot be read: it was not written by this program, or it was changed. */
export class DamagedRecord extends Error {
  override readonly name = "DamagedRecord";
}

/** Seconds for which an edge location may serve a value that it has read: KV's minimum. */
const CACHE_TTL = 30;
/** KV refuses an expiration nearer than this, in milliseconds; below it only our own check of `expires_at` holds. */
const SHORTEST_EXPIRATION = 60_000;
/** Nor one in 2038 or later: the runtime takes seconds of 32 bits. */
const LAST_EXPIRATION = (2 ** 31 - 1) * 1000;

const tokenKey = (hash: string) => `token:${hash}`;

/**
 * Looks up a well-formed token: one KV read.
 * @returns its record, or null when no such token was made
 * @throws what KV throws, and DamagedRecord
 */
export async function findRecord(kv: TokenNamespace, token: string): Promise<TokenRecord | null> {
  return readStored(kv, tokenKey(await hashToken(token)), TokenRecord);
}

/** Writes the record by which a token passes; writing the same again changes nothing. */
export async function writeRecord(kv: TokenNamespace, hash: string, record: TokenRecord): Promise<void> {
  await kv.put(tokenKey(hash), JSON.stringify(record), ...expirationOf(record));
}

/** Writes the record of a token of which the store does not know yet; its first use adopts it. */
export async function putToken(kv: TokenNamespace, token: string, record: TokenRecord): Promise<void> {
  await writeRecord(kv, await hashToken(token), record);
}

/** Deletes the record of a token that nobody has received. */
export async function deleteRecord(kv: TokenNamespace, hash: string): Promise<void> {
  await kv.delete(tokenKey(hash));
}

/**
 * Reads a value of JSON.
 * @returns null when the key has none
 * @throws what KV throws, and DamagedRecord
 */
export async function readStored<T>(kv: TokenNamespace, key: string, schema: z.ZodMiniType<T>): Promise<T | null> {
  const value = await kv.get(key, { cacheTtl: CACHE_TTL });
  if (value === null) return null;
  const result = schema.safeParse(parseOrNull(value));
  if (result.success) return result.data;
  // Without the cause: its text may quote the value.
  throw new DamagedRecord("a record in KV is damaged");
}

/** Turns any failure of KV into a 503. */
export async function orUnavailable<T>(done: Promise<T>): Promise<T> {
  return done.catch((error: unknown) => {
    throw new ServiceUnavailable(error);
  });
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
