import { describe, it } from "vitest";
import { call, problems } from "../support/api.ts";
import { catchUpAll, clauses, DAY, event, NAMED, setUp } from "../support/metering.ts";
import { decorated } from "../support/stores.ts";

describe("A meter's filter and aggregation", () => {
  it("count what was sent before the meter was made, at once, and what is sent after", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
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

  it("are read again when they change while quantities are read", async ({ expect }) => {
    const { token, ingest, create, patch } = await setUp();
    const { id } = await create({ filter: clauses({ property: "name", operator: "eq", value: "none" }) });
    await ingest(event(), event());
    let reads = 0;
    const open = decorated(async (carryOut) => {
      // Between the reading of the meter and that of its quantities.
      if (++reads === 2) expect((await patch(id, { filter: NAMED })).status).toBe(200);
      return carryOut();
    });
    const answer = await call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token, open });
    expect(reads).toBe(4);
    expect(answer.json.total).toBe(2);
  });

  it("take a filter at its limits in creation, lists, quantities and catch-up", async ({ expect }) => {
    const { token, ingest, create, patch, total } = await setUp();
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
      expect((await ask(25)).status).toBe(200);
      expect(problems(await ask(26))).toEqual(["query.filter too_long"]);
    }
  });
});
