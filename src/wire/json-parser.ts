/** A text that is not JSON, or JSON that is too large; the message says where and why. */
export class JsonError extends Error {
  override readonly name: string = "JsonError";
}

/** An object or an array that is being read, and the key of the next value of an object. */
type Container = { value: unknown[] | Record<string, unknown>; close: "]" | "}"; key: string };

/** Stands for a value that is not complete yet. */
const OPENED = Symbol("opened");

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.eE])/y;
const INTEGER = /^-?\d+$/;
const WORD = /true|false|null/y;
const WORDS: Record<string, boolean | null> = { true: true, false: false, null: null };
/** The characters that end a run of plain characters in a string: quotes, backslashes and control characters. */
const SPECIAL = /["\\\p{Cc}]/gu;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/y;
const ESCAPED: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * Parses JSON exactly as in RFC 8259, in linear time and without recursion; the last of duplicate keys counts.
 * @returns the value; an integer beyond ±(2^53 − 1) as a bigint
 * @throws JsonError whose message locates the first mistake by line and column
 */
export function parseStrictly(text: string): unknown {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #open: Container[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): unknown {
    for (;;) {
      let value = this.#readValue();
      while (value !== OPENED) {
        const container = this.#open.at(-1);
        if (container === undefined) return this.#end(value);
        value = this.#add(container, value);
      }
    }
  }

  /** Reads a scalar, an empty container, or the beginning of a container. */
  #readValue(): unknown {
    const char = this.#skipSpace();
    if (char === "{" || char === "[") return this.#openContainer(char === "{" ? "}" : "]");
    if (char === '"') return this.#readString();
    const number = this.#match(NUMBER);
    if (number !== undefined) return toNumber(number);
    const word = this.#match(WORD);
    return word === undefined ? this.#fail("a value") : WORDS[word];
  }

  #openContainer(close: "]" | "}"): unknown {
    this.#at++;
    const container: Container = { value: close === "}" ? {} : [], close, key: "" };
    if (this.#skipSpace() === close) {
      this.#at++;
      return container.value;
    }
    if (close === "}") container.key = this.#readKey("a key or }");
    this.#open.push(container);
    return OPENED;
  }

  /** Adds a complete value to its container. Returns the container if it ends there, OPENED if more follows. */
  #add(container: Container, value: unknown): unknown {
    if (Array.isArray(container.value)) container.value.push(value);
    else setKey(container.value, container.key, value);
    const char = this.#skipSpace();
    if (char === container.close) {
      this.#at++;
      this.#open.pop();
      return container.value;
    }
    if (char !== ",") this.#fail(`, or ${container.close}`);
    this.#at++;
    if (container.close === "}") container.key = this.#readKey("a key");
    return OPENED;
  }

  #readKey(expected: string): string {
    if (this.#skipSpace() !== '"') this.#fail(expected);
    const key = this.#readString();
    if (this.#skipSpace() !== ":") this.#fail(":");
    this.#at++;
    return key;
  }

  #readString(): string {
    const start = this.#at;
    let value = "";
    for (let from = start + 1; ;) {
      SPECIAL.lastIndex = from;
      const special = SPECIAL.exec(this.#text);
      if (special === null) this.#fail("text that ends with a quote", start);
      value += this.#text.slice(from, special.index);
      this.#at = special.index;
      if (special[0] === '"') break;
      // U+007F and above are control characters that JSON allows.
      if (special[0] >= "\u007f") value += this.#text[this.#at++];
      else value += this.#readEscape(start);
      from = this.#at;
    }
    this.#at++;
    return value;
  }

  #readEscape(start: number): string {
    ESCAPE.lastIndex = this.#at;
    const escape = ESCAPE.exec(this.#text);
    if (escape === null) this.#fail("text without raw control characters and unknown escapes", start);
    this.#at = ESCAPE.lastIndex;
    const [, unicode, char] = escape;
    return unicode === undefined ? (ESCAPED[char!] ?? char!) : String.fromCharCode(Number.parseInt(unicode, 16));
  }

  #end(value: unknown): unknown {
    if (this.#skipSpace() !== undefined) this.#fail("the end");
    return value;
  }

  /** Moves past white space and returns the character there, undefined at the end of the text. */
  #skipSpace(): string | undefined {
    this.#match(SPACE);
    return this.#text[this.#at];
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(expected: string, at = this.#at): never {
    const lines = this.#text.slice(0, at).split("\n");
    const place = `line ${lines.length}, column ${[...lines.at(-1)!].length + 1}`;
    throw new JsonError(`This is not valid JSON: expected ${expected} at ${place}.`);
  }
}

function setKey(object: Record<string, unknown>, key: string, value: unknown): void {
  // An assignment to __proto__ would set the prototype.
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function toNumber(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) || !INTEGER.test(text) ? value : BigInt(text);
}
