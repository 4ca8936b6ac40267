import { describe, it } from "vitest";
import { type Answer, call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { OPERATIONS, SCHEMAS, type JsonSchema } from "../support/document.ts";
import type { Ids, Send } from "../support/example.ts";
import { filledPath, idIn, makeExamples, REQUESTS, tokenFor } from "../support/examples.ts";

/** In every text of the organization that is attacked, and in none of the other one. */
const SECRET = "secret-of-another";
const DAY = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";
const AT = "2026-01-01T12:00:00Z";

/** An organization with one of each, under texts of its own, and the ids of these. */
async function setUp(organization_id: string, text: string) {
  const token = await grant({ organization_id });
  let sent = 0;
  const send: Send = async (method, path, body) => {
    const headers = { "Idempotency-Key": `key ${sent++}` };
    return (await call(method, path, { token, body, headers })).json;
  };
  const ids: Ids = { organization_id, ...(await makeExamples(send, [], text)) };
  const { customer_id, meter_id } = ids;
  const event = { name: text, customer_id, timestamp: AT, metadata: { text } };
  await call("POST", "/v1/events/ingest", { token, body: { events: [event] } });
  await send("POST", "/v1/customer-meters/credits", { customer_id, meter_id, units: 5 });
  return { token, ids };
}
type Organization = Awaited<ReturnType<typeof setUp>>;

/** Whether a field names something of Edgemeter's; a tax id, and members, are refused anyway. */
const isId = (name: string) => (name === "id" || name.endsWith("_id")) && !/^tax_id$|member_id$/.test(name);

/** The names of the ids that a body can have, also those in its arrays. */
function idsOfSchema(schema: JsonSchema, seen = new Set<string>()): string[] {
  const name = String(schema["$ref"] ?? "")
    .split("/")
    .at(-1)!;
  if (name !== "") return seen.has(name) ? [] : idsOfSchema(SCHEMAS[name]!, seen.add(name));
  const parts = [...(schema["anyOf"] ?? []), ...(schema["oneOf"] ?? []), ...(schema["allOf"] ?? [])];
  const properties: [string, JsonSchema][] = Object.entries(schema["properties"] ?? {});
  const inner = properties.flatMap(([key, value]) => (isId(key) ? [key] : idsOfSchema(value, seen)));
  const items = schema["items"] === undefined ? [] : idsOfSchema(schema["items"], seen);
  return [...new Set([...inner, ...items, ...parts.flatMap((part) => idsOfSchema(part, seen))])];
}

/** The requests of an operation: the paths, and for each id that it takes elsewhere which one is another's. */
const PLACES = OPERATIONS.flatMap(({ method, path, operation }) => {
  const { operationId: id, parameters = [], requestBody } = operation;
  const inPath = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => ["path", name]);
  const inQuery = parameters
    .filter((parameter) => parameter.in === "query" && isId(parameter.name))
    .map(({ name }) => ["query", name]);
  const schema = requestBody?.content["application/json"].schema;
  const inBody = schema === undefined ? [] : idsOfSchema(schema).map((name) => ["body", name]);
  return [...inPath, ...inQuery, ...inBody].map(([place, name]) => ({
    id,
    method,
    path,
    place: place!,
    name: name!,
    hasBody: schema !== undefined,
  }));
});

/** The part of a body that names what an operation is about. */
function holderIn(id: string, body: any) {
  if (id === "events:ingest") return body.events[0];
  if (id === "events:void") return (body.replacements = [{ name: "ai_usage" }])[0];
  return id.startsWith("meters:") ? (body.event ?? body) : body;
}

/** Sends a request of one organization's in which one id is another's. */
function attack(
  own: Organization,
  other: Organization,
  { id, method, path, place, name, hasBody }: (typeof PLACES)[number],
): Promise<Answer> {
  const named = idIn(path, name, other.ids);
  const query = new URLSearchParams(path.endsWith("/quantities") ? DAY : "");
  if (place === "query") query.append(name, named);
  const filled = filledPath(path, (place === "path" ? other : own).ids);
  const body = hasBody ? structuredClone<any>(REQUESTS[id]!(own.ids).body ?? {}) : undefined;
  if (place === "body") {
    // Beside an event whose meter is asked for, the event names the customer; beside one that is consumed, the body does.
    const holder = holderIn(id, body);
    // A body has one of both ids of a customer.
    if (name.endsWith("customer_id")) for (const each of ["customer_id", "external_customer_id"]) delete holder[each];
    holder[name] = id === "meters:preview" && name.endsWith("customer_id") ? [named] : named;
  }
  return call(method, `${filled}?${String(query)}`, { token: tokenFor(path, own.token, own.ids), body });
}

/** The paths of all lists. */
const LISTS = OPERATIONS.filter(({ method, path }) => method === "GET" && !path.includes("{")).map(({ path }) => path);

/** Everything that an organization can list of itself. */
async function everythingOf({ token, ids }: Organization): Promise<string> {
  const answers = await Promise.all(
    LISTS.map((path) => call("GET", `${path}?limit=100`, { token: tokenFor(path, token, ids) })),
  );
  return answers.map(({ text }) => text).join("\n");
}

const hasNothing = ({ items, quantities }: any) =>
  items === undefined ? quantities.every(({ quantity }: any) => quantity === 0) : items.length === 0;

describe("Another organization's id", () => {
  it("finds and changes nothing, wherever an operation takes one", async ({ expect }) => {
    const other = await setUp(OTHER_ORGANIZATION, SECRET);
    const own = await setUp(ORGANIZATION, "own");
    const before = await everythingOf(other);
    // What bodies name is stored, and found by queries: an external id is a text of one's own.
    const inOrder = ["path", "query", "body"].flatMap((where) => PLACES.filter(({ place }) => place === where));
    for (const given of inOrder) {
      const answer = await attack(own, other, given);
      const place = `${given.name} in the ${given.place} of ${given.id}`;
      if (given.place === "path") expect(answer.status, place).toBe(404);
      // In a body an external id is a text of one's own, which another organization may use too.
      else if (given.place === "query" || !/^(external|parent)_/.test(given.name)) {
        expect(answer.status === 422 || hasNothing(answer.json), place).toBe(true);
      }
      expect(answer.text.replaceAll(idIn(given.path, given.name, other.ids), ""), place).not.toContain(SECRET);
      expect(await everythingOf(other), place).toBe(before);
    }
  });

  it("is in no list and no preview", async ({ expect }) => {
    const other = await setUp(OTHER_ORGANIZATION, SECRET);
    const own = await setUp(ORGANIZATION, "own");
    expect(await everythingOf(own)).not.toContain(SECRET);
    expect(await everythingOf(other)).not.toMatch(/own(-1|@|")/);
    const { json } = await call("POST", "/v1/meters/preview", {
      token: own.token,
      body: {
        filter: METER.filter,
        aggregation: METER.aggregation,
        start_timestamp: AT,
        end_timestamp: AT,
        interval: "day",
      },
    });
    expect([json.total, json.events.length]).toEqual([2, 2]);
    expect(
      (await call("GET", `/v1/meters/${own.ids["meter_id"]}/quantities?${DAY}`, { token: own.token })).json.total,
    ).toBe(42);
  });

  it.for([
    [OTHER_ORGANIZATION, ORGANIZATION],
    [ORGANIZATION, OTHER_ORGANIZATION],
  ] as const)("is not found by an Idempotency-Key of another organization: %s", async ([theirs, ours], { expect }) => {
    await setUp(theirs, SECRET);
    const token = await grant({ organization_id: ours });
    for (const path of ["/v1/meters/", "/v1/customers/"]) {
      const body = path.includes("meters") ? METER : { email: "new@example.com" };
      const headers = { "Idempotency-Key": `key of ${path}` };
      const answer = await call("POST", path, { token, body, headers });
      expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
      expect(answer.json.organization_id).toBe(ours);
      expect(answer.text).not.toContain(SECRET);
    }
  });
});
