import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import type { Filter } from "../../src/engine/definition/filter.ts";
import { requiredNames } from "../../src/engine/definition/required-names.ts";
import { clauses, event, setUp, usage } from "../support/metering.ts";
import { execute, HOME, storeOf, undoing } from "../support/stores.ts";

describe("Catch-up", () => {
  it("loses and doubles nothing when catch-ups meet, fail half-way, or meet ingestion", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create({ aggregation: { func: "sum", property: "n" } });
    let sum = 0;
    for (let round = 1; round <= 10; round++) {
      sum += round;
      let calls = 0;
      // Every other transaction is undone at its end.
      const open = undoing(() => ++calls % 2 === 0);
      const catchUpBadly = () => catchUp(open(env, HOME), new Budget({ statements: 250 }));
      await Promise.allSettled([catchUpBadly(), catchUpBadly()]);
      await Promise.all([ingest(event({ n: round })), catchUpAll(), catchUpAll()]);
      expect(await total(id)).toBe(sum);
    }
  });

  it("aggregates fewer events at once where they are large", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create();
    const llm = usage(800_000);
    const large = Array.from({ length: 9 }, () => event({ _llm: llm }));
    await ingest(...large);
    await ingest(...large, event());
    // One of them collects the activity of customers, for which the size does not matter.
    expect((await catchUpAll()).transactions).toBe(5);
    expect(await total(id)).toBe(19);
    expect(await execute(sql`SELECT watermark FROM meters`)).toEqual([{ watermark: 19 }]);
  });

  it("passes over meters to which none of the events' names matters", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const named = (name: string) => clauses({ property: "name", operator: "eq", value: name });
    const others = [];
    for (let i = 0; i < 30; i++) others.push(await create({ filter: named(`other ${i}`) }));
    const concerned = await create({ filter: { conjunction: "or", clauses: [named("gen"), named("missing")] } });
    await ingest(...Array.from({ length: 100 }, () => event()));
    // Two reads, one update for all thirty, and one transaction of two statements; then nothing is left.
    // And three for the activity of customers; the store adds one to each of the six calls.
    expect(await catchUpAll()).toMatchObject({ statements: 14, transactions: 3 });
    expect(await execute(sql`SELECT DISTINCT watermark FROM meters`)).toEqual([{ watermark: 100 }]);
    expect([await total(concerned.id), await total(others[0].id)]).toEqual([100, 0]);
  });

  it("aggregates for the other meters of a transaction in which one fails", async ({ expect }) => {
    const { ingest, create, catchUpAll } = await setUp();
    const made = [await create(), await create(), await create()];
    await ingest(event());
    await execute(sql.raw(`CREATE TRIGGER broken BEFORE INSERT ON meter_rollups WHEN NEW.meter_id = '${made[1].id}' BEGIN SELECT RAISE(ABORT, 'broken'); END`)); // prettier-ignore
    expect([...(await catchUpAll()).failed.keys()]).toEqual([made[1].id]);
    const results = await execute<{ id: string }>(sql`SELECT id FROM meters WHERE watermark = 1`);
    expect(new Set(results.map(({ id }) => id))).toEqual(new Set([made[0].id, made[2].id]));
  });

  it("does nothing when more than a few meters are behind, if it is told so", async ({ expect }) => {
    const { ingest, create } = await setUp();
    for (let i = 0; i < 3; i++) await create();
    await ingest(event());
    const behind = async () =>
      (await execute(sql<{ n: number }>`SELECT count(*) AS n FROM meters WHERE watermark = 0`))[0]!.n;
    await catchUp(storeOf(), new Budget({ statements: 100 }), { few: 2 });
    expect(await behind()).toBe(3);
    await catchUp(storeOf(), new Budget({ statements: 100 }), { few: 3 });
    expect(await behind()).toBe(0);
  });

  it("begins no more chunks than it may", async ({ expect }) => {
    const { ingest, create } = await setUp();
    await create();
    await ingest(...Array.from({ length: 10 }, () => event()));
    await catchUp(storeOf(), new Budget({ statements: 100 }), { chunk: 4, chunks: 2 });
    expect(await execute(sql`SELECT watermark FROM meters`)).toEqual([{ watermark: 8 }]);
  });
});

describe("The names that a filter requires", () => {
  const name = (value: string | number, operator = "eq") => ({ property: "name", operator, value });
  const other = { property: "region", operator: "eq", value: "eu" };
  const filter = (conjunction: string, ...of: object[]) => ({ conjunction, clauses: of });
  it.for<[found: string[] | null, filter: object]>([
    [null, filter("and")],
    [null, filter("or")],
    [null, filter("and", other)],
    [["a"], filter("and", other, name("a"))],
    [[], filter("and", name("a"), name("b"))],
    [[], filter("and", name(5))],
    [["a", "b"], filter("or", name("a"), name("b"), name("a"))],
    [null, filter("or", name("a"), other)],
    [null, filter("and", name("a", "ne"), name("a", "like"))],
    [["a", "b"], filter("and", filter("or", name("a"), filter("and", name("b"), other)))],
    [null, filter("and", filter("and"))],
  ])("are %j for %j", ([found, of], { expect }) => {
    expect(requiredNames(of as Filter)).toEqual(found);
  });
});
