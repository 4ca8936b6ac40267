/** A character that marks an escaped one in a text from which every backslash was removed. */
const MARK = "\uf8ff";
const SHORT: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * Parses JSON without V8's mistake with escapes in keys (nodejs/node#63785), which text without a backslash never meets.
 * @throws a SyntaxError when the text is not JSON
 */
export function parseExactly(text: string): unknown {
  if (!text.includes("\\")) return JSON.parse(text);
  const plain = text.replaceAll(/\uf8ff|\\(?:u([0-9a-fA-F]{4})|(.))/g, (whole, hex?: string, short?: string) => {
    if (whole === MARK) return marked(MARK);
    return hex === undefined ? marked(SHORT[short!] ?? short!) : MARK + hex;
  });
  return restored(JSON.parse(plain));
}

function marked(char: string): string {
  return MARK + char.charCodeAt(0).toString(16).padStart(4, "0");
}

function restored(value: unknown): unknown {
  if (typeof value === "string") return textOf(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(restored);
  // Not a spread: fromEntries keeps a key such as __proto__.
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [textOf(key), restored(part)]));
}

function textOf(text: string): string {
  return text.replaceAll(/\uf8ff([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** How the characters of a text are written in JSON. */
export type Escaping = "needed" | "ascii" | "all";

/** Writes a text as JSON: escapes where they are needed, for all but ASCII (as Python does), or for every character. */
export function writeText(text: string, escaping: Escaping): string {
  if (escaping === "needed") return JSON.stringify(text);
  if (escaping === "ascii") return JSON.stringify(text).replaceAll(/[^ -~]/g, escaped);
  return `"${[...Array(text.length).keys()].map((at) => escaped(text[at]!)).join("")}"`;
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
