import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, it } from "vitest";
import { customerMeterId } from "../../src/metering/customer-meter-id.ts";
import { type Answer, call, grant, METER, NOBODY, problems } from "../support/api.ts";
import { valuesOf } from "../support/arbitrary.ts";
import { bodies } from "../support/bodies.ts";
import { STORE } from "../support/stores.ts";
import { type JsonSchema, OPERATIONS, type Parameter, validatorOf } from "../support/document.ts";

type Request = { id: string; query: string; headers: Record<string, string>; body?: string | Uint8Array };

const runs = { numRuns: Math.ceil(Number(env.PROPERTY_CASES) / 2) };
const CASES = OPERATIONS.map(({ method, path, operation: { operationId: id, parameters = [], requestBody } }) => {
  const { schema, example } = requestBody?.content["application/json"] ?? {};
  return { id, method, path, parameters, schema, example };
});
type Case = (typeof CASES)[number];

/** The meter that the document's bodies name, and what each test has instead. */
const METER_ID = "1b671a64-40d5-491e-99b0-da01ff1f3341";
let meter: string;
let token: string;
let event: string;
let ownToken: string | undefined;
beforeEach(async () => {
  ownToken = undefined;
  token = await grant();
  meter = await newMeter();
  await call("POST", "/v1/customers/", { token, body: { email: "c@example.com", external_id: "customer-1" } });
  await call("POST", "/v1/events/ingest", { token, body: { events: [{ name: "e", external_customer_id: "c" }] } });
  [{ id: event }] = (await call("GET", "/v1/events/", { token })).json.items;
});

/** A new meter that matches nothing, so that its definition may change. */
async function newMeter(): Promise<string> {
  const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "never" }] };
  return (await call("POST", "/v1/meters/", { token, body: { ...METER, filter } })).json.id;
}

/** Sends a request of an operation; `own` stands for something that is there. */
async function send({ id, method, path }: Case, request: Partial<Request> = {}): Promise<Answer> {
  const { id: named = "own", query = "", body, ...rest } = request;
  const own = path.includes("{") && named === "own" ? await makeOwn(id) : named;
  const sent = typeof body === "string" ? body.replaceAll(METER_ID, meter) : body;
  return call(method, `${path.replace(/\{\w+\}/, own)}?${query}`, { token, ...rest, body: sent });
}

/** Makes what an operation takes, and returns how its path names it. */
async function makeOwn(operationId: string): Promise<string> {
  if (operationId.startsWith("events:")) return event;
  if (operationId.startsWith("meters:")) return newMeter();
  if (operationId.startsWith("organization_access_tokens:")) {
    // Each operation lists them all: only what deletes one needs another each time.
    if (!operationId.endsWith(":delete") && ownToken !== undefined) return ownToken;
    const body = { comment: "another", scopes: ["meters:read"] };
    const { json } = await call("POST", "/v1/organization-access-tokens/", { token, body });
    return (ownToken = json.organization_access_token.id as string);
  }
  const external_id = crypto.randomUUID();
  const body = { email: `${external_id}@example.com`, external_id };
  const { json } = await call("POST", "/v1/customers/", { token, body });
  if (operationId.startsWith("customer_meters:")) return customerMeterId(json.id, meter);
  return operationId.endsWith("_external") ? external_id : json.id;
}

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What a parameter stands for when it is there: null says that it is not. */
const present = (schema: JsonSchema): JsonSchema =>
  schema["anyOf"] ? { anyOf: schema["anyOf"].filter((each: JsonSchema) => each["type"] !== "null") } : schema;

/** Values of a parameter as text, one for each time that it is given. */
const allowedTexts = ({ schema }: Parameter): fc.Arbitrary<string[]> =>
  valuesOf(present(schema)).map((value) => [value].flat().map(asText));

/** The same, or anything. */
const anyTexts = (parameter: Parameter): fc.Arbitrary<string[]> =>
  fc.oneof(
    { weight: 4, arbitrary: allowedTexts(parameter) },
    fc.array(fc.string({ unit: "binary", maxLength: 12 }), { maxLength: 2 }),
  );

/** A query string: each parameter some times or not at all, and conditions on metadata. */
function queriesOf({ parameters }: Case, textsOf: typeof anyTexts): fc.Arbitrary<string> {
  const given = parameters
    .filter((parameter) => parameter.in === "query" && parameter.name !== "metadata")
    .map((parameter) => {
      const texts = textsOf(parameter).map((values) =>
        values.map((value) => [parameter.name, value] as [string, string]),
      );
      return parameter.required === true ? texts : fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, texts);
    });
  const conditions = fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 2 });
  return fc.tuple(fc.tuple(...given), conditions).map(([pairs, metadata]) => {
    const more = Object.entries(metadata).map(([key, value]) => [`metadata[${key}]`, value]);
    return new URLSearchParams([...pairs.flat(), ...more]).toString();
  });
}

/** Headers of a request: those that the document names, with what it allows, or some of them. */
function headersOf({ parameters }: Case): fc.Arbitrary<Record<string, string>> {
  const named = parameters.filter((parameter) => parameter.in === "header");
  const pairs = named.map(({ name, schema }) =>
    // Beyond ASCII a header can't be sent; what stands around it is cut off on the way.
    fc.option(
      valuesOf(schema).map(
        (value) =>
          [
            name,
            asText(value)
              .replaceAll(/[^ -~]/g, "")
              .trim() || "x",
          ] as const,
      ),
    ),
  );
  return fc.tuple(...pairs).map((given) => Object.fromEntries(given.filter((pair) => pair !== null)));
}

/** Requests of an operation: most of what is in them is what the document allows. */
function requestsOf(given: Case): fc.Arbitrary<Request> {
  const { schema } = given;
  const type = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("application/json", "application/json; charset=utf-8") },
    fc.constantFrom("text/plain", "nonsense"),
  );
  const body =
    schema &&
    fc.oneof(
      valuesOf(schema).map((value) => JSON.stringify(value)),
      valuesOf(schema).chain(bodies),
    );
  return fc.record({
    id: fc.oneof({ weight: 4, arbitrary: fc.constant("own") }, fc.constantFrom(NOBODY, "x", "%00", "%", "..%2f", "é")),
    query: queriesOf(given, anyTexts),
    headers: fc.tuple(headersOf(given), fc.option(type, { nil: undefined })).map(([headers, contentType]) => ({
      ...headers,
      ...(contentType !== undefined && { "Content-Type": contentType }),
    })),
    ...(body && { body }),
  });
}

/** What a schema can't say: rules between fields, of clocks, of what else is stored. */
const BEYOND_SCHEMAS = new Set([
  "value_error",
  "organization_token",
  "customer_id",
  "external_customer_id",
  "meter_id",
  "query",
  "forbidden",
  "idempotency_key_reuse",
  "int_parsing_size",
  "decimal_parsing",
  "decimal_max_digits",
]);

function isTaken({ status }: Answer): boolean {
  return status < 300 || status === 304;
}

function isBeyondSchemas(answer: Answer): boolean {
  if (answer.status === 412) return true;
  // How many levels and clauses a filter has, and how many bytes an event.
  const isLarge = (problem: string) => /(\bfilter\b.*|\.events\.\d+) too_long$/.test(problem);
  // A header's own form is in its schema.
  const isOfHeader = (problem: string) => /^header\..* value_error$/.test(problem);
  // That one of two ids is needed.
  const isOfCustomer = (problem: string) => problem === "body.customer_id missing";
  const isBeyond = (problem: string) =>
    isLarge(problem) ||
    isOfCustomer(problem) ||
    (BEYOND_SCHEMAS.has(problem.split(" ").at(-1)!) && !isOfHeader(problem));
  return answer.status === 422 && problems(answer).every(isBeyond);
}

/** The request that the document shows. */
const shown = ({ parameters, example }: Case): Partial<Request> => ({
  query: new URLSearchParams(
    parameters
      .filter((each) => each.in === "query" && each.required)
      .map((each) => [each.name, asText(each["example"])]),
  ).toString(),
  ...(example !== undefined && { body: JSON.stringify(example) }),
});

describe.for(CASES)("Requests made of what the document says of $id", (given) => {
  it("are answered as the document says, and never with 5xx", async ({ expect }) => {
    expect(isTaken(await send(given, shown(given)))).toBe(true);
    await fc.assert(
      fc.asyncProperty(requestsOf(given), async (request) => {
        // Throws when the status, a header or the body is not documented.
        expect((await send(given, request)).status).toBeLessThan(500);
      }),
      runs,
    );
  });

  it("are accepted with every parameter that it allows, except for what no schema can say", async ({ expect }) => {
    const requests = fc.record({ query: queriesOf(given, allowedTexts), headers: headersOf(given) });
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const answer = await send(given, { ...shown(given), ...request });
        expect(isTaken(answer) || isBeyondSchemas(answer), answer.text).toBe(true);
      }),
      runs,
    );
  });
});

// What schemas accept does not depend on the store.
describe.for(STORE === "d1" ? CASES.filter(({ schema }) => schema) : [])("A body of $id", (given) => {
  const schema = given.schema!;

  it("that the document allows is accepted, except for what no schema can say", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(valuesOf(schema), async (body) => {
        const answer = await send(given, { body: JSON.stringify(body) });
        expect(isTaken(answer) || isBeyondSchemas(answer), answer.text).toBe(true);
      }),
      runs,
    );
  });

  it("that is taken is one that the document allows", async ({ expect }) => {
    // Of formats, the Worker reads more forms than it documents.
    const documented = validatorOf(
      JSON.parse(JSON.stringify(schema, (key, value) => (key === "format" ? undefined : value))),
    );
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(bodies(given.example, { changes: 1 }), async (body) => {
        if (!isTaken(await send(given, { body }))) return;
        taken++;
        const sent: unknown = JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body));
        expect(documented.validate(sent).errors).toEqual([]);
      }),
      // Few changed bodies are still valid.
      { numRuns: Math.max(200, runs.numRuns) },
    );
    expect(taken).toBeGreaterThan(0);
  });
});
