import { describe, it } from "vitest";
import { OPERATIONS } from "../support/document.ts";
import { call, grant, METER, NOBODY, problems } from "../support/api.ts";
import { tokenFor } from "../support/examples.ts";

const STRICT = { Prefer: "handling=strict" };
const EVENT = { name: "gen", external_customer_id: "c1", timestamp: "2026-01-01T00:00:00Z" };
const ingest = (token: string, events: unknown[], headers: Record<string, string> = {}) =>
  call("POST", "/v1/events/ingest", { token, body: { events }, headers });

describe("Prefer: handling=strict", () => {
  it("refuses each unknown field at its place, with the name that is meant", async ({ expect }) => {
    const token = await grant();
    const answer = await ingest(token, [EVENT, { ...EVENT, externalId: "a", timestmap: 1, value: 1 }], STRICT);
    expect([answer.status, answer.json.error, answer.headers.get("Preference-Applied")]).toEqual([
      422,
      "RequestValidationError",
      "handling=strict",
    ]);
    expect(answer.json.detail).toEqual([
      { type: "extra_forbidden", loc: ["body", "events", 1, "externalId"], msg: "There is no such field. Did you mean external_id?" },
      { type: "extra_forbidden", loc: ["body", "events", 1, "timestmap"], msg: "There is no such field. Did you mean timestamp?" },
      { type: "extra_forbidden", loc: ["body", "events", 1, "value"], msg: "There is no such field." },
    ]); // prettier-ignore
    expect((await call("GET", "/v1/events/", { token })).json.items).toEqual([]);
    // With what the schemas find.
    const both = await ingest(token, [{ nme: "gen", external_customer_id: "c1" }], STRICT);
    expect(problems(both)).toEqual(["body.events.0.nme extra_forbidden", "body.events.0.name missing"]);
  });

  it.for([
    ["POST", "/v1/meters/", { ...METER, customLabel: null, filter: { ...METER.filter, clauses: [{ property: "a", operator: "eq", value: 1, vlaue: 2 }, { conjunction: "and", clauses: [], x: 1 }] } }, ["body.filter.clauses.0.vlaue", "body.filter.clauses.1.x", "body.customLabel"]],
    ["POST", "/v1/meters/", { ...METER, aggregation: { func: "sum", property: "a", Property: "b" } }, ["body.aggregation.Property"]],
    ["POST", "/v1/meters/preview", { ...METER, start_timestamp: "2026-01-01T00:00:00Z", end_timestamp: "2026-01-02T00:00:00Z", interval: "day", metadata: { any: 1 } }, ["body.name"]],
    ["POST", "/v1/customers/", { email: "a@example.com", externalId: "a", metadata: { externalId: "kept" } }, ["body.externalId"]],
    ["PATCH", `/v1/customers/${NOBODY}?events=1`, { nam: "a" }, ["query.events", "body.nam"]],
    ["POST", "/v1/customer-meters/credits", { customer_id: NOBODY, meter_id: NOBODY, units: 1, unit: 2 }, ["body.unit"]],
    ["POST", "/v1/events/ingest", { events: [{ ...EVENT, metadata: { externalId: 1, _cost: { amount: 1, currency: "usd", value: 2 } } }] }, ["body.events.0.metadata._cost.value"]],
    ["GET", `/v1/events/?externalCustomerId=a&limit=1&metadata[x]=1&filter=${encodeURIComponent('{"conjunction":"and","clauses":[],"y":1}')}`, undefined, ["query.externalCustomerId", "query.filter.y"]],
    ["GET", `/v1/customers/${NOBODY}/state?x=1`, undefined, ["query.x"]],
    ["DELETE", `/v1/customers/${NOBODY}?event=1`, undefined, ["query.event"]],
  ] as [string, string, unknown, string[]][])("refuses what %s %s does not know, and nothing else", async ([method, path, body, expected], { expect }) => {
    const answer = await call(method, path, { token: await grant(), body, headers: STRICT });
    expect(problems(answer).toSorted()).toEqual(expected.map((place) => `${place} extra_forbidden`).toSorted());
  }); // prettier-ignore

  it("refuses an unknown parameter of every operation", async ({ expect }) => {
    const token = await grant();
    const customer = { email: "a@example.com", external_id: "a" };
    await call("POST", "/v1/customers/", { token, body: customer });
    const session = { token, body: { external_customer_id: "a" } };
    const session_token = (await call("POST", "/v1/customer-sessions/", session)).json.token;
    const missed: string[] = [];
    for (const { method, path } of OPERATIONS) {
      const filled = `${path.replace(/\{[^}]*\}/g, NOBODY)}?unknown_parameter=1`;
      const body = method === "POST" || method === "PATCH" ? {} : undefined;
      const as = tokenFor(path, token, { session_token });
      const answer = await call(method, filled, { token: as, body, headers: STRICT });
      if (!problems(answer).includes("query.unknown_parameter extra_forbidden")) missed.push(`${method} ${path}`);
    }
    expect(missed).toEqual([]);
  });

  it("changes nothing else, and is not applied when it is not the first of its name", async ({ expect }) => {
    const token = await grant();
    const headers = { Prefer: 'return=representation, Handling="strict"' };
    const answer = await ingest(token, [{ ...EVENT, metadata: { externalId: 1 } }], headers);
    expect(answer.json).toMatchObject({ inserted: 1, events: [{ result: "inserted" }] });
    expect(answer.headers.get("Preference-Applied")).toBe("handling=strict, return=representation");
    for (const Prefer of ["handling=lenient, handling=strict", "x; handling=strict", "handling=stricter"]) {
      expect((await ingest(token, [{ ...EVENT, value: 1 }], { Prefer })).status).toBe(200);
    }
    // A body of nothing but problems is answered with a hundred.
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x${i}`, i]));
    expect((await ingest(token, [many], STRICT)).json.detail).toHaveLength(101);
  });
});

describe("Warnings", () => {
  it("name what an ingestion ignored that resembles a field, at most twenty", async ({ expect }) => {
    const token = await grant();
    const sent = [
      EVENT,
      { ...EVENT, external_Id: "a", value: 1 },
      { ...EVENT, customer: "c", meta: {}, "Time-stamp": 1 },
    ];
    const { json } = await ingest(token, sent);
    const msg = (meant: string) => `This field was ignored: there is no such field. Did you mean ${meant}?`;
    expect(json).toEqual({
      inserted: 3,
      duplicates: 0,
      warnings: [
        { index: 1, loc: ["body", "events", 1, "external_Id"], msg: msg("external_id") },
        { index: 2, loc: ["body", "events", 2, "customer"], msg: msg("customer_id") },
        { index: 2, loc: ["body", "events", 2, "meta"], msg: msg("metadata") },
        { index: 2, loc: ["body", "events", 2, "Time-stamp"], msg: msg("timestamp") },
      ],
    });
    const many = await ingest(
      token,
      Array.from({ length: 50 }, () => ({ ...EVENT, externalId: "a" })),
    );
    expect(many.json.warnings).toHaveLength(20);
    expect((await ingest(token, [{ ...EVENT, value: 1, metadata: { externalId: "a" } }])).json).toEqual({ inserted: 1, duplicates: 0 }); // prettier-ignore
    const body = { events: [], event: [EVENT] };
    const { json: beside } = await call("POST", "/v1/events/ingest", { token, body });
    expect(beside.warnings).toEqual([{ loc: ["body", "event"], msg: msg("events") }]);
    const keyed = { "Idempotency-Key": "k" };
    const first = await ingest(token, [{ ...EVENT, externalId: "a" }], keyed);
    expect(first.json.warnings).toHaveLength(1);
    expect((await ingest(token, [EVENT], keyed)).text).toBe(first.text);
  });
});
