import * as z from "zod/mini";
import { STORE_KINDS } from "../store/kinds.ts";
import { fromBase64Url, toBase64Url } from "../wire/base64url.ts";
import { JsonError, parseJson } from "../wire/json.ts";
import { Uuid4 } from "../wire/uuid.ts";

/** What every session's token begins with: Edgemeter customer session token. */
export const SESSION_PREFIX = "em_cst_";
const VERSION = 1;
/** What it can have at most: a return_url of 2,083 characters in base64url, each of four bytes, and the rest. */
const MAX_LENGTH = 16_000;

const Claims = z.object({
  v: z.literal(VERSION),
  key: Uuid4,
  organization: Uuid4,
  store: z.enum(STORE_KINDS),
  customer: Uuid4,
  session: Uuid4,
  /** Milliseconds since 1970 UTC. */
  expires: z.int(),
  return_url: z.nullable(z.string()),
});
/** What the token of a session says, and its key signs; `key` is the key's id. */
export type Claims = z.output<typeof Claims>;

/** A token as it was sent, of which nothing has been verified. */
type UnverifiedToken = { claims: Claims; signed: Uint8Array; signature: Uint8Array };

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Makes the token of a session: `em_cst_<claims as JSON>.<HMAC-SHA-256 of all before the point>`, both in base64url. */
export async function signClaims(claims: Omit<Claims, "v">, key: CryptoKey): Promise<string> {
  const signed = SESSION_PREFIX + toBase64Url(bytesOf(JSON.stringify({ v: VERSION, ...claims })));
  const signature = await crypto.subtle.sign("HMAC", key, bytesOf(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/** Reads what a token claims; null when it has not the form of a session of this version. */
export function readSessionToken(token: string): UnverifiedToken | null {
  if (token.length > MAX_LENGTH) return null;
  const point = token.lastIndexOf(".");
  const signed = token.slice(0, point);
  const [claims, signature] = [signed.slice(SESSION_PREFIX.length), token.slice(point + 1)].map(fromBase64Url);
  const result = Claims.safeParse(claims && parseOrNull(claims));
  return result.success && signature ? { claims: result.data, signed: bytesOf(signed), signature } : null;
}

function parseOrNull(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Whether a token is signed by a key; the comparison takes the same time wherever the two differ. */
export function isSignedBy(key: CryptoKey, { signed, signature }: UnverifiedToken): Promise<boolean> {
  return crypto.subtle.verify("HMAC", key, signature, signed);
}
