import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findProblems } from "../../hostile/judge.ts";
import {
  allowedParametersOf,
  type Documented,
  type Made,
  METER_ID,
  requestsOf,
  shownRequest,
} from "../../hostile/requests.ts";
import { type Answer, call, grant, problems } from "../support/api.ts";
import { valuesOf } from "../support/arbitrary.ts";
import { bodies } from "../support/bodies.ts";
import { cases } from "../support/cases.ts";
import { type JsonSchema, OPERATIONS, SCHEMAS, validatorOf } from "../support/document.ts";
import type { Ids, Send } from "../support/example.ts";
import { EXAMPLES, makeExamples, resourceOf, tokenFor, unrelatedTo } from "../support/examples.ts";

const runs = { numRuns: cases(1 / 8) };
const CASES = OPERATIONS.map((documented) => ({ id: documented.operation.operationId, documented }));

/** What bodies and paths name, made anew for each operation. */
let token: string;
let ids: Ids;
const sendJson: Send = async (method, path, body) => (await call(method, path, { token, body })).json;

async function begin(path: string) {
  token = await grant({ organization_id: crypto.randomUUID() });
  // Nothing is counted, so that a meter's definition may change.
  ids = await makeExamples(sendJson, ["events", ...unrelatedTo(path)]);
}

/** Sends a request of an operation; what differs from the one that the document shows is given. */
async function send(documented: Documented, made: Partial<Made>): Promise<Answer> {
  const answer = await sendOnce(documented, made);
  if (!isFull(answer)) return answer;
  await begin(documented.path);
  return sendOnce(documented, made);
}

/** Whether the organization has as many of something as it may. */
const isFull = (answer: Answer) =>
  answer.status === 409 || (answer.status === 422 && problems(answer).includes("body too_many"));

async function sendOnce(documented: Documented, made: Partial<Made>): Promise<Answer> {
  const { method } = documented;
  const { path, query, headers, body } = { ...shownRequest(documented), ...made };
  const own = path.includes("{") ? path.replace(/\{\w+\}/, await ownOf(documented)) : path;
  const sent = { method, path: `${own}?${query}`, body: typeof body === "string" ? body.replaceAll(METER_ID, ids["meter_id"]!) : body }; // prettier-ignore
  // A runtime writes a warning for each header beyond ASCII that is made in it.
  const ascii = Object.entries(headers).map(([name, text]) => [name, text.replaceAll(/[^ -~]/g, "")]);
  const answer = await call(method, sent.path, {
    token: tokenFor(path, token, ids),
    headers: Object.fromEntries(ascii),
    body: sent.body,
  });
  const found = findProblems(sent, answer);
  if (found.length > 0) throw new Error(found.join("; "));
  return answer;
}

/** How an operation's path names an item: what is changed or deleted is made for it. */
async function ownOf({ method, path }: Pick<Documented, "method" | "path">): Promise<string> {
  const resource = resourceOf(path);
  const isKept = ids[resource] !== undefined && !["PATCH", "DELETE"].includes(method);
  const named: Ids & { id: string } = isKept ? { ...ids, id: ids[resource]! } : await EXAMPLES[resource]!.make(sendJson, ids, crypto.randomUUID()); // prettier-ignore
  if (named.id === undefined) {
    // The organization has as many of them as it may.
    await begin(path);
    return ownOf({ method, path });
  }
  ids[resource] ??= named.id;
  return path.includes("{external_id}") ? named["external_id"]! : named.id;
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
  "event_not_counted",
  "not_found",
  "not_voidable",
]);

function withoutFormats<S extends object>(schema: S): S {
  const isFormat = (key: string, value: unknown) => key === "format" && typeof value === "string";
  return JSON.parse(JSON.stringify(schema, (key, value) => (isFormat(key, value) ? undefined : value)));
}

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
  const isOfCustomer = (problem: string) => /^(body|query)\.customer_id missing$/.test(problem);
  const isBeyond = (problem: string) =>
    isLarge(problem) ||
    isOfCustomer(problem) ||
    (BEYOND_SCHEMAS.has(problem.split(" ").at(-1)!) && !isOfHeader(problem));
  return answer.status === 422 && problems(answer).every(isBeyond);
}

/** @throws an Error with an answer that refuses what a schema allows */
function mustTake(answer: Answer): void {
  if (!isTaken(answer) && !isBeyondSchemas(answer)) throw new Error(answer.text);
}

/** What a valid token of an organization that is not disturbed never gets. */
const NEVER = [401, 403, 405, 429, 503];

// One test for each operation, because making what requests name takes as long as sending them.
describe.for(CASES)("Requests made of what the document says of $id", ({ documented }) => {
  it("are answered as it says, and taken or refused as it says", async () => {
    await begin(documented.path);
    const shown = await send(documented, {});
    // Only one of a customer's ids is needed, so the document shows neither in a query.
    mustTake(shown);
    await neverFail(documented);
    await takeAllowedParameters(documented);
    if (documented.operation.requestBody === undefined) return;
    const { schema, example } = documented.operation.requestBody.content["application/json"];
    await takeAllowedBodies(documented, schema);
    // What is shown can be made once.
    await begin(documented.path);
    await takeNoOtherBody(documented, schema, example);
  });
});

async function neverFail(documented: Documented) {
  const property = fc.asyncProperty(requestsOf(documented), async (made) => {
    expect(NEVER).not.toContain((await send(documented, made)).status);
  });
  await fc.assert(property, runs);
}

async function takeAllowedParameters(documented: Documented) {
  const property = fc.asyncProperty(allowedParametersOf(documented), async (parameters) => {
    mustTake(await send(documented, parameters));
  });
  await fc.assert(property, runs);
}

async function takeAllowedBodies(documented: Documented, schema: JsonSchema) {
  const property = fc.asyncProperty(valuesOf(schema), async (body) => {
    mustTake(await send(documented, { body: JSON.stringify(body) }));
  });
  await fc.assert(property, runs);
}

async function takeNoOtherBody(documented: Documented, schema: JsonSchema, example: unknown) {
  // Of formats, the Worker reads more forms than it documents.
  const allowed = validatorOf({ ...withoutFormats(schema), $defs: withoutFormats(SCHEMAS) });
  let taken = 0;
  const property = fc.asyncProperty(bodies(example, { changes: 1 }), async (body) => {
    if (!isTaken(await send(documented, { body }))) return;
    taken++;
    const sent: unknown = JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body));
    expect(allowed.validate(sent).errors).toEqual([]);
  });
  // Few changed bodies are still valid: the one that is shown comes first.
  await fc.assert(property, { numRuns: cases(1 / 2), examples: [[JSON.stringify(example)]] });
  expect(taken).toBeGreaterThan(0);
}
