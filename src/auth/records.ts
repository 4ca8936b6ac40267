import * as z from "zod/mini";
import { ServiceUnavailable } from "../errors.ts";
import { STORE_KINDS } from "../store/kinds.ts";
import { JsonError, parseJson } from "../wire/json.ts";
import { hashToken } from "./token.ts";

/** The part of a KV namespace that is used here; the command line has its own implementation. */
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
/** The record of a token, as JSON under `token:<sha256>`; the token itself is not stored. Times are RFC 3339. */
export type TokenRecord = z.output<typeof TokenRecord>;

/** A value in KV that does not have the expected form: something else wrote or changed it. */
export class DamagedRecord extends Error {
  override readonly name = "DamagedRecord";
}

/** Seconds for which an edge location may serve a value that it has read: KV's minimum. */
const CACHE_TTL = 30;
/** Milliseconds: KV refuses a nearer expiration; then only the check of `expires_at` applies. */
const SHORTEST_EXPIRATION = 60_000;
/** KV also refuses an expiration after this: the runtime uses 32-bit seconds. */
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

/** Writes the record that authenticates a token; it can be repeated. */
export async function writeRecord(kv: TokenNamespace, hash: string, record: TokenRecord): Promise<void> {
  await kv.put(tokenKey(hash), JSON.stringify(record), ...expirationOf(record));
}

/** Writes the record of a token that the store does not have yet; its first use adds it to the store. */
export async function putToken(kv: TokenNamespace, token: string, record: TokenRecord): Promise<void> {
  await writeRecord(kv, await hashToken(token), record);
}

/** Deletes the record of a token that was never returned to a caller. */
export async function deleteRecord(kv: TokenNamespace, hash: string): Promise<void> {
  await kv.delete(tokenKey(hash));
}

/**
 * Reads a JSON value.
 * @returns null when there is no such key
 * @throws what KV throws, and DamagedRecord
 */
export async function readStored<T>(kv: TokenNamespace, key: string, schema: z.ZodMiniType<T>): Promise<T | null> {
  const value = await kv.get(key, { cacheTtl: CACHE_TTL });
  if (value === null) return null;
  const result = schema.safeParse(parseOrNull(value));
  if (result.success) return result.data;
  // The cause is left out: its message may quote the value.
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
