import fc from "fast-check";
import { OPERATIONS } from "../../test/support/document.ts";
import type { Answer } from "../exchange.ts";
import { type Case, withStored } from "./case.ts";

const MIB = 1024 * 1024;
/** The default maximum size of a body in bytes. */
const LIMIT = MIB;
const LIMITS: Record<string, number> = { "events:ingest": 8 * MIB };

/** Repeats a unit up to a number of bytes; all units are ASCII. */
const fill = (unit: string, size: number) => unit.repeat(Math.max(0, Math.floor(size / unit.length)));
const listOf = (item: string, size: number) => `[${fill(`${item},`, size - 3 - item.length)}${item}]`;
const deep = (open: string, inner: string, close: string, size: number) => {
  const levels = Math.max(0, Math.floor((size - inner.length) / (open.length + close.length)));
  return open.repeat(levels) + inner + close.repeat(levels);
};
const keys = (size: number, key: (at: number) => string, value: string) => {
  const pairs: string[] = [];
  for (let length = 2; length < size - 40; length += pairs.at(-1)!.length + 1)
    pairs.push(`"${key(pairs.length)}":${value}`);
  return `{${pairs.join(",")}}`;
};

/** JSON of about a number of bytes, each of a kind that has caused problems in some parser or schema. */
const FRAGMENTS: ((size: number) => string)[] = [
  (size) => deep("[", "", "]", size),
  (size) => deep('{"a":', "1", "}", size),
  (size) => deep('{"conjunction":"and","clauses":[', "", "]}", size),
  (size) => deep('{"conjunction":"and","clauses":[{},', "{}", "]}", size),
  (size) => fill("[", size),
  (size) => fill('{"a":', size),
  (size) => fill('[{"a":"', size),
  (size) => listOf("{}", size),
  (size) => listOf("[]", size),
  (size) => listOf("0", size),
  (size) => listOf('""', size),
  (size) => listOf("null", size),
  (size) => listOf('{"name":"e","external_customer_id":"c"}', size),
  (size) => listOf('{"property":"a","operator":"like","value":"b"}', size),
  (size) => listOf('{"conjunction":"and","clauses":[]}', size),
  (size) => keys(size, (at) => `k${at}`, "0"),
  (size) => keys(size, (at) => `k${at}`, "{}"),
  (size) => keys(size, () => "k", "0"),
  (size) => keys(size, (at) => String(at), "1"),
  (size) => keys(size, (at) => `\\u00e9${at}\\\\`, '"\\u00e9"'),
  (size) => keys(size, (at) => `\\ud800${at}`, "1"),
  (size) => `{"${fill("k", size - 6)}":1}`,
  (size) => `{"${fill("\\u006b", size - 6)}":1}`,
  (size) => fill("9", size),
  (size) => `-${fill("0", size)}`,
  (size) => `0.${fill("0", size)}1`,
  (size) => `1e${fill("9", size)}`,
  (size) => `${fill("1", size)}e-${size}`,
  (size) => `"${fill("9", size - 2)}"`,
  (size) => `"${fill("0", size - 3)}x"`,
  (size) => `"${fill("0", size - 2)}"`,
  (size) => `"${fill(".", size - 2)}"`,
  (size) => `" ${fill(" ", size - 4)}x"`,
  (size) => `"1e${fill("0", size - 4)}"`,
  (size) => `"${fill("x", size - 2)}"`,
  (size) => `"${fill("\\u0000", size - 2)}"`,
  (size) => `"${fill("\\\\", size - 2)}"`,
  (size) => `"${fill("\\ud83d\\ude00", size - 2)}"`,
  (size) => `"${fill("\\ud83d", size - 2)}"`,
  (size) => `"${fill("x", size)}`,
  (size) => fill(" ", size),
  (size) => fill("\\", size),
  (size) => fill("truefalse", size),
  (size) => `["${fill('\\"', size - 10)}" x]`,
];

/** Small values that can confuse JavaScript: names of built-in properties. */
const TRAPS = [
  '{"toString":1,"valueOf":1}',
  '{"toJSON":1,"then":1}',
  '{"length":1e9}',
  '{"__proto__":{"name":"x"}}',
  '{"constructor":{"prototype":1}}',
  '[{"toString":null}]',
  "1e400",
  "-0",
  "9007199254740993",
  '"\\u0000"',
  '"\\ud800"',
];

const HOLE = "\u0001";

/** Optional fields that the example of an operation lacks, so that values are put into them too. */
const MORE: Record<string, object> = {
  "meters:preview": { metadata: { a: "b" }, external_customer_id: ["c"], timezone: "UTC", customer_id: [] },
  "meters:create": { metadata: { a: "b" }, unit: "custom", custom_label: "label", custom_multiplier: 1 },
  "meters:update": {
    metadata: { a: "b" },
    unit: "custom",
    custom_label: "label",
    custom_multiplier: 1,
    filter: { conjunction: "and", clauses: [] },
  },
};

const BODIES = OPERATIONS.filter(({ operation }) => operation.requestBody).map(({ method, path, operation }) => {
  const id = operation.operationId;
  const example = operation.requestBody!.content["application/json"].example as object;
  const frames = framesOf({ ...example, ...MORE[id] });
  return { id, method, path, frames, limit: LIMITS[id] ?? LIMIT };
});

/** The texts around each value of a JSON value, the value itself included. */
function framesOf(value: object): [string, string][] {
  const frames: [string, string][] = [];
  const visit = (part: any, write: (hole: unknown) => unknown): void => {
    const [before, after] = JSON.stringify(write(HOLE)).split(JSON.stringify(HOLE));
    frames.push([before!, after!]);
    if (typeof part !== "object" || part === null) return;
    for (const key of Object.keys(part)) {
      visit(part[key], (hole) => write(Array.isArray(part) ? part.with(Number(key), hole) : { ...part, [key]: hole }));
    }
  };
  visit(value, (hole) => hole);
  return frames;
}

/** How large a body is made; the last ones are exactly the limit and one byte more. */
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(500, 5000, 20_000) },
  { weight: 5, arbitrary: fc.constantFrom(60_000, 120_000, 500_000) },
  { weight: 2, arbitrary: fc.constant(-1) },
  { weight: 1, arbitrary: fc.constant(-2) },
);

/** Bodies of up to the limit and one byte more, each with one large or problematic value. */
export const largeCases: fc.Arbitrary<Case> = fc
  .record({
    operation: fc.constantFrom(...BODIES),
    frame: fc.nat(),
    fragment: fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...FRAGMENTS) }, fc.constantFrom(...TRAPS)),
    size: sizes,
    chunked: fc.boolean(),
    as: fc.constantFrom("d1" as const, "object" as const),
  })
  .map(({ operation, frame, fragment, size, chunked, as }) => {
    const { id, method, path, frames, limit } = operation;
    const [before, after] = frames[frame % frames.length]!;
    const bytes = typeof fragment === "string" ? 0 : size > 0 ? size : size === -1 ? limit : limit + 1;
    const rest = Buffer.byteLength(before + after);
    const text = before + (typeof fragment === "string" ? fragment : fragment(bytes - rest)) + after;
    // Spaces at the end fill the body up to its size.
    const body = Buffer.from(text.padEnd(bytes));
    const step = {
      method,
      path: withStored(path, 1),
      as,
      headers: { "Content-Type": "application/json" },
      body,
      chunked,
    };
    const verify = ([answer]: Answer[]) => {
      // A body can also have too many JSON values; the answer says which limit it is.
      const isTooLarge = answer?.status === 413 && !answer.text.includes("values");
      return body.length > limit === isTooLarge ? [] : [`status ${answer?.status} for ${body.length} bytes`];
    };
    return { kind: `large ${id}`, steps: [step], verify };
  });
