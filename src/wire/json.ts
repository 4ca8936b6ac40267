import { JsonError, parseStrictly } from "./json-parser.ts";

export { JsonError } from "./json-parser.ts";

/** JSON with more values than a request may have. */
export class TooManyValues extends JsonError {
  override readonly name = "TooManyValues";
}

/** The maximum number of values in a JSON text, nested objects and arrays included; each takes additional memory. */
const MAX_VALUES = 500_000;
/** A JSON text of at most so many characters cannot have more values. */
const SHORT_TEXT = 2 * MAX_VALUES;
/** The maximum number of characters in a number: the time to convert it grows with the square of its length. */
const MAX_NUMBER_LENGTH = 1000;
/** Every integer of fewer digits is exact as a double. */
const LONG_INTEGER = 16;
const LONG_DIGITS = /\d{16}/;

/**
 * Parses JSON (RFC 8259); the last of duplicate keys counts. Nothing else in `src/` calls `JSON.parse`, because V8's parser
 * can return a wrong key when a key contains an escape (nodejs/node#63785).
 * @returns the value; an integer beyond ±(2^53 − 1) as a bigint, so that a schema can refuse it instead of rounding it
 * @throws JsonError when the text is not JSON, has a number of over 1,000 characters, or has over 500,000 values
 */
export function parseJson(text: string): unknown {
  const isPlain = text.length <= SHORT_TEXT && !text.includes("\\") && !LONG_DIGITS.test(text);
  if (isPlain || isSafeForNative(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // The strict parser says where the mistake is.
    }
  }
  return parseStrictly(text);
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const [ZERO, NINE] = [0x30, 0x39];
const [OPENING_BRACKET, OPENING_BRACE] = [0x5b, 0x7b];
const BACKSLASH = 0x5c;

/**
 * Returns whether no key has an escape and no integer is too long for a double, in one pass and without allocating.
 * @throws JsonError when a limit is exceeded
 */
function isSafeForNative(text: string): boolean {
  let isSafe = true;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const { end, hasEscape } = endOfString(text, at + 1);
      if (hasEscape && isKeyBefore(text, end)) isSafe = false;
      at = end - 1;
    } else if (char === COMMA || char === OPENING_BRACKET || char === OPENING_BRACE) {
      if (++values > MAX_VALUES) throw new TooManyValues(`This JSON has more than ${MAX_VALUES} values.`);
    } else if (char === MINUS || (char >= ZERO && char <= NINE)) {
      const { end, isInteger } = endOfNumber(text, at + 1);
      const length = end - at;
      if (length > MAX_NUMBER_LENGTH) {
        throw new JsonError(`This JSON has a number of more than ${MAX_NUMBER_LENGTH} characters.`);
      }
      if (isInteger && length >= LONG_INTEGER) isSafe = false;
      at = end - 1;
    }
  }
  return isSafe;
}

/** The end of a string whose first character is at `start`: after its closing quote, or after the text. */
function endOfString(text: string, start: number): { end: number; hasEscape: boolean } {
  for (let at = start; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) return { end: at + 1, hasEscape: false };
    if (char === BACKSLASH) return { end: endOfEscaped(text, at), hasEscape: true };
  }
  return { end: text.length, hasEscape: false };
}

function endOfEscaped(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) return at + 1;
    if (char === BACKSLASH) at++;
  }
  return text.length;
}

/** Returns whether a colon follows, so that the string before it is a key. */
function isKeyBefore(text: string, start: number): boolean {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}

function endOfNumber(text: string, start: number): { end: number; isInteger: boolean } {
  let isInteger = true;
  for (let at = start; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char >= ZERO && char <= NINE) continue;
    if (!".eE+-".includes(text[at]!)) return { end: at, isInteger };
    isInteger = false;
  }
  return { end: text.length, isInteger };
}
