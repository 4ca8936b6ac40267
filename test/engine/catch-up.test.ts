import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import type { Aggregation } from "../../src/engine/definition/aggregation.ts";
import type { Filter } from "../../src/engine/definition/filter.ts";
import { requiredNames } from "../../src/engine/definition/required-names.ts";
import { newMeter } from "../../src/meters/create.ts";
import { db } from "../../src/store/db.ts";
import { meters } from "../../src/store/tables.ts";
import { ORGANIZATION } from "../support/api.ts";
import { catchUpAll, clauses, event, setUp, usage } from "../support/metering.ts";
import { decorated, execute, HOME, storeOf, undoing, STORE } from "../support/stores.ts";

/** A meter of one name or of two, mostly with a condition that others do not have; one of them counts every event. */
function meterOf(i: number): { filter: Filter; aggregation: Aggregation } {
  const name = (number: number) => ({ property: "name", operator: "eq" as const, value: `name ${number % 250}` });
  const other = { property: "n", operator: "lt" as const, value: 10 + i };
  if (i === 0) return { filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } };
  const names: Filter = { conjunction: "or", clauses: i % 5 === 0 ? [name(i), name(i + 1)] : [name(i)] };
  const filter: Filter = { conjunction: "and", clauses: i % 3 === 0 ? [names] : [names, other] };
  return { filter, aggregation: i % 2 === 0 ? { func: "sum", property: "n" } : { func: "unique", property: "region" } };
}

/** Stores meters without a request for each. */
async function addMeters(definitions: { filter: Filter; aggregation: Aggregation }[]): Promise<void> {
  const rows = definitions.map((definition) => newMeter(ORGANIZATION, { ...MADE, ...definition }, 0));
  for (let at = 0; at < rows.length; at += 100) {
    await storeOf().write(rows.slice(at, at + 100).map((row) => db.insert(meters).values(row)));
  }
}
const MADE = { name: "Meter", metadata: {}, unit: "scalar" as const, custom_label: null, custom_multiplier: null, organization_id: null }; // prettier-ignore

/** The watermarks of all meters together. */
const watermarks = async () => (await execute<{ sum: number }>(sql`SELECT sum(watermark) AS sum FROM meters`))[0]!.sum;

describe("Catch-up", () => {
  it("neither loses nor doubles events when catch-ups fail half-way, or run concurrently with each other or with ingestion", async ({
    expect,
  }) => {
    const { ingest, create, total } = await setUp();
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
    const { ingest, create, total } = await setUp();
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

  it("counts fewer events at once on meters that take long, and lets others in between", async ({ expect }) => {
    const { ingest, total } = await setUp();
    const slow = Array.from({ length: 80 }, () => ({ property: "text", operator: "like" as const, value: "x" }));
    await addMeters([
      ...Array.from({ length: 3 }, () => ({ filter: { conjunction: "or" as const, clauses: slow }, aggregation: { func: "count" as const } })),
      ...Array.from({ length: 3 }, () => ({ filter: { conjunction: "or" as const, clauses: slow }, aggregation: { func: "unique" as const, property: "n" } })),
    ]); // prettier-ignore
    await ingest(...Array.from({ length: 2000 }, () => event({ n: 1, text: "x" })));
    const counted: number[] = [];
    let [turns, calls] = [0, 0];
    const open = decorated(async (carryOut, texts) => {
      // What waits since the call before has had its turn.
      expect(turns).toBe(calls++);
      setTimeout(() => turns++);
      const before = await watermarks();
      const result = await carryOut();
      const moved = texts.some((text) => text.includes("INSERT INTO meter_rollups"));
      if (moved) counted.push((await watermarks()) - before);
      return result;
    });
    expect((await catchUp(open(env, HOME), new Budget({ statements: 1000 }, () => 0))).failed).toEqual(new Map());
    expect(counted.length).toBeGreaterThan(9);
    // An event is expected to take 41 µs in each of two or four statements, and a transaction 100 ms at most.
    expect(Math.max(...counted)).toBeLessThan(1250);
    const ids = await execute<{ id: string }>(sql`SELECT id FROM meters`);
    for (const { id } of ids) expect([1, 2000]).toContain(await total(id));
  });

  it("skips the events for meters that match none of their names", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    const named = (name: string) => clauses({ property: "name", operator: "eq", value: name });
    const others = [];
    for (let i = 0; i < 30; i++) others.push(await create({ filter: named(`other ${i}`) }));
    const concerned = await create({ filter: { conjunction: "or", clauses: [named("gen"), named("missing")] } });
    await ingest(...Array.from({ length: 100 }, () => event()));
    // Two reads, one update for all thirty, and one transaction of three statements; then nothing is left.
    // And four for the activity of customers and the counts of events; the store adds one to each of the six calls.
    expect(await catchUpAll()).toMatchObject({ statements: 16, transactions: 3 });
    expect(await execute(sql`SELECT DISTINCT watermark FROM meters`)).toEqual([{ watermark: 100 }]);
    expect([await total(concerned.id), await total(others[0].id)]).toEqual([100, 0]);
  });

  it("aggregates for the other meters of a transaction in which one fails, in each place", async ({ expect }) => {
    const { ingest, create } = await setUp();
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.push((await create()).id);
    await ingest(event());
    for (const broken of [ids[0]!, ids[3]!, ids[6]!]) {
      // In one transaction: an object can catch up between two.
      await storeOf().write([
        sql`DELETE FROM meter_rollups`,
        sql`DELETE FROM meter_totals`,
        sql`UPDATE meters SET watermark = 0`,
        sql`DROP TRIGGER IF EXISTS broken`,
        sql.raw(`CREATE TRIGGER broken BEFORE INSERT ON meter_rollups WHEN NEW.meter_id = '${broken}' BEGIN SELECT RAISE(ABORT, 'broken'); END`),
      ]); // prettier-ignore
      expect([...(await catchUp(storeOf(), new Budget({ statements: 100 }))).failed.keys()]).toEqual([broken]);
      expect(await execute(sql`SELECT id FROM meters WHERE watermark = 0`)).toEqual([{ id: broken }]);
      expect(await execute(sql`SELECT count(DISTINCT meter_id) AS n FROM meter_rollups`)).toEqual([{ n: 6 }]);
    }
  });

  // An object's alarm would count some of them at the same time.
  it.runIf(STORE === "d1")(
    "counts for a thousand meters in few statements, whatever their filters are",
    async ({ expect }) => {
      const { ingest } = await setUp();
      await addMeters(Array.from({ length: 1000 }, (_, i) => meterOf(i)));
      await ingest(...Array.from({ length: 1000 }, (_, i) => event({ n: i % 10, region: "eu" }, `name ${i % 250}`)));
      // The clock stands still: how many meters a transaction has does not depend on the machine.
      const budget = new Budget({ statements: 200 }, () => 0);
      expect((await catchUp(storeOf(), budget)).failed).toEqual(new Map());
      expect(await execute(sql`SELECT DISTINCT watermark FROM meters`)).toEqual([{ watermark: 1000 }]);
      const counted = await execute<{ n: number; meters: number }>(sql`SELECT count, count(*) AS meters FROM meter_rollups WHERE customer = '' GROUP BY 1 ORDER BY 1`); // prettier-ignore
      // Each name has four events, of which n is 10 at most; every fifth meter counts those of two names.
      expect(counted).toEqual([
        { count: 4, meters: 800 },
        { count: 8, meters: 199 },
        { count: 1000, meters: 1 },
      ]);
      expect(budget.spent).toBeLessThan(150);
    },
  );

  it("counts for meters whose filters have more values than a table has columns", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    const wide = Array.from({ length: 90 }, (_, i) => ({ property: `p${i}`, operator: "eq", value: "x" }));
    const of = (...more: object[]) => ({ conjunction: "or", clauses: [...wide, ...more] });
    const found = await create({ filter: of({ property: "n", operator: "eq", value: 1 }) });
    const named = await create({ filter: { conjunction: "and", clauses: [clauses({ property: "name", operator: "eq", value: "gen" }), of()] } }); // prettier-ignore
    const all = await create();
    await ingest(event({ n: 1 }), event({ p89: "x" }), event({ p89: "x" }, "other"), event({ n: 2 }));
    expect((await catchUpAll()).failed).toEqual(new Map());
    expect(await execute(sql`SELECT DISTINCT watermark FROM meters`)).toEqual([{ watermark: 4 }]);
    expect([await total(found.id), await total(named.id), await total(all.id)]).toEqual([3, 1, 4]);
  });

  it("leaves an organization to another catch-up that is faster", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    const { id } = await create();
    await ingest(...Array.from({ length: 10 }, () => event()));
    // Each time that it has found a chunk, another one has been there.
    const open = decorated(async (carryOut, [text]) => {
      if (text!.includes("INSERT INTO meter_rollups")) await execute(sql`UPDATE meters SET watermark = watermark + 1`);
      return carryOut();
    });
    const { transactions } = await catchUp(open(env, HOME), new Budget({ statements: 100 }), { chunk: 4 });
    // One of the two is that of the activity of customers.
    expect(transactions).toBe(2);
    expect(await execute(sql`SELECT watermark FROM meters`)).toEqual([{ watermark: 1 }]);
    expect(await execute(sql`SELECT * FROM meter_rollups`)).toEqual([]);
    expect(await total(id)).toBe(9);
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
