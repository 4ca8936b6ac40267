import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { PolarRequestValidationError } from "../errors.ts";
import { sha256 } from "../sha256.ts";
import type { Idempotency } from "../store/idempotency.ts";

const KEY = /^[\x20-\x7e]{1,255}$/;
const LOC = ["header", "idempotency-key"];

/**
 * Reads the header Idempotency-Key, after the body was validated.
 * @param meaning the validated request with its defaults: requests with equal meanings are equal
 * @returns null without the header
 * @throws PolarRequestValidationError (422) when the key is not 1 to 255 printable ASCII characters
 */
export async function readIdempotency(c: Context<AppEnv>, meaning: unknown): Promise<Idempotency | null> {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return null;
  if (KEY.test(key)) return { key, fingerprint: await fingerprintOf(meaning) };
  const msg = "Idempotency-Key should be 1 to 255 printable ASCII characters.";
  throw new PolarRequestValidationError([{ type: "value_error", loc: LOC, msg, input: key.slice(0, 300) }]);
}

/** The fingerprint of what a request means: equal ones have equal fingerprints. */
export function fingerprintOf(meaning: unknown): Promise<string> {
  return sha256(canonicalJson(meaning));
}

/** 422: the key was used before, for a request that meant something else. */
export function reusedKey(idempotency: Idempotency | null): PolarRequestValidationError {
  const msg = "This Idempotency-Key was used before with another body. Take a new key for a new request.";
  return new PolarRequestValidationError([{ type: "idempotency_key_reuse", loc: LOC, msg, input: idempotency?.key }]);
}

/** JSON without white space, keys sorted, so that equal values are equal texts (in the manner of RFC 8785). */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const pairs = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(",")}}`;
}
