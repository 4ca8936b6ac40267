import { toBase64 } from "../wire/base64url.ts";

const PREFIX = "whsec_";

/** Makes a secret of an endpoint: `whsec_` and 32 random bytes in base64, as Standard Webhooks have it. */
export function newSecret(): string {
  return PREFIX + toBase64(crypto.getRandomValues(new Uint8Array(32)));
}

/**
 * The headers that sign a request, as Standard Webhooks (https://www.standardwebhooks.com) define them. There are two signatures, because
 * the libraries take the bytes that the secret encodes as the key, and @polar-sh/sdk 0.x those of its text.
 * @param id the same whenever this event is sent
 * @param now milliseconds since 1970 UTC
 */
export async function signatureHeaders(
  secret: string,
  id: string,
  payload: string,
  now: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const signed = bytesOf(`${id}.${timestamp}.${payload}`);
  const keys: Uint8Array<ArrayBuffer>[] = [
    Uint8Array.from(atob(secret.slice(PREFIX.length)), (char) => char.charCodeAt(0)),
    bytesOf(secret),
  ];
  const signatures = await Promise.all(keys.map(async (key) => `v1,${await hmac(key, signed)}`));
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

const bytesOf = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;

async function hmac(bytes: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)));
}
