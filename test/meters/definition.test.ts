import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { call, problems } from "../support/api.ts";
import { clauses, DAY, event, NAMED, setUp } from "../support/metering.ts";

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
      return batch(statements);
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
    expect(log.mock.calls.map(([line]) => JSON.parse(line).catch_up_runs)).toEqual([1]);
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
        if (++calls % 3 !== 0) return batch(statements);
        return batch([...statements, env.DB.prepare("SELECT abs(-9223372036854775807 - 1)")]);
      });
      await Promise.allSettled([catchUpAll(), catchUpAll()]);
      vi.restoreAllMocks();
      await Promise.all([ingest(event({ n: round })), catchUpAll(), catchUpAll()]);
      expect(await total(id)).toBe(sum);
    }
  });

  it("pass over a meter that can't be caught up, and say so in the log", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const broken = await create();
    const sound = [await create(), await create()];
    await env.DB.prepare("UPDATE meters SET filter = '{' WHERE id = ?").bind(broken.id).run();
    await ingest(event());
    const log = vi.spyOn(console, "error");
    await worker.scheduled({} as ScheduledController, env);
    expect(log.mock.calls.map(([line]) => JSON.parse(line).error)).toEqual(["CatchUpFailed"]);
    const { results } = await env.DB.prepare("SELECT id, watermark FROM meters").all<{
      id: string;
      watermark: number;
    }>();
    for (const { id, watermark } of results) expect(watermark).toBe(id === broken.id ? 0 : 1);
    for (const { id } of sound) expect(await total(id)).toBe(1);
    expect((await catchUpAll()).failures).toHaveLength(1);
  });

  it("move fewer events at once where they are large", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create();
    const llm = {
      vendor: "v",
      model: "m",
      input_tokens: 1,
      output_tokens: 1,
      total_tokens: 2,
      prompt: "x".repeat(800_000),
    };
    const large = Array.from({ length: 9 }, () => event({ _llm: llm }));
    await ingest(...large);
    await ingest(...large, event());
    expect((await catchUpAll()).runs).toBe(4);
    expect(await total(id)).toBe(19);
    const { results } = await env.DB.prepare("SELECT watermark FROM meters").all();
    expect(results).toEqual([{ watermark: 19 }]);
  });

  it("take a filter at its limits in creation, lists, quantities and catch-up", async ({ expect }) => {
    const { token, ingest, create, patch, total, catchUpAll } = await setUp();
    const clause = (i: number) => ({
      property: `p${i % 3}.q`,
      operator: i % 2 ? "ne" : "like",
      value: i % 5 ? "x".repeat(1000) : true,
    });
    // Uneven on purpose: many clauses on the outer levels make deep expressions deeper.
    let left = 200;
    const nested = (level: number, last: boolean): object => {
      const own = Array.from({ length: Math.min(left, level < 10 ? 16 : 8) }, (_, i) => clause(i));
      left -= own.length;
      const inner = level === 16 ? [] : [nested(level + 1, last)];
      return { conjunction: level % 2 ? "and" : "or", clauses: last ? [...own, ...inner] : [...inner, ...own] };
    };
    const filter = nested(1, false);
    left = 200;
    const another = nested(1, true);
    const { id } = await create({ filter });
    expect((await patch(id, { filter: another })).status).toBe(200);
    expect((await call("GET", `/v1/events/?meter_id=${id}`, { token })).status).toBe(200);
    await ingest(event({ "p0.q": 1 }), event({}, "other"));
    expect(await total(id)).toBeTypeOf("number");
    const before = await total(id);
    await catchUpAll();
    expect(await total(id)).toBe(before);
    expect((await call("GET", `/v1/events/?meter_id=${id}`, { token })).status).toBe(200);
  });

  it("are asked together with a filter, as long as both fit into a statement", async ({ expect }) => {
    const { token, create } = await setUp();
    for (const [operator, value] of [
      ["eq", true],
      ["ne", false],
      ["not_like", "text"],
      ["gt", -2147483648],
    ] as const) {
      const long = (count: number, prefix: string) =>
        clauses(...Array.from({ length: count }, (_, i) => ({ property: `${prefix}${i}`, operator, value })));
      const { id } = await create({ filter: long(200, "a") });
      const ask = (count: number) =>
        call("GET", `/v1/events/?meter_id=${id}&filter=${encodeURIComponent(JSON.stringify(long(count, "b")))}`, {
          token,
        });
      expect((await ask(100)).status).toBe(200);
      expect(problems(await ask(101))).toEqual(["query.filter too_long"]);
    }
  });
});
