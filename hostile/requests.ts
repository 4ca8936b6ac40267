import fc from "fast-check";
import { valuesOf } from "../test/support/arbitrary.ts";
import { bodies } from "../test/support/bodies.ts";
import { type JsonSchema, OPERATIONS, type Parameter } from "../test/support/document.ts";
import { headerText, hostileTexts, oddZones } from "./texts.ts";

/** An operation of the API's document. */
export type Documented = (typeof OPERATIONS)[number];

/** A version 4 UUID that does not exist. */
export const NOBODY = "99999999-9999-4999-8999-999999999999";
/** The meter id in the document's examples, which can be replaced by an existing one. */
export const METER_ID = "1b671a64-40d5-491e-99b0-da01ff1f3341";

/** What is sent to an operation; where its path has an id in braces, something that is stored belongs there. */
export type Made = { path: string; query: string; headers: Record<string, string>; body?: string | Uint8Array };

/** How a part of a request is generated: only as the document allows, or mostly so. */
type Choice = "allowed" | "any";
type Pair = [name: string, value: string];

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The schema of a parameter that is sent: null in the document means that it may be left out. */
const present = (schema: JsonSchema): JsonSchema =>
  schema["anyOf"] ? { anyOf: schema["anyOf"].filter((each: JsonSchema) => each["type"] !== "null") } : schema;

/** Values of a parameter that the document allows, one for each time that it is given. */
const allowedTexts = ({ schema }: Parameter): fc.Arbitrary<string[]> =>
  valuesOf(present(schema)).map((value) => [value].flat().map(asText));

const hostileLists = fc.oneof(
  { weight: 8, arbitrary: hostileTexts.map((text) => [text]) },
  fc
    .tuple(hostileTexts, fc.constantFrom(2, 20, 500))
    .map(([text, times]) => Array<string>(times).fill(text.slice(0, 20))),
);

/** Values of a parameter of all kinds. */
function anyTexts(parameter: Parameter): fc.Arbitrary<string[]> {
  const { name, example } = parameter;
  const shown = example === undefined ? [] : [{ weight: 6, arbitrary: fc.constant<string[]>([asText(example)]) }];
  const zones = name === "timezone" ? [{ weight: 6, arbitrary: oddZones.map((zone) => [zone]) }] : [];
  const allowed = { weight: 4, arbitrary: allowedTexts(parameter) };
  return fc.oneof(...shown, ...zones, allowed, { weight: 1, arbitrary: hostileLists });
}

const conditions = fc
  .dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 2 })
  .map((metadata) => Object.entries(metadata).map(([key, value]): Pair => [`metadata[${key}]`, value]));
const ODD_CONDITIONS = [
  "metadata",
  "metadata[",
  "metadata[]",
  "metadata[a][b]",
  "metadata[__proto__]",
  `metadata${"[".repeat(4000)}`,
];
const oddConditions = fc
  .tuple(fc.constantFrom(...ODD_CONDITIONS), hostileLists)
  .map(([name, texts]) => texts.map((text): Pair => [name, text]));

function pairsOf(parameter: Parameter, choice: Choice): fc.Arbitrary<Pair[]> {
  if (parameter.name === "metadata") return choice === "allowed" ? conditions : fc.oneof(conditions, oddConditions);
  const texts = choice === "allowed" ? allowedTexts(parameter) : anyTexts(parameter);
  return texts.map((values) => values.map((value): Pair => [parameter.name, value]));
}

/** The names of all operations' parameters, which other operations ignore, and unknown names. */
const otherNames = fc.oneof(
  fc.constantFrom(...new Set(OPERATIONS.flatMap(({ operation }) => (operation.parameters ?? []).map(({ name }) => name)))),
  hostileTexts.map((text) => text.slice(0, 100)),
); // prettier-ignore
const others = fc.tuple(otherNames, hostileTexts).map((pair): Pair[] => [pair]);
const none = fc.constant<Pair[]>([]);

function queriesOf(parameters: Parameter[], choice: Choice): fc.Arbitrary<string> {
  const given = parameters
    .filter((each) => each.in === "query")
    .map((parameter) => {
      const pairs = pairsOf(parameter, choice);
      if (parameter.required !== true) return fc.oneof({ weight: 3, arbitrary: none }, pairs);
      return choice === "allowed" ? pairs : fc.oneof({ weight: 4, arbitrary: none }, { weight: 20, arbitrary: pairs });
    });
  const more = choice === "allowed" ? none : fc.oneof({ weight: 15, arbitrary: none }, others);
  return fc.tuple(...given, more).map((pairs) => new URLSearchParams(pairs.flat()).toString().slice(0, 40_000));
}

/** Headers that are read before the operation is known. */
const GENERAL = [
  "Accept",
  "Content-Encoding",
  "Origin",
  "Polar-Version",
  "X-Request-Id",
  "Access-Control-Request-Method",
];

function headersOf(parameters: Parameter[], choice: Choice): fc.Arbitrary<Record<string, string>> {
  const named = parameters
    .filter((each) => each.in === "header")
    .map(({ name, schema }) => {
      // Headers beyond ASCII cannot be sent unchanged, and surrounding white space is removed.
      const allowed = valuesOf(schema).map((value) => asText(value).replaceAll(/[^ -~]/g, "").trim() || "x"); // prettier-ignore
      const texts = choice === "allowed" ? allowed : fc.oneof(allowed, hostileTexts.map(headerText));
      return fc.option(texts.map((text) => ({ [name]: text })), { nil: {}, freq: 1 }); // prettier-ignore
    });
  const general = fc.tuple(fc.constantFrom(...GENERAL), hostileTexts.map(headerText));
  const other = fc.option(general.map(([name, text]) => ({ [name]: text })), { nil: {} }); // prettier-ignore
  return fc.tuple(...named, ...(choice === "allowed" ? [] : [other])).map((each) => Object.assign({}, ...each));
}

const TYPES = [
  undefined,
  "application/json; charset=utf-8",
  "application/vnd.x+json",
  "text/plain",
  "nonsense",
  `application/${"a+".repeat(4000)}!`,
];
const contentTypes = fc.oneof({ weight: 12, arbitrary: fc.constant("application/json") }, fc.constantFrom(...TYPES));

/** Bodies of an operation, about half of them as documented; and bytes around them that are not JSON. */
export function bodiesOf(schema: JsonSchema): fc.Arbitrary<string | Uint8Array> {
  const valid = valuesOf(schema);
  const some = fc.oneof(
    { weight: 4, arbitrary: valid.map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: valid.chain((value) => bodies(value)) },
    { weight: 1, arbitrary: valid.map((value) => JSON.stringify(value).replaceAll(/[^ -~]/g, escapeOf)) },
  );
  const before = fc.constantFrom("\ufeff", "\ufeff\ufeff", " ".repeat(50_000));
  const after = fc.constantFrom("\u00ff", "\u00c3", "\u00ed\u00a0\u0080", "\0");
  return fc.oneof(
    { weight: 8, arbitrary: some },
    fc.tuple(before, some).map(([start, body]) => joined(start, body)),
    fc.tuple(some, after).map(([body, end]) =>
      joined(
        body,
        Uint8Array.from(end, (char) => char.charCodeAt(0)),
      ),
    ),
  );
}

const escapeOf = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

function joined(...parts: (string | Uint8Array)[]): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(parts.flatMap((part) => [...(typeof part === "string" ? encoder.encode(part) : part)]));
}

const ODD_IDS = [NOBODY, NOBODY.toUpperCase(), "x", "%00", "%", "..%2f", "%C3%A9", "%F0%28", "0".repeat(5000)];

/** The path of an operation with something stored, with anything in its place, or with a slash at its end. */
function pathsOf(path: string): fc.Arbitrary<string> {
  const odd = fc.constantFrom(...ODD_IDS).map((id) => path.replace(/\{\w+\}/, id));
  const paths = fc.oneof({ weight: 8, arbitrary: fc.constant(path) }, odd);
  const ends = fc.constantFrom("", "", "", "/");
  return fc.tuple(paths, ends).map(([some, end]) => some.replace(/\/$/, "") + end);
}

/** Requests of an operation: most of what is in them is what the document allows. */
export function requestsOf({ path, operation }: Documented): fc.Arbitrary<Made> {
  const { parameters = [], requestBody } = operation;
  const schema = requestBody?.content["application/json"].schema;
  const made = fc.record({
    path: pathsOf(path),
    query: queriesOf(parameters, "any"),
    headers: headersOf(parameters, "any"),
    ...(schema && { body: bodiesOf(schema) }),
  });
  return fc.tuple(made, contentTypes).map(([{ headers, ...rest }, type]) => ({
    ...rest,
    headers: { ...headers, ...(schema && type !== undefined && { "Content-Type": type }) },
  }));
}

/** Query strings and headers in which there is nothing but what the document allows. */
export function allowedParametersOf({ operation }: Documented): fc.Arbitrary<Pick<Made, "query" | "headers">> {
  const { parameters = [] } = operation;
  return fc.record({ query: queriesOf(parameters, "allowed"), headers: headersOf(parameters, "allowed") });
}

/** The request that the document shows. */
export function shownRequest({ path, operation }: Documented): Made {
  const { parameters = [], requestBody } = operation;
  const example = requestBody?.content["application/json"].example;
  const needed = parameters.filter((each) => each.in === "query" && each.required);
  return {
    path,
    query: new URLSearchParams(needed.map((each): Pair => [each.name, asText(each["example"])])).toString(),
    headers: {},
    ...(example !== undefined && { body: JSON.stringify(example) }),
  };
}
