import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { call, METER, problems } from "../support/api.ts";
import { catchUpAll, DAY, event, setUp } from "../support/metering.ts";
import { execute, HOME, measuring } from "../support/stores.ts";

const SUM = { func: "sum", property: "n" };
const FORBIDDEN = "body.dimensions forbidden";

describe("The dimensions of a meter", () => {
  it.for<[dimensions: unknown, expected: string[]]>([
    [["a", "b", "c", "d", "e"], ["body.dimensions too_long"]],
    [["model", "metadata.model"], ["body.dimensions.1 value_error"]],
    [["timestamp"], ["body.dimensions.0 value_error"]],
    [[5], ["body.dimensions.0 string_type"]],
    ["model", ["body.dimensions list_type"]],
    [null, ["body.dimensions list_type"]],
  ])("are a 422 when a new one has %j", async ([dimensions, expected], { expect }) => {
    const { token } = await setUp();
    expect(problems(await call("POST", "/v1/meters/", { token, body: { ...METER, dimensions } }))).toEqual(expected);
  });

  it("can be changed until the meter has counted an event, and are in every answer", async ({ expect }) => {
    const { token, create, patch, ingest } = await setUp();
    const meter = await create({ aggregation: SUM, dimensions: ["metadata.model", "_llm.model", "name"] });
    expect(meter.dimensions).toEqual(["model", "_llm.model", "name"]);
    await patch(meter.id, { name: "Renamed" });
    expect((await call("GET", "/v1/meters/", { token })).json.items[0].dimensions).toEqual(meter.dimensions);
    await ingest(event({ model: "no number" }));
    await catchUpAll();
    expect((await patch(meter.id, { dimensions: null })).json.dimensions).toEqual(meter.dimensions);
    expect((await patch(meter.id, { dimensions: ["model"] })).json.dimensions).toEqual(["model"]);
    await ingest(event({ model: "a", n: 1 }));
    await catchUpAll();
    expect((await call("GET", `/v1/meters/${meter.id}/quantities?${DAY}&group_by=model`, { token })).json.groups[0]).toMatchObject({ key: "a", total: 1 }); // prettier-ignore
    for (const dimensions of [["model"], [], null]) expect(problems(await patch(meter.id, { dimensions }))).toEqual([FORBIDDEN]); // prettier-ignore
    await call("POST", "/v1/customers/", { token, body: { email: "c1@example.com", external_id: "c1" } });
    const { json } = await call("GET", "/v1/customer-meters/", { token });
    expect(json.items[0].meter.dimensions).toEqual(["model"]);
  });
});

describe("Quantities by a dimension", () => {
  it.for([
    [SUM, [["a", 6], [1, 4], ["missing", 3]], 6],
    [{ func: "unique", property: "n" }, [["a", 2], ["missing", 1], [1, 1]], 2],
  ] as const)("with %j need no event that is counted", async ([aggregation, expected, ofA], { expect }) => {
    const { token, create, ingest } = await setUp();
    const { id } = await create({ aggregation, dimensions: ["m", "name"] });
    const ask = async (query: string) => (await call("GET", `/v1/meters/${id}/quantities?${DAY}&${query}`, { token })).json; // prettier-ignore
    const groups = async (query = "group_by=m") =>
      (await ask(query)).groups.map(({ key, missing, total }: any) => [missing ? "missing" : key, total]);
    await ingest(event({ n: 2, m: "a" }), event({ n: 2, m: "a", name: "x" }), event({ n: 4, m: 1.0 }), event({ n: 3 }));
    await catchUpAll();
    await ingest({ ...event({ n: 2, m: "a" }), external_customer_id: "c2" });
    expect((await ask("metadata[m]=a")).total).toBe(aggregation === SUM ? 6 : 1);
    await ingest({ ...event({ n: 0, m: "a" }), external_customer_id: "c2" });
    await catchUpAll();
    await execute(sql`DELETE FROM events`);
    expect((await groups()).toSorted()).toEqual(expected.toSorted());
    expect((await ask("metadata[m]=a")).total).toBe(ofA);
    expect((await ask("metadata[m]=1.0")).total).toBe(0);
    expect(await groups("group_by=m&metadata[m]=1&external_customer_id=c1")).toEqual([[1, aggregation === SUM ? 4 : 1]]);
    expect(await groups("group_by=m&external_customer_id=c2")).toEqual([["a", 2]]);
    // The key of the metadata is not the dimension, which is a field of the event; and two conditions scan.
    expect((await ask("metadata[name]=x")).total).toBe(0);
    expect((await ask("metadata[m]=a&metadata[n]=2")).total).toBe(0);
  }); // prettier-ignore

  it("cost two more rows for each event and dimension at most, and nothing where there are none", async ({
    expect,
  }) => {
    const { create, ingest } = await setUp();
    const written = async (dimensions: string[], aggregation: object) => {
      const { id } = await create({ aggregation, dimensions });
      const { open, cost } = measuring();
      await catchUp(open(env, HOME), new Budget({ statements: 100 }), { only: id });
      return { rows: cost.written, trips: cost.trips };
    };
    const time = (quarter: number) => new Date(Date.UTC(2026, 0, 1) + quarter * 900_000).toISOString();
    await ingest(...Array.from({ length: 20 }, (_, i) => ({ ...event({ n: i, a: i, b: "b" }), timestamp: time(i) })));
    for (const aggregation of [SUM, { func: "unique", property: "n" }]) {
      const none = await written([], aggregation);
      expect(await written(["a"], aggregation)).toEqual({ ...none, rows: none.rows + 2 * 20 });
      expect(await written(["a", "b", "name", "source"], aggregation)).toEqual({
        ...none,
        rows: none.rows + 4 * 2 * 20,
      });
    }
  });
});
