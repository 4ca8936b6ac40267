import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import type { OpenStore } from "../../src/store/store.ts";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { runScheduled, usage } from "../support/metering.ts";
import { decorated, execute, losing, measuring, STORE, undoing } from "../support/stores.ts";

const PATH = "/v1/events/ingest";
const EVENT = { name: "ai_usage", external_customer_id: "c1", timestamp: "2026-01-01T00:00:00Z" };
const ingest = async (
  events: unknown,
  options: { token?: string; headers?: Record<string, string>; open?: OpenStore } = {},
) => call("POST", PATH, { token: await grant(), body: { events }, ...options });
const stored = (organizationId = ORGANIZATION) =>
  execute<any>(sql`SELECT * FROM events WHERE organization_id = ${organizationId} ORDER BY seq`, organizationId);

describe("POST /v1/events/ingest", () => {
  it("answers 401 without credentials, and 403 to a token that may only read", async ({ expect }) => {
    expect((await call("POST", PATH, { body: {} })).status).toBe(401);
    expect((await ingest([], { token: await grant({ scopes: ["events:read"] }) })).status).toBe(403);
  });

  it("stores events in order, numbered within the organization, and counts them", async ({ expect }) => {
    const metadata = { __proto__: 1, 'k"é': true, t: "x", _cost: { amount: 0.5, currency: "usd", more: 1 } };
    const first = await ingest([{ ...EVENT, metadata: JSON.parse('{"__proto__":1,"k\\"é":true,"t":"x"}') }, EVENT]);
    expect([first.status, first.json]).toEqual([200, { inserted: 2, duplicates: 0 }]);
    await ingest([EVENT], { token: await grant({ organization_id: OTHER_ORGANIZATION }) });
    await ingest([{ ...EVENT, name: "", timestamp: "2026-01-01T01:00:00.1239+01:00", organization_id: ORGANIZATION }]);
    const rows = [...(await stored()), ...(await stored(OTHER_ORGANIZATION))];
    expect(rows.map(({ organization_id, seq }) => [organization_id, seq])).toEqual([
      [ORGANIZATION, 1],
      [ORGANIZATION, 2],
      [ORGANIZATION, 3],
      [OTHER_ORGANIZATION, 1],
    ]);
    expect(rows[0]!["metadata"]).toBe('{"__proto__":1,"k\\"é":true,"t":"x"}');
    expect(rows[2]).toMatchObject({ name: "", timestamp: Date.parse("2026-01-01T00:00:00.123Z"), source: "user" });
    expect(Object.keys(metadata)).toHaveLength(3);
  });

  it("takes the time of the request for an event without one", async ({ expect }) => {
    const before = Date.now();
    await ingest([{ name: "now", external_customer_id: "c1" }]);
    const [row] = await stored();
    expect(row!["timestamp"]).toBeGreaterThanOrEqual(before);
    expect(row!["timestamp"]).toBeLessThanOrEqual(Date.now());
  });

  it("accepts timestamps up to five minutes ahead as they are sent, and tells its own time to later ones", async ({
    expect,
  }) => {
    vi.useFakeTimers({ now: Date.parse("2026-03-01T12:00:00Z"), toFake: ["Date"] });
    const token = await grant();
    const meter = (await call("POST", "/v1/meters/", { token, body: METER })).json.id;
    const at = (timestamp: string) => ({ ...EVENT, timestamp });
    expect((await ingest([at("2026-03-01T12:05:00Z"), at("2026-03-01T13:00:30+01:00")], { token })).status).toBe(200);
    const late = await ingest([at("2026-03-01T12:05:00.001Z")], { token });
    expect(problems(late)).toEqual(["body.events.0.timestamp value_error"]);
    expect(late.json.detail[0].msg).toContain("2026-03-01T12:00:00.000Z");
    const { items, pagination } = (await call("GET", "/v1/events/", { token })).json;
    expect(items.map((item: any) => item.timestamp)).toEqual(["2026-03-01T12:05:00.000Z", "2026-03-01T12:00:30.000Z"]);
    expect(pagination.total_count).toBe(2);
    const hour = "start_timestamp=2026-03-01T12:00:00Z&end_timestamp=2026-03-01T12:00:00Z&interval=hour";
    expect((await call("GET", `/v1/meters/${meter}/quantities?${hour}`, { token })).json.total).toBe(2);
    await runScheduled();
    expect((await call("GET", `/v1/meters/${meter}/quantities?${hour}`, { token })).json.total).toBe(2);
    const [name] = (await call("GET", "/v1/events/names", { token })).json.items;
    expect(name).toMatchObject({ occurrences: 2, last_seen: "2026-03-01T12:05:00.000Z" });
    vi.useRealTimers();
  });

  it("keeps what _llm has besides its own fields, if it is a plain value, in the order in which it was sent", async ({
    expect,
  }) => {
    const token = await grant();
    const llm =
      '{"reasoning_tokens":15,"vendor":"v","a.b":true,"__proto__":"p","model":"m","nothing":null,"empty":"","prompt":null,' +
      '"input_tokens":1,"output_tokens":2,"total_tokens":3,"ratio":0.5';
    const body = (more: string) =>
      `{"events":[{"name":"n","external_customer_id":"c","metadata":{"_llm":${llm}${more}}}}]}`;
    const sent = await call("POST", PATH, { token, body: body(',"usage":{"a":1},"list":[1]') });
    expect(sent.status).toBe(200);
    expect((await stored())[0]!["metadata"]).toBe(`{"_llm":${llm}}}`);
    const answer = await call("POST", PATH, { token, body: body(',"long":12345678901234567890,"far":1e999') });
    const place = "body.events.0.metadata._llm";
    expect(problems(answer)).toEqual([`${place}.long int_parsing_size`, `${place}.far finite_number`]);
    const bad = await call("POST", PATH, { token, body: body(',"\\u0000":1') });
    expect(problems(bad)).toEqual(["body.events.0.metadata value_error"]);
  });

  it("counts an external_id once, within a request and across requests, and in each organization", async ({
    expect,
  }) => {
    const one = { ...EVENT, external_id: "x" };
    expect((await ingest([one, one, { ...EVENT, external_id: "y" }])).json).toEqual({ inserted: 2, duplicates: 1 });
    expect((await ingest([one, { ...EVENT, external_id: null }, EVENT])).json).toEqual({ inserted: 2, duplicates: 1 });
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    expect((await ingest([one], { token: other })).json).toEqual({ inserted: 1, duplicates: 0 });
  });

  it("treats an empty external_id as absent", async ({ expect }) => {
    const events = [1, 2, 3].map(() => ({ ...EVENT, external_id: "" }));
    expect((await ingest(events)).json).toEqual({ inserted: 3, duplicates: 0 });
    expect((await stored()).map((row) => row["external_id"])).toEqual([null, null, null]);
  });

  it("answers 422 to metadata that is nested deeply, wherever it is", async ({ expect }) => {
    const deep = `${'{"a":'.repeat(60_000)}1${"}".repeat(60_000)}`;
    for (const field of [
      `"_cost":${deep}`,
      `"_llm":${deep}`,
      `"_cost":{"amount":${deep},"currency":"usd"}`,
      `"a":${deep}`,
    ]) {
      const body = `{"events":[{"name":"e","external_customer_id":"c","metadata":{${field}}}]}`;
      expect((await call("POST", PATH, { token: await grant(), body })).status).toBe(422);
    }
  });

  it("compares duplicates inside the database: no content of a stored event leaves it", async ({ expect }) => {
    const token = await grant();
    const llm = usage(850_000);
    const large = (i: number) => ({ ...EVENT, external_id: `large ${i}`, metadata: { _llm: llm, a: i } });
    for (let i = 0; i < 4; i++) await ingest([large(i)], { token });
    const { open, cost } = measuring();
    const headers = { Prefer: "return=representation" };
    const differing = [1, 2, 3].map((i) => ({ ...EVENT, external_id: `large ${i}` }));
    const events = [{ ...large(0), metadata: { a: 0, _llm: llm } }, ...differing];
    const answer = await ingest(events, { token, headers, open });
    expect(answer.json.events.map(({ result, differs }: any) => [result, differs])).toEqual([
      ["duplicate", undefined],
      ...[1, 2, 3].map(() => ["duplicate_differs", ["metadata"]]),
    ]);
    expect(cost.bytes).toBeLessThan(10_000);
  });

  it("returns the outcome of each event with Prefer: return=representation", async ({ expect }) => {
    const one = { ...EVENT, external_id: "x", metadata: { a: 1, b: "t" } };
    const headers = { Prefer: 'respond-async, return="representation"' };
    const first = await ingest([one], { headers });
    expect(first.headers.get("Preference-Applied")).toBe("return=representation");
    const { id } = first.json.events[0];
    expect(first.json.events).toEqual([{ index: 0, id, result: "inserted" }]);
    const { timestamp: _, ...untimed } = one;
    const again = await ingest(
      [
        { ...untimed, metadata: { b: "t", a: 1 } },
        { ...one, name: "other", metadata: { a: 2, b: "t" }, external_customer_id: "c2", parent_id: "p" },
        { ...EVENT, external_id: "y" },
      ],
      { headers },
    );
    expect(again.json).toEqual({
      inserted: 1,
      duplicates: 2,
      events: [
        { index: 0, id, result: "duplicate" },
        {
          index: 1,
          id,
          result: "duplicate_differs",
          differs: ["name", "external_customer_id", "parent_id", "metadata"],
        },
        { index: 2, id: expect.any(String), result: "inserted" },
      ],
    });
  });

  it.for([
    ["no list", { events: 1 }, ["body.events list_type"]],
    ["nothing of an event", { events: [{}] }, ["body.events.0.name missing", "body.events.0.external_customer_id missing"]],
    ["an event that is not an object", { events: [EVENT, 1] }, ["body.events.1 model_attributes_type"]],
    ["a long name", { events: [{ ...EVENT, name: "n".repeat(129) }] }, ["body.events.0.name string_too_long"]],
    ["a time ahead", { events: [{ ...EVENT, timestamp: "2199-01-01T00:00:00Z" }] }, ["body.events.0.timestamp value_error"]],
    ["a time without offset", { events: [{ ...EVENT, timestamp: "2026-01-01T00:00:00" }] }, ["body.events.0.timestamp timezone_aware"]],
    ["a date", { events: [{ ...EVENT, timestamp: "2026-01-01" }] }, ["body.events.0.timestamp datetime_from_date_parsing"]],
    ["a day that is not there", { events: [{ ...EVENT, timestamp: "2025-02-29T00:00:00Z" }] }, ["body.events.0.timestamp datetime_parsing"]],
    ["a time before the year 1", { events: [{ ...EVENT, timestamp: "0001-01-01T00:00:00+14:00" }] }, ["body.events.0.timestamp datetime_object_invalid"]],
    ["a time as a number", { events: [{ ...EVENT, timestamp: 5 }] }, ["body.events.0.timestamp datetime_type"]],
    ["a null customer", { events: [{ name: "n", customer_id: null }] }, ["body.events.0.customer_id uuid_type"]],
    ["an unknown customer", { events: [EVENT, { ...EVENT, customer_id: "99999999-9999-4999-8999-999999999999" }] }, ["body.events.1.customer_id customer_id"]],
    ["another organization", { events: [{ ...EVENT, organization_id: OTHER_ORGANIZATION }] }, ["body.events.0.organization_id organization_token"]],
    ["NUL", { events: [{ ...EVENT, external_id: "\0" }] }, ["body.events.0.external_id value_error"]],
    ["a customer without a name", { events: [{ ...EVENT, external_customer_id: "" }] }, ["body.events.0.external_customer_id string_too_short"]],
    ["nested metadata", { events: [{ ...EVENT, metadata: { a: {}, b: null, c: "" } }] }, ["body.events.0.metadata.a value_error", "body.events.0.metadata.b value_error", "body.events.0.metadata.c string_too_short"]],
    ["NUL inside a prompt", { events: [{ ...EVENT, metadata: { _llm: { vendor: "v", model: "m", input_tokens: 1, output_tokens: 1, total_tokens: 2, prompt: "\0" } } }] }, ["body.events.0.metadata value_error"]],
    ["a cost that is not an object", { events: [{ ...EVENT, metadata: { _cost: 1 } }] }, ["body.events.0.metadata._cost dict_type"]],
    ["half a cost", { events: [{ ...EVENT, metadata: { _cost: { amount: ".e5" } } }] }, ["body.events.0.metadata._cost.amount decimal_parsing", "body.events.0.metadata._cost.currency missing"]],
    ["another currency", { events: [{ ...EVENT, metadata: { _cost: { amount: 123456, currency: "eur" } } }] }, ["body.events.0.metadata._cost.amount decimal_max_digits", "body.events.0.metadata._cost.currency string_pattern_mismatch"]],
    ["half a model", { events: [{ ...EVENT, metadata: { _llm: { vendor: 1, model: "m", input_tokens: 1.5 } } }] }, ["body.events.0.metadata._llm.vendor string_type", "body.events.0.metadata._llm.input_tokens int_from_float", "body.events.0.metadata._llm.output_tokens missing", "body.events.0.metadata._llm.total_tokens missing"]],
  ] as [string, object, string[]][])("answers 422 to %s, and stores nothing", async ([, body, expected], { expect }) => {
    const answer = await call("POST", PATH, { token: await grant(), body });
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual(expected);
    expect(await stored()).toEqual([]);
  }); // prettier-ignore

  it("takes 10,000 events and 8 MiB at once, and names the limit beyond", async ({ expect }) => {
    const token = await grant();
    const many = Array.from({ length: 10_000 }, (_, i) => ({ ...EVENT, external_id: String(i) }));
    expect((await ingest(many, { token })).json).toEqual({ inserted: 10_000, duplicates: 0 });
    expect((await ingest(many, { token })).json).toEqual({ inserted: 0, duplicates: 10_000 });
    const more = await ingest([...many, EVENT], { token });
    expect(problems(more)).toEqual(["body.events too_long"]);
    expect(more.json.detail[0].msg).toContain("10000");
    const llm = { ...usage(0), prompt: "日".repeat(160_000) };
    const heavy = Array.from({ length: 16 }, () => ({ ...EVENT, metadata: { _llm: llm } }));
    expect((await ingest(heavy, { token })).json).toEqual({ inserted: 16, duplicates: 0 });
    expect((await ingest([...heavy, ...heavy], { token })).status).toBe(413);
    const giant = { ...EVENT, metadata: { _llm: usage(1_000_000) } };
    expect(problems(await ingest([EVENT, giant], { token }))).toEqual(["body.events.1 too_long"]);
    expect(await stored()).toHaveLength(10_016);
  });

  it("keeps the digits of an amount, as a number or as text, and refuses more than it can keep", async ({ expect }) => {
    const token = await grant();
    const amounts = [0.5, "0.10", "-.5", "1e3", 1e-7, "1.5E-2", "00012.0", "+1", 99999.99999, "0.5000000000000000"];
    const event = (amount: unknown) => ({ ...EVENT, metadata: { _cost: { amount, currency: "usd" } } });
    expect((await ingest(amounts.map(event), { token })).status).toBe(200);
    const kept = (await stored()).map(({ metadata }) => /"amount":"([^"]*)"/.exec(String(metadata))?.[1]);
    expect(kept).toEqual([
      "0.5",
      "0.10",
      "-.5",
      "1000",
      "0.0000001",
      "0.015",
      "00012.0",
      "1",
      "99999.99999",
      "0.5000000000000000",
    ]);
    for (const amount of [1e21, 123456, "1e-13", "1e5", "0.1234567890123", "0.30000000000000004"]) {
      expect(problems(await ingest([event(amount)], { token }))).toEqual([
        "body.events.0.metadata._cost.amount decimal_max_digits",
      ]);
    }
  });

  it.for<[sent: number, kept: string]>([
    [0.1 * 3, "0.3"],
    [-0.1 * 3, "-0.3"],
    [5.400000000000001e-5, "0.000054"],
    [0.1234567890125, "0.123456789012"],
    [0.1234567890135, "0.123456789014"],
    [0.12345678901251, "0.123456789013"],
    [0.9999999999995, "1"],
    [0.9999999999985, "0.999999999998"],
    [0.0000000000005, "0"],
    [-1e-13, "0"],
    [5e-324, "0"],
    [1.0000000000000002, "1"],
  ])("rounds the number %j to 12 decimals, half to even: %s", async ([amount, kept], { expect }) => {
    const token = await grant();
    await ingest([{ ...EVENT, metadata: { _cost: { amount, currency: "usd" } } }], { token });
    const { json } = await call("GET", "/v1/events/", { token });
    expect(json.items[0].metadata).toEqual({ _cost: { amount: kept, currency: "usd" } });
  });

  it("takes thousands of long external_ids", async ({ expect }) => {
    const token = await grant();
    const events = Array.from({ length: 9000 }, (_, i) => ({ ...EVENT, external_id: `${i}`.padEnd(254, "x") }));
    expect((await ingest(events, { token })).json).toEqual({ inserted: 9000, duplicates: 0 });
    expect((await ingest(events, { token })).json).toEqual({ inserted: 0, duplicates: 9000 });
  });

  it("keeps the answer to a million mistakes small", async ({ expect }) => {
    const bad = `{"name":1,"metadata":{${Array.from({ length: 90 }, (_, i) => `"${i}":""`).join(",")}}}`;
    const body = (count: number) => `{"events":[${Array.from({ length: count }, () => bad).join(",")}]}`;
    const token = await grant();
    const answer = await call("POST", PATH, { token, body: body(4000) });
    expect([answer.status, answer.json.detail.length]).toEqual([422, 101]);
    expect(answer.json.detail.at(-1)).toMatchObject({ type: "too_many_problems", loc: ["body"] });
    const larger = await call("POST", PATH, { token, body: body(9000) });
    expect([larger.status, larger.json.error]).toEqual([413, "RequestBodyTooLarge"]);
  });

  it("stores all or nothing, and each once, when the connection is lost before or after the transaction", async ({
    expect,
  }) => {
    const token = await grant();
    for (const after of [false, true]) {
      const before = (await stored()).length;
      const open = losing({ after });
      const answer = await ingest([EVENT, { ...EVENT, external_id: `lost ${after}` }], { token, open });
      expect(answer.json).toEqual({ inserted: 2, duplicates: 0 });
      expect(await stored()).toHaveLength(before + 2);
    }
  });

  it("answers 503 when the store fails in the middle, and stores nothing", async ({ expect }) => {
    const token = await grant();
    const open = undoing(() => true, new Error("D1_ERROR: D1 DB is overloaded. Requests queued for too long."));
    const answer = await ingest([EVENT], { token, open });
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(await stored()).toEqual([]);
  });

  // An object catches up in its alarm.
  it.runIf(STORE === "d1")("answers when the catch-up after it fails", async ({ expect }) => {
    const token = await grant();
    await call("POST", "/v1/meters/", { token, body: METER });
    let calls = 0;
    const open = decorated((carryOut) =>
      calls++ === 0 ? carryOut() : Promise.reject(new Error("D1_ERROR: D1 DB is overloaded.")),
    );
    const log = vi.spyOn(console, "error");
    const many = Array.from({ length: 5000 }, () => EVENT);
    expect((await ingest(many, { token, open })).json).toEqual({ inserted: 5000, duplicates: 0 });
    expect(log.mock.calls.map(([line]) => JSON.parse(line).error)).toEqual(["CatchUpFailed"]);
  });
});
