import fc from "fast-check";
import { env } from "cloudflare:workers";
import { Validator } from "@cfworker/json-schema";
import { beforeEach, describe, it } from "vitest";
import document from "../../src/openapi.json";
import { type Answer, call, grant, METER, NOBODY, problems } from "../support/api.ts";
import { valuesOf } from "../support/arbitrary.ts";
import { bodies } from "../support/bodies.ts";
import { OPERATIONS } from "../support/conformance.ts";

type Parameter = { in: "path" | "query" | "header"; name: string; required?: boolean; schema: object };
type Documented = { parameters?: Parameter[]; requestBody?: { content: { "application/json": { schema: object } } } };
type Request = { path: string; headers: Record<string, string>; body?: string | Uint8Array };

const runs = { numRuns: Number(env.RUNS) };
const CASES = OPERATIONS.map(({ method, path, operation }) => {
  const { parameters = [], requestBody } = operation as unknown as Documented;
  return {
    id: operation.operationId,
    method,
    path,
    parameters,
    schema: requestBody?.content["application/json"].schema,
  };
});

let token: string;
let ids: { meters: string; events: string };
beforeEach(async () => {
  token = await grant();
  // It matches nothing, so that its definition may change.
  const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "never" }] };
  const { json: meter } = await call("POST", "/v1/meters/", { token, body: { ...METER, filter } });
  await call("POST", "/v1/events/ingest", { token, body: { events: [{ name: "e", external_customer_id: "c" }] } });
  const { json: events } = await call("GET", "/v1/events/", { token });
  ids = { meters: meter.id, events: events.items[0].id };
});

/** A parameter's values as text: mostly what its schema allows, else anything. */
function textsOf({ schema }: Parameter): fc.Arbitrary<string[]> {
  const allowed = valuesOf(schema).map((value) =>
    [value].flat().map((each) => (typeof each === "string" ? each : JSON.stringify(each))),
  );
  return fc.oneof(
    { weight: 4, arbitrary: allowed },
    fc.array(fc.string({ unit: "binary", maxLength: 12 }), { maxLength: 2 }),
  );
}

/** A query string: each parameter some times or not at all, and conditions on metadata. */
function queriesOf(parameters: Parameter[]): fc.Arbitrary<string> {
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

/** Requests of an operation: most of what is in them is what the document allows. */
function requestsOf({ id: operationId, path, parameters, schema }: (typeof CASES)[number]): fc.Arbitrary<Request> {
  const id = fc.oneof(
    { weight: 4, arbitrary: fc.constant(operationId.startsWith("events:") ? ids.events : ids.meters) },
    fc.constantFrom(NOBODY, "x", "%00", "%", "..%2f", "é"),
  );
  const headers = fc.record(
    Object.fromEntries([
      ...parameters
        .filter((parameter) => parameter.in === "header")
        .map(({ name }) => [
          name,
          fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("*", '"1"', "return=representation")),
        ]),
      [
        "Content-Type",
        fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom("application/json", "application/json; charset=utf-8") },
          fc.constantFrom("text/plain", "nonsense"),
        ),
      ],
    ]),
    { requiredKeys: [] },
  );
  const body =
    schema &&
    fc.oneof(
      valuesOf(schema).map((value) => JSON.stringify(value)),
      valuesOf(schema).chain(bodies),
    );
  return fc.record({
    path: fc.tuple(id, queriesOf(parameters)).map(([one, query]) => `${path.replace("{id}", one)}?${query}`),
    headers,
    ...(body && { body }),
  });
}

/** What a schema can't say: rules between fields, of clocks, of what else is stored. */
const BEYOND_SCHEMAS = new Set([
  "value_error",
  "too_long",
  "organization_token",
  "customer_id",
  "forbidden",
  "int_parsing_size",
  "decimal_parsing",
  "decimal_max_digits",
]);

function isBeyondSchemas(answer: Answer): boolean {
  return answer.status === 422 && problems(answer).every((problem) => BEYOND_SCHEMAS.has(problem.split(" ").at(-1)!));
}

describe.for(CASES)("Requests made of what the document says of $id", (given) => {
  it("are answered as the document says, and never with 5xx", async ({ expect }) => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(requestsOf(given), async ({ path, headers, body }) => {
        // Throws when the status, a header or the body is not documented.
        const { status } = await call(given.method, path, { token, headers, body });
        seen.add(status);
        expect(status).toBeLessThan(500);
      }),
      runs,
    );
    expect([...seen].some((status) => status < 300)).toBe(true);
    expect([...seen].some((status) => status >= 400)).toBe(given.parameters.length > 0 || given.schema !== undefined);
  });
});

describe.for(CASES.filter(({ schema }) => schema))("A body of $id", ({ method, path, schema }) => {
  const target = () => path.replace("{id}", ids.meters);
  const $defs = document.components.schemas;
  const text = JSON.stringify({ ...schema, $defs }, (key, value) => (key === "format" ? undefined : value));
  const documented = new Validator(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")), "2020-12");

  it("that the document allows is taken, but for what no schema can say", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(valuesOf(schema!), async (body) => {
        const answer = await call(method, target(), { token, body });
        expect(answer.status < 300 || isBeyondSchemas(answer), answer.text).toBe(true);
      }),
      runs,
    );
  });

  it("that is taken is one that the document allows", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(valuesOf(schema!).chain(bodies), async (body) => {
        const answer = await call(method, target(), { token, body });
        if (answer.status >= 300) return;
        const sent: unknown = JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body));
        const { valid, errors } = documented.validate(sent);
        expect(errors).toEqual([]);
        expect(valid).toBe(true);
      }),
      runs,
    );
  });
});
