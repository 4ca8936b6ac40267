import { describe, it } from "vitest";
import { runScheduled } from "../support/metering.ts";
import { measuring } from "../support/stores.ts";
import { call, grant, NOBODY, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";

const at = (hour: number) => `2026-01-01T${String(hour).padStart(2, "0")}:00:00Z`;
const EVENTS = [
  { name: "gen", external_customer_id: "c1", timestamp: at(1), metadata: { tokens: 1, region: "eu" } },
  { name: "gen", external_customer_id: "c2", timestamp: at(2), metadata: { tokens: "2", region: "us" } },
  {
    name: "Other",
    external_customer_id: "c1",
    timestamp: at(3),
    metadata: { _cost: { amount: "0.10", currency: "usd" } },
  },
  { name: "gen", external_customer_id: "c3", timestamp: at(4), metadata: { region: "eu", flag: true } },
];

async function setUp() {
  const token = await grant();
  await call("POST", "/v1/events/ingest", { token, body: { events: EVENTS } });
  const list = (query = "") => call("GET", `/v1/events/?${query}`, { token });
  const hours = async (query: string) => {
    const answer = await list(query);
    return answer.json.items?.map(({ timestamp }: { timestamp: string }) => Number(timestamp.slice(11, 13)));
  };
  return { token, list, hours };
}
const asFilter = (...clauses: object[]) =>
  `filter=${encodeURIComponent(JSON.stringify({ conjunction: "and", clauses }))}`;

describe("GET /v1/events/", () => {
  it("answers 401 without credentials, and shows no other organization's events", async ({ expect }) => {
    await setUp();
    expect((await call("GET", "/v1/events/")).status).toBe(401);
    const foreign = await call("GET", "/v1/events/", { token: await grant({ organization_id: OTHER_ORGANIZATION }) });
    expect(foreign.json).toEqual({ items: [], pagination: { total_count: 0, max_page: 0 } });
  });

  it("lists events, newest first, whole", async ({ expect }) => {
    const { list } = await setUp();
    const answer = await list("limit=2");
    expect(answer.json.pagination).toEqual({ total_count: 4, max_page: 2 });
    expect(answer.json.items[1]).toEqual({
      id: expect.any(String),
      timestamp: "2026-01-01T03:00:00.000Z",
      organization_id: ORGANIZATION,
      customer_id: null,
      customer: null,
      external_customer_id: "c1",
      child_count: 0,
      parent_id: null,
      label: "Other",
      name: "Other",
      source: "user",
      metadata: { _cost: { amount: "0.10", currency: "usd" } },
      external_id: null,
      ingested_at: expect.stringMatching(/Z$/),
      voided_at: null,
      void_reason: null,
    });
  });

  it("finds events by their external_id, by an index, and answers when they were accepted", async ({ expect }) => {
    const { token, list, hours } = await setUp();
    const start = Date.now();
    const sent = Array.from({ length: 300 }, (_, i) => ({
      ...EVENTS[0],
      timestamp: at(i % 5),
      external_id: `request ${i}`,
    }));
    await call("POST", "/v1/events/ingest", { token, body: { events: sent } });
    const { json } = await list("external_id=request+7");
    expect(json.items).toMatchObject([{ external_id: "request 7", timestamp: at(2).replace("Z", ".000Z") }]);
    expect(Date.parse(json.items[0].ingested_at)).toBeGreaterThanOrEqual(start);
    expect(json.pagination.total_count).toBe(1);
    expect((await call("GET", `/v1/events/${json.items[0].id}`, { token })).json).toEqual(json.items[0]);
    expect(await hours("external_id=request+8&external_id=request+1&external_id=nothing")).toEqual([3, 1]);
    expect(await hours("external_id=")).toEqual([]);
    expect(await hours("external_id=request+1&metadata[region]=us")).toEqual([]);
    // Conditions that nothing can meet.
    expect(await hours(`external_id=request+1&parent_id=${NOBODY}`)).toEqual([]);
    const never = asFilter({ property: "timestamp", operator: "eq", value: "never" });
    expect(await hours(`external_id=request+1&${never}`)).toEqual([]);
    // The time of a customer's first event is found in what is not caught up yet.
    await runScheduled();
    const { open, cost } = measuring();
    const query = `external_id=request+7&${asFilter({ property: "region", operator: "eq", value: "eu" })}`;
    const found = await call("GET", `/v1/events/?${query}`, { token, open });
    expect(found.json.items).toHaveLength(1);
    expect(cost.read).toBeLessThan(40);
  });

  it("examines as many clauses of a meter and a filter as fit into a statement, beside every other condition", async ({ expect }) => {
    const { token, list } = await setUp();
    const clauses = Array.from({ length: 226 }, (_, i) => ({ property: `_llm.x${i}`, operator: "ne", value: i - 2 ** 31 }));
    const filter = { conjunction: "and", clauses: clauses.slice(0, 200) };
    const body = { name: "Long", filter, aggregation: { func: "unique", property: "_cost.amount" } };
    const { json: meter } = await call("POST", "/v1/meters/", { token, body });
    const others = `meter_id=${meter.id}&organization_id=${meter.organization_id}&start_timestamp=${at(0)}&end_timestamp=${at(9)}&query=gen&name=gen&source=user&customer_id=${NOBODY}&external_customer_id=c1&metadata[_cost.amount]=1&metadata[a]=1`;
    const examined = `${others}&${asFilter(...clauses.slice(200, 225))}`;
    for (const how of ["", "&cursor=", "&external_id=a", "&external_id=a&cursor="]) expect((await list(examined + how)).status).toBe(200);
    expect(problems(await list(`${others}&${asFilter(...clauses.slice(200))}`))).toEqual(["query.filter too_long"]);
  }); // prettier-ignore

  it.for([
    ["sorting=timestamp", [1, 2, 3, 4]],
    [`start_timestamp=${at(1)}&end_timestamp=${at(4)}`, [3, 2]],
    ["name=gen&name=Other&external_customer_id=c1&external_customer_id=c3", [4, 3, 1]],
    ["metadata[region]=eu&metadata[flag]=true", [4]],
    ["source=system", []],
    [`customer_id=${NOBODY}`, []],
    [`customer_id=${NOBODY}&external_customer_id=c3`, [4]],
    [`parent_id=${NOBODY}`, []],
    ["depth=0", [4, 3, 2, 1]],
    [`query=OTH&organization_id=${ORGANIZATION}`, [3]],
    [`organization_id=${OTHER_ORGANIZATION}`, []],
    [asFilter({ property: "metadata.region", operator: "eq", value: "us" }), [2]],
  ] as [string, number[]][])("filters by %s", async ([query, expected], { expect }) => {
    const { hours } = await setUp();
    expect(await hours(query)).toEqual(expected);
  });

  it("filters by the definition of a meter, and by a filter with it", async ({ expect }) => {
    const { hours, token } = await setUp();
    const definition = {
      filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "gen" }] },
      aggregation: { func: "sum", property: "tokens" },
    };
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: { name: "meter", ...definition } });
    expect(await hours(`meter_id=${meter.id}`)).toEqual([1]);
    const both = `meter_id=${meter.id}&${asFilter({ property: "region", operator: "ne", value: "eu" })}`;
    expect(await hours(both)).toEqual([]);
  });

  it.for([
    ["filter=abc", ["query.filter json_invalid"]],
    [asFilter({ property: "x", operator: "gt", value: true }), ["query.filter.clauses.0.value value_error"]],
    [asFilter({ property: "x" }), ["query.filter.clauses.0.operator missing", "query.filter.clauses.0.value missing"]],
    [`meter_id=${NOBODY}`, ["query.meter_id meter_id"]],
    ["query=gen", ["query.query value_error"]],
    [`query=%F0%9F%98%80a&organization_id=${ORGANIZATION}`, ["query.query query"]],
    [`query=ge&organization_id=${ORGANIZATION}`, ["query.query query"]],
    ["depth=6&sorting=name&source=robot", ["query.source.0 enum", "query.depth less_than_equal", "query.sorting.0 enum"]],
    ["depth=-1", ["query.depth greater_than_equal"]],
    ["depth=1.5", ["query.depth int_parsing"]],
    ["start_timestamp=2026-01-01&customer_id=x", ["query.start_timestamp datetime_from_date_parsing", "query.customer_id.0 uuid_parsing"]],
  ] as [string, string[]][])("answers 422 to ?%s", async ([query, expected], { expect }) => {
    const { list } = await setUp();
    const answer = await list(query);
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual(expected);
  }); // prettier-ignore
});

describe("GET /v1/events/names", () => {
  it("tells each name, how often and when it happened", async ({ expect }) => {
    const { token } = await setUp();
    const answer = await call("GET", "/v1/events/names?sorting=-occurrences&limit=1", { token });
    expect(answer.json).toEqual({
      items: [
        { name: "gen", label: "gen", source: "user", occurrences: 3, first_seen: "2026-01-01T01:00:00.000Z", last_seen: "2026-01-01T04:00:00.000Z" },
      ],
      pagination: { total_count: 2, max_page: 2 },
    }); // prettier-ignore
    const names = async (query: string) =>
      (await call("GET", `/v1/events/names?${query}`, { token })).json.items.map(({ name }: { name: string }) => name);
    expect(await names("")).toEqual(["gen", "Other"]);
    expect(await names("sorting=name")).toEqual(["Other", "gen"]);
    expect(await names("query=oth")).toEqual(["Other"]);
    expect(await names("external_customer_id=c2")).toEqual(["gen"]);
    expect((await call("GET", "/v1/events/names")).status).toBe(401);
  });
});

describe("GET /v1/events/{id}", () => {
  it("answers the event to its organization alone", async ({ expect }) => {
    const { token, list } = await setUp();
    const [event] = (await list()).json.items;
    expect((await call("GET", `/v1/events/${event.id}`, { token })).json).toEqual(event);
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    expect((await call("GET", `/v1/events/${event.id}`, { token: other })).status).toBe(404);
    expect((await call("GET", `/v1/events/${event.id}`)).status).toBe(401);
    expect(problems(await call("GET", "/v1/events/ingest", { token }))).toEqual(["path.id uuid_parsing"]);
  });
});
