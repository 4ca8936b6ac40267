import { describe, it } from "vitest";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { clauses, event, NAMED, setUp } from "../support/metering.ts";
import { measuring } from "../support/stores.ts";

const SUM = { func: "sum", property: "n" };
const CLAUSE = { property: "name", operator: "eq", value: "gen" };

describe("POST /v1/meters/{id}/explain", () => {
  it("says what an event would add, or why it would not count, and stores nothing", async ({ expect }) => {
    const { token, create } = await setUp();
    const { id } = await create({ name: "Numbers", filter: NAMED, aggregation: SUM });
    const explain = async (sent: object) => {
      const { status, json } = await call("POST", `/v1/meters/${id}/explain`, { token, body: { event: sent } });
      expect([status, json.meter]).toEqual([200, { id, name: "Numbers" }]);
      return [json.counted, json.value, json.reason];
    };
    expect(await explain(event({ n: 40 }))).toEqual([true, 40, null]);
    expect(await explain(event({ n: 0.1 }))).toEqual([true, 0.1, null]);
    expect(await explain(event({ n: "40" }))).toEqual([false, null, "not_a_number"]);
    expect(await explain(event({}))).toEqual([false, null, "property_missing"]);
    expect(await explain(event({ n: 40 }, "other"))).toEqual([false, null, "filter"]);
    expect((await call("GET", "/v1/events/", { token })).json.items).toEqual([]);
  });

  it("answers 404 for another organization's meter, 422 to what ingestion would refuse", async ({ expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    const explain = (sent: unknown, as = token) =>
      call("POST", `/v1/meters/${id}/explain`, { token: as, body: { event: sent } });
    expect((await explain(event(), await grant({ organization_id: OTHER_ORGANIZATION }))).status).toBe(404);
    expect((await explain(event(), await grant({ scopes: ["meters:write"] }))).status).toBe(403);
    expect(problems(await explain({ name: 1, timestamp: "2026-01-01" }))).toEqual([
      "body.event.timestamp datetime_from_date_parsing",
      "body.event.name string_type",
      "body.event.external_customer_id missing",
    ]);
    expect(problems(await explain({ name: "gen", customer_id: NOBODY }))).toEqual(["body.event.customer_id customer_id"]); // prettier-ignore
    expect(problems(await explain({ ...event(), organization_id: NOBODY }))).toEqual(["body.event.organization_id organization_token"]); // prettier-ignore
    const large = { ...event(), metadata: { _llm: { vendor: "v", model: "m", input_tokens: 1, output_tokens: 1, total_tokens: 2, prompt: "x".repeat(900_000) } } }; // prettier-ignore
    expect(problems(await explain(large))).toEqual(["body.event too_long"]);
    expect(problems(await call("POST", `/v1/meters/${id}/explain`, { token, body: {} }))).toEqual([
      "body.event missing",
    ]);
  });
});

describe("POST /v1/meters/explain", () => {
  it("shows each clause of a filter with what the event has: its value and its type", async ({ expect }) => {
    const { token } = await setUp();
    const numbers = { property: "n", operator: "eq", value: 12 };
    const nested = { conjunction: "or", clauses: [numbers, { property: "metadata.x", operator: "ne", value: 1 }] };
    const times = [{ property: "timestamp", operator: "gt", value: 0 }, { property: "_cost", operator: "like", value: "usd" }]; // prettier-ignore
    const body = {
      filter: clauses(CLAUSE, nested, ...times),
      aggregation: { func: "unique", property: "flag" },
      event: event({ n: "12", flag: true, _cost: { amount: "01.50", currency: "usd" } }),
    };
    const { json } = await call("POST", "/v1/meters/explain", { token, body });
    expect(json).toEqual({
      meter: null,
      counted: false,
      value: null,
      reason: "filter",
      filter: {
        conjunction: "and",
        clauses: [
          { ...CLAUSE, holds: true, actual: "gen", actual_type: "string" },
          {
            conjunction: "or",
            clauses: [
              { ...numbers, holds: true, actual: "12", actual_type: "string" },
              { property: "x", operator: "ne", value: 1, holds: false, actual: null, actual_type: "missing" },
            ],
            holds: true,
          },
          { ...times[0], holds: true, actual: "2026-01-01T12:00:00.000Z", actual_type: "timestamp" },
          { ...times[1], holds: false, actual: { amount: "01.50", currency: "usd" }, actual_type: "object" },
        ],
        holds: false,
      },
    });
    const amount = { ...body, filter: clauses(CLAUSE), aggregation: { func: "max", property: "_cost.amount" } };
    expect((await call("POST", "/v1/meters/explain", { token, body: amount })).json.value).toBe(1.5);
    const kept = { ...body, filter: clauses(CLAUSE) };
    expect((await call("POST", "/v1/meters/explain", { token, body: kept })).json).toMatchObject({ counted: true, value: true }); // prettier-ignore
  });

  it("answers about the largest filters and long texts, which are cut", async ({ expect }) => {
    const { token } = await setUp();
    const prompt = `${"😀".repeat(999)}ab`;
    const many = Array.from({ length: 199 }, (_, i) => ({ property: `_llm.field ${i}`, operator: "ne", value: i }));
    const body = {
      filter: clauses(...many, { property: "_llm.prompt", operator: "like", value: "b" }),
      aggregation: { func: "unique", property: "_llm.prompt" },
      event: event({ _llm: { vendor: "v", model: "m", input_tokens: 1, output_tokens: 1, total_tokens: 2, prompt, ...Object.fromEntries(many.map(({ value }) => [`field ${value}`, -1])) } }), // prettier-ignore
    };
    const { json } = await call("POST", "/v1/meters/explain", { token, body });
    expect(json.counted).toBe(true);
    expect(json.value).toBe(`${"😀".repeat(999)}a…`);
    expect(json.filter.clauses.every(({ holds }: any) => holds)).toBe(true);
  });

  it("answers 422 to a definition that no meter could have", async ({ expect }) => {
    const { token } = await setUp();
    const body = { filter: NAMED, aggregation: { func: "sum" }, event: event() };
    expect(problems(await call("POST", "/v1/meters/explain", { token, body }))).toEqual([
      "body.aggregation.property missing",
    ]);
  });
});

describe("GET /v1/events/{id}/meters", () => {
  const byName = ({ json }: any) => json.items.map(({ meter, counted, reason }: any) => [meter.name, counted, reason]);

  it("lists the meters that count the event first, then by name, archived ones where they are asked for", async ({
    expect,
  }) => {
    const { token, ingest, create, patch } = await setUp();
    await ingest(event({ n: 1 }));
    const { json: listed } = await call("GET", "/v1/events/", { token });
    const path = `/v1/events/${listed.items[0].id}/meters`;
    expect(byName(await call("GET", path, { token }))).toEqual([]);
    await create({ name: "a: another name", filter: clauses({ ...CLAUSE, value: "other" }) });
    await create({ name: "b: all" });
    await create({ name: "c: sum", filter: NAMED, aggregation: SUM });
    await create({ name: "d: no number", aggregation: { func: "avg", property: "name" } });
    const { id } = await create({ name: "e: archived" });
    await patch(id, { is_archived: true });
    const { open, cost } = measuring();
    const answer = await call("GET", path, { token, open });
    expect(byName(answer)).toEqual([
      ["b: all", true, null],
      ["c: sum", true, null],
      ["a: another name", false, "filter"],
      ["d: no number", false, "not_a_number"],
    ]);
    expect(cost.trips).toBe(2);
    const page = await call("GET", `${path}?archived=true&limit=2&page=2`, { token });
    expect(byName(page)).toEqual([["e: archived", true, null], ["a: another name", false, "filter"]]); // prettier-ignore
    expect(page.json.pagination).toEqual({ total_count: 5, max_page: 3 });
  });

  it("says that no meter counts an event of the platform", async ({ expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    await call("POST", "/v1/customers/", { token, body: { email: "a@example.com", external_id: "c1" } });
    const credit = { external_customer_id: "c1", meter_id: id, units: 5 };
    await call("POST", "/v1/customer-meters/credits", { token, body: credit });
    const { json } = await call("GET", "/v1/events/?source=system", { token });
    const answer = await call("GET", `/v1/events/${json.items[0].id}/meters`, { token });
    expect(byName(answer)).toEqual([["AI tokens", false, "other_definition"]]);
  });

  it("answers 404 for an event that is not the organization's, 403 to a token without both scopes", async ({
    expect,
  }) => {
    const { token, ingest } = await setUp();
    await ingest(event());
    const { json } = await call("GET", "/v1/events/", { token });
    const path = `/v1/events/${json.items[0].id}/meters`;
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    expect((await call("GET", path, { token: other })).status).toBe(404);
    expect((await call("GET", `/v1/events/${NOBODY}/meters`, { token })).status).toBe(404);
    const refused = await call("GET", path, { token: await grant({ scopes: ["events:read"] }) });
    expect(refused.json.detail).toContain("events:read and meters:read");
  });
});
