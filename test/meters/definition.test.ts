import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { connect } from "../../src/db/client.ts";
import worker from "../../src/index.ts";
import { catchUp } from "../../src/meters/rollup.ts";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";

const DAY = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";
const event = (metadata: object = {}, name = "gen") => ({
  name,
  external_customer_id: "c1",
  timestamp: "2026-01-01T12:00:00Z",
  metadata,
});
const clauses = (...of: object[]) => ({ conjunction: "and", clauses: of });
const NAMED = clauses({ property: "name", operator: "eq", value: "gen" });

async function setUp() {
  const token = await grant();
  const ingest = (...events: object[]) => call("POST", "/v1/events/ingest", { token, body: { events } });
  const create = async (body: object = {}) =>
    (await call("POST", "/v1/meters/", { token, body: { ...METER, ...body } })).json;
  const patch = (id: string, body: object) => call("PATCH", `/v1/meters/${id}`, { token, body });
  const total = async (id: string) => (await call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token })).json.total;
  const catchUpAll = () => catchUp(connect(env.DB), { runs: 50 });
  return { token, ingest, create, patch, total, catchUpAll };
}

describe("A meter's filter and aggregation", () => {
  it("count what was sent before the meter was made, at once, and what is sent after", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    await ingest(event(), event(), event({}, "other"));
    const { id } = await create({ filter: NAMED });
    expect(await total(id)).toBe(2);
    await ingest(event());
    expect(await total(id)).toBe(3);
    await catchUpAll();
    expect(await total(id)).toBe(3);
    await ingest(event());
    expect(await total(id)).toBe(4);
  });

  it("may change while no event was aggregated, whatever was caught up, and begin anew", async ({ expect }) => {
    const { ingest, create, patch, total, catchUpAll } = await setUp();
    const unique = await create({ aggregation: { func: "unique", property: "user" } });
    const sum = await create({ aggregation: { func: "sum", property: "tokens" } });
    await ingest(event({ tokens: "5" }), event({ tokens: "7" }));
    for (const step of [async () => {}, catchUpAll]) {
      await step();
      for (const { id } of [unique, sum]) {
        const answer = await patch(id, { aggregation: { func: "unique", property: "region" }, name: "Changed" });
        expect([answer.status, answer.json.name]).toEqual([200, "Changed"]);
        expect(await total(id)).toBe(0);
      }
    }
    expect((await patch(sum.id, { filter: NAMED, aggregation: { func: "count" } })).status).toBe(200);
    expect(await total(sum.id)).toBe(2);
    await catchUpAll();
    expect(await total(sum.id)).toBe(2);
  });

  it("may not change once an event was aggregated, caught up or not; each named field is a problem", async ({
    expect,
  }) => {
    const { ingest, create, patch, total, catchUpAll } = await setUp();
    const meters = [
      await create(),
      await create({ aggregation: { func: "sum", property: "tokens" } }),
      await create({ aggregation: { func: "unique", property: "tokens" } }),
    ];
    await ingest(event({ tokens: 5 }));
    for (const step of [async () => {}, catchUpAll]) {
      await step();
      for (const { id } of meters) {
        const answer = await patch(id, { filter: NAMED, aggregation: null, name: "Changed" });
        expect(answer.json.error).toBe("PolarRequestValidationError");
        expect(problems(answer)).toEqual(["body.filter forbidden", "body.aggregation forbidden"]);
        const unchanged = await patch(id, { filter: null });
        expect(problems(unchanged)).toEqual(["body.filter forbidden"]);
        expect((await patch(id, { name: "Renamed" })).json.name).toBe("Renamed");
      }
    }
    expect(await total(meters[1]!.id)).toBe(5);
  });

  it("are read again when they change while quantities are read", async ({ expect }) => {
    const { token, ingest, create, patch } = await setUp();
    const { id } = await create({ filter: clauses({ property: "name", operator: "eq", value: "none" }) });
    await ingest(event(), event());
    const batch = env.DB.batch.bind(env.DB);
    let interfered = false;
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      if (!interfered) {
        interfered = true;
        expect((await patch(id, { filter: NAMED })).status).toBe(200);
      }
      return batch(statements) as never;
    });
    const answer = await call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token });
    expect(answer.json.total).toBe(2);
  });

  it("are caught up by the cron trigger, archived meters too, and a second run does nothing", async ({ expect }) => {
    const { ingest, create, patch, total } = await setUp();
    const { id } = await create();
    await patch(id, { is_archived: true });
    await ingest(event(), event());
    const log = vi.spyOn(console, "log");
    await worker.scheduled({} as ScheduledController, env);
    await worker.scheduled({} as ScheduledController, env);
    expect(log.mock.calls.map(([line]) => JSON.parse(line).catch_up_runs)).toEqual([1, 0]);
    const rows = await env.DB.prepare("SELECT customer, count FROM meter_rollups").all();
    expect(rows.results).toEqual([
      { customer: "", count: 2 },
      { customer: "ext:c1", count: 2 },
    ]);
    expect(await total(id)).toBe(2);
  });

  it("lose and double nothing when catch-ups meet, fail half-way, or meet ingestion", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create({ aggregation: { func: "sum", property: "n" } });
    let sum = 0;
    for (let round = 1; round <= 10; round++) {
      sum += round;
      const batch = env.DB.batch.bind(env.DB);
      let calls = 0;
      vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
        // Every third transaction is undone at its end.
        if (++calls % 3 !== 0) return batch(statements) as never;
        return batch([...statements, env.DB.prepare("SELECT abs(-9223372036854775807 - 1)")]) as never;
      });
      await Promise.allSettled([catchUpAll(), catchUpAll()]);
      vi.restoreAllMocks();
      await Promise.all([ingest(event({ n: round })), catchUpAll(), catchUpAll()]);
      expect(await total(id)).toBe(sum);
    }
  });

  it("take a filter at its limits in creation, lists, quantities and catch-up", async ({ expect }) => {
    const { token, ingest, create, total, catchUpAll } = await setUp();
    const value = "x".repeat(1000);
    const clause = (i: number) => ({
      property: `p${i % 3}.q`,
      operator: i % 2 ? "ne" : "like",
      value: i % 5 ? value : i,
    });
    const nested = (level: number): object =>
      level === 16
        ? { conjunction: "or", clauses: Array.from({ length: 185 }, (_, i) => clause(i)) }
        : {
            conjunction: level % 2 ? "and" : "or",
            clauses: [{ property: "name", operator: "eq", value: "gen" }, nested(level + 1)],
          };
    const filter = nested(1);
    const { id } = await create({ filter });
    await ingest(event({ "p0.q": 1 }), event({}, "other"));
    expect(await total(id)).toBeTypeOf("number");
    const before = await total(id);
    await catchUpAll();
    expect(await total(id)).toBe(before);
    expect((await call("GET", `/v1/events/?meter_id=${id}`, { token })).status).toBe(200);
  });
});

describe("Reading one's own writes", () => {
  it("holds in 200 rounds of ingestion and quantities from concurrent clients", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    const { id } = await create();
    let accepted = 0;
    let asked = 0;
    const client = async () => {
      while (asked < 200) {
        asked++;
        await ingest(event(), event());
        accepted += 2;
        const known = accepted;
        expect(await total(id)).toBeGreaterThanOrEqual(known);
      }
    };
    await Promise.all([client(), client(), client(), client()]);
    expect(await total(id)).toBe(accepted);
  });
});

describe("GET /v1/meters/{id}/quantities", () => {
  it("answers 401 without credentials, 404 for another organization's meter, before the range is looked at", async ({
    expect,
  }) => {
    const { create } = await setUp();
    const { id } = await create();
    const path = `/v1/meters/${id}/quantities?start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2020-01-01T00:00:00Z&interval=day`;
    expect((await call("GET", path)).status).toBe(401);
    expect((await call("GET", path, { token: await grant({ organization_id: OTHER_ORGANIZATION }) })).status).toBe(404);
  });

  it.for([
    ["interval=day", ["query.start_timestamp missing", "query.end_timestamp missing"]],
    [DAY.replace("day", "minute"), ["query.interval enum"]],
    ...["%2B02:00", "GMT%2B2", "Z", "", "Mars/Base"].map((zone) => [`${DAY}&timezone=${zone}`, ["query.timezone value_error"]]),
    [`${DAY}&customer_id=x&customer_aggregation_function=median`, ["query.customer_id.0 uuid_parsing", "query.customer_aggregation_function enum"]],
    ["start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-09T00:00:00Z&interval=hour", ["query value_error"]],
    ["start_timestamp=2022-12-31T23:59:59Z&end_timestamp=2023-01-09T00:00:00Z&interval=day", ["query value_error"]],
    ["start_timestamp=2026-01-02T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day", ["query value_error"]],
  ] as [string, string[]][])("answers 422 to ?%s", async ([query, expected], { expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    const answer = await call("GET", `/v1/meters/${id}/quantities?${query}`, { token });
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual(expected);
  }); // prettier-ignore

  it("keeps sums inside the range of doubles", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create({ aggregation: { func: "sum", property: "n" } });
    await ingest(event({ n: 1.7e308 }), event({ n: 1.7e308 }));
    expect(await total(id)).toBe(Number.MAX_VALUE);
    await catchUpAll();
    await ingest(event({ n: 1.7e308 }));
    await catchUpAll();
    expect(await total(id)).toBe(Number.MAX_VALUE);
  });

  it("answers 503 when D1 is overloaded", async ({ expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    vi.spyOn(env.DB, "batch").mockRejectedValue(new Error("D1_ERROR: D1 DB is overloaded."));
    expect((await call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token })).status).toBe(503);
  });
});

describe("POST /v1/meters/preview", () => {
  const BODY = {
    filter: NAMED,
    aggregation: { func: "sum", property: "metadata.tokens" },
    start_timestamp: "2026-01-01T00:00:00Z",
    end_timestamp: "2026-01-02T00:00:00Z",
    interval: "day",
  };

  it("answers 401 without credentials", async ({ expect }) => {
    expect((await call("POST", "/v1/meters/preview", { body: BODY })).status).toBe(401);
  });

  it("shows what a meter would count and the first events that it would take, and saves nothing", async ({
    expect,
  }) => {
    const { token, ingest } = await setUp();
    await ingest(
      ...Array.from({ length: 12 }, (_, i) => event({ tokens: i, i })),
      event({ tokens: "1" }),
      event({}, "x"),
    );
    const answer = await call("POST", "/v1/meters/preview", { token, body: BODY });
    expect(answer.status).toBe(200);
    expect(answer.json.quantities).toEqual([
      { timestamp: "2026-01-01T00:00:00.000Z", quantity: 66 },
      { timestamp: "2026-01-02T00:00:00.000Z", quantity: 0 },
    ]);
    expect(answer.json.total).toBe(66);
    expect(answer.json.events.map(({ metadata }: any) => metadata.i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const some = await call("POST", "/v1/meters/preview", {
      token,
      body: { ...BODY, metadata: { i: [3, "4"] }, external_customer_id: ["c1"] },
    });
    expect([some.json.total, some.json.events.length]).toEqual([7, 2]);
    expect((await call("GET", "/v1/meters/", { token })).json.items).toEqual([]);
  });

  it("answers 422 to what a meter or a query would refuse", async ({ expect }) => {
    const { token } = await setUp();
    const post = (body: object) => call("POST", "/v1/meters/preview", { token, body });
    expect(problems(await post({ ...BODY, filter: 1, interval: "minute" }))).toEqual([
      "body.filter model_attributes_type",
      "body.interval enum",
    ]);
    expect(problems(await post({ ...BODY, end_timestamp: "2020-01-01T00:00:00Z" }))).toEqual(["body value_error"]);
    expect(problems(await post({ ...BODY, metadata: { a: null }, customer_id: [NOBODY, 1] }))).toEqual([
      "body.customer_id.1 uuid_type",
      "body.metadata.a value_error",
    ]);
  });
});
