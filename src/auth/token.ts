import { sha256 } from "../sha256.ts";

/** The prefix of every token: Edgemeter organization access token. */
const PREFIX = "em_oat_";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH = 37;
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(`^${PREFIX}([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`);
/** Bytes from 248 = 4 × 62 on are discarded, so that each character is equally likely. */
const FAIR_BYTES = 248;

/** Makes a new token: the prefix, 37 random base62 characters (220 bits) and their checksum. */
export function newToken(): string {
  let secret = "";
  while (secret.length < SECRET_LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(SECRET_LENGTH))) {
      if (byte < FAIR_BYTES && secret.length < SECRET_LENGTH) secret += ALPHABET[byte % 62];
    }
  }
  return tokenOf(secret);
}

/** Builds the token of a given secret of 37 base62 characters, for tokens that must be the same each time. */
export function tokenOf(secret: string): string {
  return PREFIX + secret + checksum(secret);
}

/** Returns whether a text has the form and the checksum of a token, without any look-up. */
export function isWellFormed(token: string): boolean {
  const parts = SHAPE.exec(token);
  return parts !== null && checksum(parts[1]!) === parts[2];
}

/** Words that programs print for a variable without a value. */
const NO_VALUE = /^(?:undefined|null|none|nil|nan|false|true)$/i;
const PLACEHOLDER = /^(?:\$|%|<|\{|\[object )/;
const QUOTED = /^["'`]|["'`]$/;
const LENGTH = PREFIX.length + SECRET_LENGTH + CHECKSUM_LENGTH;

/** Describes what is wrong with the form of a text; the result does not depend on which tokens exist. */
export function mistakeIn(text: string): string {
  const completely = "Check that it was copied completely.";
  if (NO_VALUE.test(text)) {
    return `The token is the word ${text.toLowerCase()}: the variable that should hold it has no value.`;
  }
  if (PLACEHOLDER.test(text)) return "The token is a placeholder. Send a token in its place.";
  if (QUOTED.test(text)) return "The token is in quotation marks. Send it without them.";
  if (!text.startsWith(PREFIX)) return `A token begins with ${PREFIX}, and this one does not. ${completely}`;
  if (text.length !== LENGTH) return `A token has ${LENGTH} characters, and this one has ${text.length}. ${completely}`;
  return `The token has a wrong character. ${completely}`;
}

/** The SHA-256 of the whole token in hex, the only form in which a token is kept. */
export function hashToken(token: string): Promise<string> {
  return sha256(token);
}

/** CRC-32 (IEEE) of the secret's ASCII bytes, as six base62 digits. */
function checksum(secret: string): string {
  let digits = "";
  for (let rest = crc32(secret); rest > 0; rest = Math.floor(rest / 62)) digits = ALPHABET[rest % 62] + digits;
  return digits.padStart(CHECKSUM_LENGTH, "0");
}

function crc32(ascii: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < ascii.length; i++) {
    crc ^= ascii.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
