import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { compile } from "../../src/engine/definition/definition.ts";
import { scanCostOf } from "../../src/engine/definition/scan-cost.ts";
import { call, problems } from "../support/api.ts";
import { catchUpAll, clauses, event, setUp, usage } from "../support/metering.ts";
import { execute } from "../support/stores.ts";

/** The most expensive filter that there can be. */
const EXPENSIVE = clauses(
  ...Array.from({ length: 200 }, (_, i) => ({ property: `${"p".repeat(2490)}${i}`, operator: "eq", value: 1 })),
);
const RANGE = { start_timestamp: "2026-01-01T00:00:00Z", end_timestamp: "2026-01-05T00:00:00Z", interval: "day" };
const NARROW = { ...RANGE, start_timestamp: "2026-01-05T00:00:00Z" };
const query = (range: object) => new URLSearchParams(range as Record<string, string>).toString();

/** 3,000 events on one day, one on another. */
async function setUpEvents() {
  const of = await setUp();
  await of.ingest(...Array.from({ length: 3000 }, () => event({ n: 1 })), {
    ...event(),
    timestamp: NARROW.start_timestamp,
  });
  return of;
}

describe("A request that would have to examine too much", () => {
  it("is answered 422 before it runs, and answers once the range is narrow: a preview", async ({ expect }) => {
    const { token } = await setUpEvents();
    const preview = (range: object, filter: object = EXPENSIVE) =>
      call("POST", "/v1/meters/preview", { token, body: { filter, aggregation: { func: "count" }, ...range } });
    const refused = await preview(RANGE);
    expect(problems(refused)).toEqual(["body scan_too_large"]);
    expect(refused.json.detail[0].msg).toContain("Narrow start_timestamp and end_timestamp");
    expect((await preview(NARROW)).status).toBe(200);
    expect((await preview(RANGE, clauses())).json.total).toBe(3001);
  });

  it("is answered 422 before it runs, and answers once the range is narrow: a list with a filter", async ({
    expect,
  }) => {
    const { token, create } = await setUpEvents();
    const { id } = await create({ filter: EXPENSIVE });
    const list = (more: string) => call("GET", `/v1/events/?meter_id=${id}${more}`, { token });
    expect(problems(await list(""))).toEqual(["query scan_too_large"]);
    expect((await list("&start_timestamp=2026-01-04T00:00:00Z")).status).toBe(200);
  });

  it("is answered 422 before it runs: quantities with a condition on metadata", async ({ expect }) => {
    const { token, create } = await setUpEvents();
    const { id } = await create({ filter: EXPENSIVE });
    const quantities = (range: object, more: string) =>
      call("GET", `/v1/meters/${id}/quantities?${query(range)}${more}`, { token });
    expect(problems(await quantities(RANGE, "&metadata[n]=1"))).toEqual(["query scan_too_large"]);
    expect((await quantities(NARROW, "&metadata[n]=1")).status).toBe(200);
    expect((await quantities(RANGE, "")).status).toBe(200);
  });

  it("is answered 422 before it runs: quantities by a property, but not by customer", async ({ expect }) => {
    const { token, create } = await setUpEvents();
    const { id } = await create({ filter: EXPENSIVE });
    const quantities = (range: object, more: string) =>
      call("GET", `/v1/meters/${id}/quantities?${query(range)}${more}`, { token });
    const refused = await quantities(RANGE, "&group_by=n");
    expect(problems(refused)).toEqual(["query scan_too_large"]);
    expect(refused.json.detail[0].msg).toContain("the property in its dimensions");
    expect((await quantities(NARROW, "&group_by=n")).status).toBe(200);
    expect((await quantities(RANGE, "&group_by=customer")).status).toBe(200);
  });

  it("is found by the size of the events, too", async ({ expect }) => {
    const { token, ingest } = await setUp();
    const llm = usage(800_000);
    await ingest(event({ _llm: llm }), event({ _llm: llm }), event({ _llm: llm }));
    const like = clauses(
      ...Array.from({ length: 200 }, (_, i) => ({ property: "_llm.prompt", operator: "like", value: `${i}` })),
    );
    const list = (filter: object) => call("GET", `/v1/events/?filter=${JSON.stringify(filter)}`, { token });
    expect((await list(clauses(like.clauses[0]!))).status).toBe(200);
    await ingest(...Array.from({ length: 5 }, () => event({ _llm: llm })));
    expect(problems(await list(like))).toEqual(["query scan_too_large"]);
  });
});

describe("The bound values of a filter", () => {
  it("are unpacked once per statement, not once per event", async ({ expect }) => {
    const filter = clauses({ property: "a", operator: "eq", value: 1 }) as never;
    const { from, matches } = compile({ filter, aggregation: { func: "count" } });
    const statement = sql`EXPLAIN QUERY PLAN SELECT count(*) FROM ${from} WHERE e.organization_id = ${"o"} AND ${matches}`;
    const results = await execute<{ id: number; parent: number; detail: string }>(statement);
    const [values, loop] = results.filter(({ parent }) => parent === 0).map(({ detail }) => detail);
    expect(values).toMatch(/^(CO-ROUTINE|MATERIALIZE) b0$/);
    expect(loop).toMatch(/b0$/);
    expect(results.at(-1)!.detail).toMatch(/^SEARCH e /);
  });
});

describe("Catch-up", () => {
  it("takes fewer events at once when the filter is expensive", async ({ expect }) => {
    const { ingest, create } = await setUp();
    await create({ filter: EXPENSIVE });
    await ingest(...Array.from({ length: 900 }, () => event()));
    const { transactions } = await catchUpAll();
    const { perEvent } = scanCostOf({ filter: EXPENSIVE as never, aggregation: { func: "count" } });
    // Two statements examine the events; one more transaction is for the activity of customers.
    expect(transactions).toBe(Math.ceil(900 / Math.floor(100_000 / (2 * perEvent))) + 1);
  });
});
