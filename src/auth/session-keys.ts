import * as z from "zod/mini";
import { fromBase64Url, toBase64Url } from "../wire/base64url.ts";
import { orUnavailable, readStored, type TokenNamespace } from "./records.ts";
import { Remembered } from "./remembered.ts";

/** A key that signs the sessions of an organization's customers: its id, and its 32 bytes in base64url. */
export type SessionKey = { id: string; secret: string };

const KeyRecord = z.object({ secret: z.string().check(z.regex(/^[\w-]{43}$/)) });
const nameOf = (organizationId: string, id: string) => `session-key:${organizationId}:${id}`;
const known = new Remembered<CryptoKey>();

/** Makes a new key. */
export function newSessionKey(): SessionKey {
  return { id: crypto.randomUUID(), secret: toBase64Url(crypto.getRandomValues(new Uint8Array(32))) };
}

/** Prepares a key for signing and verifying. */
export function importKey({ secret }: Pick<SessionKey, "secret">): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", fromBase64Url(secret)!, algorithm, false, ["sign", "verify"]);
}

/**
 * Writes the key by which sessions pass.
 * @throws ServiceUnavailable when KV fails
 */
export async function putSessionKey(kv: TokenNamespace, organizationId: string, { id, secret }: SessionKey) {
  await orUnavailable(kv.put(nameOf(organizationId, id), JSON.stringify({ secret })));
}

/**
 * Deletes a key; edge locations that have read it may accept its sessions for a minute more.
 * @throws ServiceUnavailable when KV fails
 */
export async function deleteSessionKey(kv: TokenNamespace, organizationId: string, id: string): Promise<void> {
  await orUnavailable(kv.delete(nameOf(organizationId, id)));
}

/** Returns a key if this isolate read it within the last five seconds. */
export const recallSessionKey = (organizationId: string, id: string, now: number) =>
  known.recall(nameOf(organizationId, id), now);

/**
 * Looks up a key: one KV read.
 * @returns null when there is none, or no longer
 * @throws what KV throws, and DamagedRecord
 */
export async function findSessionKey(
  kv: TokenNamespace,
  organizationId: string,
  id: string,
  now: number,
): Promise<CryptoKey | null> {
  const name = nameOf(organizationId, id);
  const record = await readStored(kv, name, KeyRecord);
  if (record === null) return null;
  const key = await importKey(record);
  known.remember(name, key, now);
  return key;
}
