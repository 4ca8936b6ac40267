import fc from "fast-check";

const ZONES = Intl.supportedValuesOf("timeZone");

/** A time zone whose letters are in any case. */
export const oddZones: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("Europe/Paris", "Africa/Nairobi", ...ZONES), fc.bigInt({ min: 0n, max: 2n ** 40n }))
  .map(([zone, bits]) =>
    [...zone].map((char, at) => ((bits >> BigInt(at)) & 1n ? char.toUpperCase() : char.toLowerCase())).join(""),
  );

/** Lengths of hostile texts that fit into a header or a query string. */
const lengths = fc.constantFrom(1, 20, 300, 2000, 8000);

/** Texts that are expensive to parse, mostly because they are long and almost valid. */
const longTexts = fc
  .tuple(
    fc.constantFrom(
      " ",
      "\t",
      "0",
      "9",
      "x",
      "/",
      ",",
      ", ",
      '"',
      '"a",',
      'W/"1",',
      "[",
      "{",
      '{"a":',
      "a+",
      "%",
      "é",
      "=",
      ";",
    ),
    lengths,
    fc.constantFrom("", "", "x", "!", '"', "*"),
  )
  .map(([unit, length, end]) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length) + end);

const clause = '{"property":"a","operator":"like","value":"b"}';
const nested = (levels: number) => '{"conjunction":"or","clauses":['.repeat(levels) + clause + "]}".repeat(levels);
const JSON_TEXTS = [
  "null",
  "[]",
  "{",
  '"x"',
  '{"conjunction":"and","clauses":[]}',
  nested(2),
  nested(16),
  nested(17),
  nested(300),
  `{"conjunction":"and","clauses":[${Array(200).fill(clause).join(",")}]}`,
  `{"conjunction":"and","clauses":[${Array(301).fill(clause).join(",")}]}`,
  `{"conjunction":"and","clauses":[${Array(700).fill("{}").join(",")}]}`,
  `{"conjunction":"and","clauses":[{"property":"${"a.".repeat(2000)}","operator":"eq","value":1}]}`,
  '{"conjunction":"and","clauses":[{"toString":1,"valueOf":1}]}',
  '{"__proto__":{"clauses":[]},"conjunction":"and"}',
];

const NUMBERS = [
  "0",
  "-1",
  "1",
  "1.0",
  "1e3",
  "1e400",
  "NaN",
  "9007199254740993",
  "99999999999999999999",
  "9223372036854775807",
];
const WORDS = [
  "Infinity",
  "null",
  "undefined",
  "true",
  "TRUE",
  "name",
  "-name",
  "--name",
  "hour",
  "day",
  "week",
  "month",
  "year",
];
const TRAPS = [
  "__proto__",
  "constructor",
  "toString",
  "../..",
  "' OR 1=1 --",
  '"; DROP TABLE events',
  "$.a",
  "*",
  "%",
  "_",
  "%25",
];
const LETTERS = ["", " ", "\0", "a\0b", "\ud800", "é", "İ", "ß", "a b", "\u202e", "\ufeff"];
const DATES = [
  "2026-01-01",
  "2026-01-01T00:00:00",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999999Z",
  "2026-02-30T00:00:00Z",
];
const TIMES = [
  "2026-01-01T24:00:00Z",
  "2026-01-01T00:00:00+99:99",
  "2026-01-01T00:00:00-00:00",
  "2026-06-30T23:59:60Z",
];
const PLACES = ["UTC", "utc", "+02:00", "Etc/GMT+14", "Europe/../Paris"];

/** Values that are not documented, for parameters and headers. */
export const hostileTexts: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NUMBERS, ...WORDS, ...TRAPS, ...LETTERS, ...DATES, ...TIMES, ...PLACES) },
  { weight: 3, arbitrary: longTexts },
  { weight: 2, arbitrary: fc.constantFrom(...JSON_TEXTS) },
  { weight: 2, arbitrary: oddZones },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
);

/** Removes the characters of a text that a header cannot have. */
export function headerText(text: string): string {
  return text.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, "").slice(0, 8192);
}
