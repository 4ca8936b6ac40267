import { describe, it } from "vitest";
import { call } from "../support/api.ts";
import { catchUpAll, clauses, DAY, event, NAMED, setUp } from "../support/metering.ts";

const cost = (amount: unknown) => event({ _cost: { amount, currency: "usd" } });
const AMOUNTS = [10.5, "9.50", "100", 9.5, "-.5", "00012.0"];
const is = (operator: string, value: unknown) => clauses({ property: "_cost.amount", operator, value });
const of = (func: string) => ({ func, property: "metadata._cost.amount" });

describe("The amount of a cost", () => {
  it.for<[title: string, definition: object, total: number]>([
    ["sum", { aggregation: of("sum") }, 141],
    ["avg", { aggregation: of("avg") }, 23.5],
    ["max", { aggregation: of("max") }, 100],
    ["min", { aggregation: of("min") }, -0.5],
    ["unique", { aggregation: of("unique") }, 5],
    ["gt 9", { filter: is("gt", 9) }, 5],
    ["gte 10", { filter: is("gte", 10) }, 3],
    ["lt 10", { filter: is("lt", 10) }, 3],
    ["lte 100", { filter: is("lte", 100) }, 6],
    ["eq 100", { filter: is("eq", 100) }, 1],
    ["ne 12", { filter: is("ne", 12) }, 5],
    ["eq text, which no number is", { filter: is("eq", "100") }, 0],
    ["gt text, which no number is", { filter: is("gt", "") }, 0],
    ["like digits", { filter: is("like", "9.50") }, 1],
  ])("is a number to a meter before and after catch-up, to balances and previews: %s", async ([, definition, total], { expect }) => {
    const meter = { filter: NAMED, aggregation: { func: "count" }, ...definition };
    const { token, ingest, create, total: totalOf } = await setUp();
    const body = { email: "ada@example.com", external_id: "c1" };
    const customer = (await call("POST", "/v1/customers/", { token, body })).json.id;
    const { id } = await create(meter);
    await ingest(...AMOUNTS.map(cost), event({ other: 7 }, "other"));
    const consumed = async () =>
      (await call("GET", `/v1/customer-meters/?customer_id=${customer}`, { token })).json.items[0].consumed_units;
    expect([await totalOf(id), await consumed()]).toEqual([total, total]);
    await catchUpAll();
    expect([await totalOf(id), await consumed()]).toEqual([total, total]);
    await ingest(cost("100.00"));
    const after = await totalOf(id);
    await catchUpAll();
    expect(await totalOf(id)).toBe(after);
    const [start_timestamp, end_timestamp] = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"];
    const range = { start_timestamp, end_timestamp, interval: "day" };
    expect((await call("POST", "/v1/meters/preview", { token, body: { ...meter, ...range } })).json.total).toBe(after);
  }); // prettier-ignore

  it("is a number to conditions on metadata, and has its own digits in answers", async ({ expect }) => {
    const { token, ingest, create } = await setUp();
    const { id } = await create();
    await ingest(...AMOUNTS.map(cost), event({ "_cost.amount": 9.5 }), event({ "_cost.amount": "9.50" }), event());
    const list = async (query: string) => {
      const { json } = await call("GET", `/v1/events/?sorting=timestamp&limit=100&${query}`, { token });
      const { total } = (await call("GET", `/v1/meters/${id}/quantities?${DAY}&${query}`, { token })).json;
      expect(total).toBe(json.items.length);
      return json.items.map(({ metadata }: any) => metadata["_cost"]?.amount ?? metadata["_cost.amount"]);
    };
    const condition = "metadata[_cost.amount]=";
    expect(await list(`${condition}9.5`)).toEqual(["9.50", "9.5", 9.5]);
    expect(await list(`${condition}9.50`)).toEqual(["9.50", "9.5", "9.50"]);
    expect(await list(`${condition}12&${condition}100.000`)).toEqual(["100", "00012.0"]);
    expect(await list(`${condition}-5e-1`)).toEqual(["-.5"]);
    expect(await list(`${condition}0`)).toEqual([]);
    expect(await list(`${condition}text&${condition}`)).toEqual([]);
    expect(await list(`${condition}9.5&metadata[_cost.currency]=usd`)).toEqual(["9.50", "9.5"]);
  });
});

describe("The longest clauses", () => {
  it("fit into one statement of each kind, as many as it may have", async ({ expect }) => {
    const { token, ingest, create, total } = await setUp();
    const many = (count: number, from: number) =>
      clauses(
        ...Array.from({ length: count }, (_, i) => ({
          property: "_cost.amount",
          operator: "gte",
          value: -(2 ** 31) + from + i,
        })),
      );
    const { id } = await create({ filter: many(200, 0), aggregation: of("unique") });
    const small = await create({ filter: many(50, 0), aggregation: of("sum") });
    await ingest(...AMOUNTS.map(cost));
    const list = (filter: object) =>
      call("GET", `/v1/events/?meter_id=${small.id}&filter=${JSON.stringify(filter)}`, { token });
    expect((await list(many(175, 50))).json.pagination.total_count).toBe(6);
    await call("POST", "/v1/customers/", { token, body: { email: "ada@example.com", external_id: "c1" } });
    const balances = () =>
      Promise.all(
        [id, small.id].map(async (meter) => {
          const { items } = (await call("GET", `/v1/customer-meters/?meter_id=${meter}`, { token })).json;
          return items[0].consumed_units;
        }),
      );
    expect([await total(id), await balances()]).toEqual([5, [5, 141]]);
    await catchUpAll();
    expect([await total(id), await balances()]).toEqual([5, [5, 141]]);
  });
});

describe("A field of _llm, and a key with dots", () => {
  it("are found by conditions on metadata of lists and quantities", async ({ expect }) => {
    const { token, ingest, create } = await setUp();
    const { id } = await create({ aggregation: { func: "sum", property: "gen_ai.usage.input_tokens" } });
    const llm = { vendor: "v", input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    const flat = { "gen_ai.usage.input_tokens": 361 };
    await ingest(
      event({ ...flat, _llm: { ...llm, model: "large" } }),
      event({ ...flat, _llm: { ...llm, model: "small" }, "_llm.model": "large" }),
      event({ ...flat, "_llm.model": "large" }),
      event({ ...flat, model: "large", "gen_ai.request.model": "m1" }),
    );
    const found = async (query: string) => {
      const { json } = await call("GET", `/v1/events/?${query}`, { token });
      const { total } = (await call("GET", `/v1/meters/${id}/quantities?${DAY}&${query}`, { token })).json;
      return [json.pagination.total_count, total];
    };
    expect(await found("metadata[_llm.model]=large")).toEqual([2, 722]);
    expect(await found("metadata[_llm.model]=large&metadata[_llm.model]=small")).toEqual([3, 1083]);
    expect(await found("metadata[_llm.total_tokens]=2&metadata[_llm.vendor]=v")).toEqual([2, 722]);
    expect(await found("metadata[_llm.nothing]=2")).toEqual([0, 0]);
    expect(await found("metadata[gen_ai.request.model]=m1")).toEqual([1, 361]);
    expect(await found("metadata[model]=large")).toEqual([1, 361]);
  });
});
