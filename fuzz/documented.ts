import fc from "fast-check";
import { valuesOf } from "../test/support/arbitrary.ts";
import { bodies } from "../test/support/bodies.ts";
import { type JsonSchema, OPERATIONS, type Parameter } from "../test/support/document.ts";
import { NOBODY } from "./server.ts";
import { headerText, hostileTexts, oddZones } from "./texts.ts";
import type { Case, Credential, Request } from "./types.ts";

type Documented = (typeof OPERATIONS)[number];

/** Mostly a token that may do what is asked. */
const credentials: fc.Arbitrary<Credential> = fc.oneof(
  { weight: 16, arbitrary: fc.constant<Credential>("first") },
  { weight: 3, arbitrary: fc.constant<Credential>("second") },
  { weight: 1, arbitrary: fc.constantFrom<Credential>("reader", "revoked", "expired", "unknown", "none") },
);

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The schema of a parameter that is sent: null in the document means that it may be left out. */
const present = (schema: JsonSchema): JsonSchema =>
  schema["anyOf"] ? { anyOf: schema["anyOf"].filter((each: JsonSchema) => each["type"] !== "null") } : schema;

/** Values of a parameter, one for each time that it is given. */
function textsOf({ name, schema, example }: Parameter): fc.Arbitrary<string[]> {
  const hostile = fc.oneof(
    { weight: 8, arbitrary: hostileTexts.map((text) => [text]) },
    fc
      .tuple(hostileTexts, fc.constantFrom(2, 20, 500))
      .map(([text, times]) => Array<string>(times).fill(text.slice(0, 20))),
  );
  const allowed = name === "metadata" ? hostile : valuesOf(present(schema)).map((value) => [value].flat().map(asText));
  const shown = example === undefined ? [] : [{ weight: 6, arbitrary: fc.constant<string[]>([asText(example)]) }];
  const zones = name === "timezone" ? [{ weight: 6, arbitrary: oddZones.map((zone) => [zone]) }] : [];
  return fc.oneof(...shown, ...zones, { weight: 4, arbitrary: allowed }, { weight: 1, arbitrary: hostile });
}

const metadataNames = fc.oneof(
  fc.string({ maxLength: 8 }).map((key) => `metadata[${key}]`),
  fc.constantFrom(
    "metadata",
    "metadata[",
    "metadata[]",
    "metadata[a][b]",
    "metadata[__proto__]",
    `metadata${"[".repeat(4000)}`,
  ),
);

/** A query string of documented parameters, and now and then of any others. */
function queriesOf(parameters: Parameter[]): fc.Arbitrary<string> {
  const given = parameters
    .filter((each) => each.in === "query")
    .map((parameter) => {
      const names = parameter.name === "metadata" ? metadataNames : fc.constant(parameter.name);
      const pairs = fc.tuple(names, textsOf(parameter)).map(([name, texts]) => texts.map((text) => [name, text]));
      const wanted = parameter.required === true ? 20 : 1;
      return fc.oneof({ weight: 4, arbitrary: fc.constant<string[][]>([]) }, { weight: wanted, arbitrary: pairs });
    });
  const other = fc.tuple(hostileTexts, hostileTexts).map(([name, text]) => [[name.slice(0, 100), text]]);
  const others = fc.oneof({ weight: 15, arbitrary: fc.constant<string[][]>([]) }, other);
  return fc
    .tuple(...given, others)
    .map((pairs) => new URLSearchParams(pairs.flat() as [string, string][]).toString().slice(0, 40_000));
}

/** The documented headers, and those that are read before any operation is. */
function headersOf(parameters: Parameter[]): fc.Arbitrary<Record<string, string>> {
  const named = parameters.filter((each) => each.in === "header");
  const general = [
    "Accept",
    "Content-Encoding",
    "Origin",
    "Polar-Version",
    "X-Request-Id",
    "Access-Control-Request-Method",
  ];
  const own = named.map(({ name, schema }) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant({}) },
      fc.oneof(valuesOf(schema).map(asText), hostileTexts).map((text) => ({ [name]: headerText(text) })),
    ),
  );
  const other = fc
    .tuple(fc.constantFrom(...general), hostileTexts)
    .map(([name, text]) => ({ [name]: headerText(text) }));
  return fc
    .tuple(fc.oneof({ weight: 12, arbitrary: fc.constant({}) }, other), ...own)
    .map((each) => Object.assign({}, ...each));
}

/** Paths of an operation: with the id of something stored, or with anything in its place. */
function pathsOf(path: string): fc.Arbitrary<string> {
  const kind = path.split("/")[2]!;
  const stored = fc.nat(500).map((at) => `@${kind}:${at}@`);
  const odd = fc.constantFrom(
    NOBODY,
    NOBODY.toUpperCase(),
    "x",
    "%00",
    "%",
    "..%2f",
    "%C3%A9",
    "%F0%28",
    "0".repeat(5000),
  );
  const id = fc.oneof({ weight: 8, arbitrary: stored }, odd);
  const slash = fc.constantFrom("", "", "", "/");
  return fc.tuple(id, slash).map(([text, end]) => path.replace("{id}", text).replace(/\/$/, "") + end);
}

const TYPES = [
  "application/json; charset=utf-8",
  "application/vnd.x+json",
  "text/plain",
  "nonsense",
  "",
  `application/${"a+".repeat(4000)}!`,
];
const contentTypes = fc.oneof({ weight: 12, arbitrary: fc.constant("application/json") }, fc.constantFrom(...TYPES));

/** Bodies of an operation, about half of them as documented; and bytes around them that are not JSON. */
function bodiesOf(schema: JsonSchema): fc.Arbitrary<Buffer> {
  const valid = valuesOf(schema);
  const some = fc.oneof(
    { weight: 4, arbitrary: valid.map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: valid.chain((value) => bodies(value)) },
    {
      weight: 1,
      arbitrary: valid.map((value) =>
        JSON.stringify(value).replaceAll(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
      ),
    },
  );
  const before = fc.constantFrom("", "", "", "", "", "", "\ufeff", "\ufeff\ufeff", " ".repeat(50_000));
  const after = fc.constantFrom<number[]>([], [], [], [], [], [], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0x00]);
  return fc
    .tuple(before, some, after)
    .map(([start, body, end]) => Buffer.concat([Buffer.from(start), Buffer.from(body as string), Buffer.from(end)]));
}

function requestsOf({ method, path, operation }: Documented): fc.Arbitrary<Request> {
  const { parameters = [], requestBody } = operation;
  const schema = requestBody?.content["application/json"].schema;
  const methods = method === "GET" ? fc.constantFrom("GET", "GET", "GET", "GET", "GET", "HEAD") : fc.constant(method);
  return fc
    .record({
      method: methods,
      path: pathsOf(path),
      query: queriesOf(parameters),
      as: credentials,
      headers: headersOf(parameters),
      ...(schema && {
        body: bodiesOf(schema),
        type: contentTypes,
        chunked: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
    })
    .map(({ query, type, chunked, ...rest }) => {
      const headers = { ...rest.headers, ...(type !== undefined && type !== "" && { "Content-Type": type }) };
      return {
        ...rest,
        headers,
        path: query === "" ? rest.path : `${rest.path}?${query}`,
        chunked: chunked === true,
      };
    });
}

/** Requests of every documented operation: its path, parameters, headers and body are mostly as documented. */
export const documentedCases: fc.Arbitrary<Case> = fc.oneof(
  ...OPERATIONS.map((each) =>
    requestsOf(each).map((step) => ({ kind: `documented ${each.operation.operationId}`, steps: [step] })),
  ),
);
