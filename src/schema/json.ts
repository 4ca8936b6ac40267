/** A text that is not JSON: where it stops being JSON, for people. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}

/** No integer that a double keeps exactly has more digits. */
const LONG_DIGITS = /\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * Parses JSON (RFC 8259); the last of equal keys wins.
 * An integer beyond ±(2^53 − 1) comes out as a bigint, so that a schema can refuse it instead of rounding it.
 * @throws JsonError when the text is not JSON, or is nested too deeply to be read
 */
export function parseJson(text: string): unknown {
  try {
    return LONG_DIGITS.test(text) ? JSON.parse(text, keepLongIntegers) : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new JsonError(`This is not JSON: ${describe(text)}.`);
    if (error instanceof RangeError) throw new JsonError("This JSON is nested too deeply.");
    throw error;
  }
}

function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && INTEGER.test(context.source) ? BigInt(context.source) : value;
}

/** What can follow: a value (or, first in an array, its end), a key, a colon, or what ends or continues a container. */
type Expectation = "value" | "value or ]" | "key" | "key or }" | ":" | ", or ]" | ", or }" | "the end";

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.eE])|true|false|null/uy;

/** Finds the first place at which a text cannot go on to be JSON. */
function describe(text: string): string {
  const open: ("[" | "{")[] = [];
  const after = (): Expectation => (open.length === 0 ? "the end" : open.at(-1) === "[" ? ", or ]" : ", or }");
  let expected: Expectation = "value";
  for (let at = 0; ;) {
    at = matchEnd(SPACE, text, at) ?? at;
    const char = text[at];
    if (char === undefined) return `it ends where ${expected} should follow, at ${place(text, at)}`;
    const isValue: boolean = expected === "value" || expected === "value or ]";
    const isKey: boolean = expected === "key" || expected === "key or }";
    const scalarEnd = isValue || (isKey && char === '"') ? matchEnd(SCALAR, text, at) : undefined;
    if (scalarEnd !== undefined) {
      at = scalarEnd;
      expected = isKey ? ":" : after();
      continue;
    }
    if (isValue && (char === "[" || char === "{")) {
      open.push(char);
      expected = char === "[" ? "value or ]" : "key or }";
    } else if (expected.endsWith(char) && (char === "]" || char === "}")) {
      open.pop();
      expected = after();
    } else if (char === "," && expected.startsWith(", or")) {
      expected = open.at(-1) === "[" ? "value" : "key";
    } else if (char === ":" && expected === ":") {
      expected = "value";
    } else return `expected ${expected} at ${place(text, at)}`;
    at++;
  }
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function place(text: string, at: number): string {
  const lines = text.slice(0, at).split("\n");
  return `line ${lines.length}, column ${[...lines.at(-1)!].length + 1}`;
}
