import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpBalances, unitsOf } from "../support/customer-meters.ts";
import { runScheduled } from "../support/metering.ts";
import { execute, losing, measuring } from "../support/stores.ts";

const PATH = "/v1/customer-meters/resets";

/** A customer with the external id c1, a meter, and the body of a reset of the two. */
async function setUpPair(func = "sum") {
  const set = await setUpBalances();
  const meter = await set.meter(func);
  const customer = await set.customer();
  const pair = { customer_id: customer.id, meter_id: meter.id };
  const balance = async () => unitsOf((await set.list()).json.items[0]);
  const credited = (units: number) => set.credit({ ...pair, units });
  return { ...set, meter, customer, pair, balance, credited };
}

describe("POST /v1/customer-meters/resets", () => {
  it("answers 401, 403, and 422 for what is another organization's", async ({ expect }) => {
    const { pair, use, balance } = await setUpPair();
    await use("c1", 3);
    const ask = (token: string | null) => call("POST", PATH, { token, body: pair });
    expect((await ask(null)).status).toBe(401);
    expect((await ask(await grant({ scopes: ["customer_meters:read", "meters:write"] }))).status).toBe(403);
    const other = await ask(await grant({ organization_id: OTHER_ORGANIZATION }));
    expect(problems(other)).toEqual(["body.customer_id customer_id", "body.meter_id meter_id"]);
    expect(await balance()).toEqual([3, 0, -3]);
  });

  it.for([
    [{}, ["body.meter_id missing"]],
    [{ meter_id: NOBODY }, ["body.customer_id missing"]],
    [{ meter_id: NOBODY, customer_id: NOBODY, external_customer_id: "" }, ["body value_error"]],
    [{ meter_id: NOBODY, customer_id: NOBODY }, ["body.customer_id customer_id", "body.meter_id meter_id"]],
    [{ meter_id: NOBODY, external_customer_id: "c1" }, ["body.meter_id meter_id"]],
    [
      { meter_id: 1, external_customer_id: 2, rollover: 1 },
      ["body.external_customer_id string_type", "body.meter_id uuid_type", "body.rollover bool_type"],
    ],
    [{ meter_id: NOBODY, customer_id: NOBODY, rollover: null }, ["body.rollover bool_type"]],
  ] as const)("refuses %j", async ([body, expected], { expect }) => {
    const { reset, systemEvents } = await setUpPair();
    const answer = await reset(body);
    expect([answer.status, problems(answer)]).toEqual([422, expected]);
    expect(await systemEvents()).toEqual([]);
  });

  it.for(["sum", "unique"])("counts only events after it, also when those before it are caught up later: %s", async (func, { expect }) => {
    const { reset, pair, use, balance } = await setUpPair(func);
    await use("c1", 3, 5);
    await reset(pair);
    await use("c1", 1);
    await runScheduled();
    expect(await balance()).toEqual([1, 0, -1]);
    expect(await execute(sql`SELECT since > 0 AS is_since, count FROM meter_totals WHERE customer = 'ext:c1' ORDER BY 1`)).toEqual([
      { is_since: 0, count: 3 },
      { is_since: 1, count: 1 },
    ]);
    await reset(pair);
    expect(await execute(sql`SELECT DISTINCT count FROM meter_totals WHERE since > 0`)).toEqual([{ count: 0 }]);
    expect(await execute(sql`SELECT * FROM meter_total_uniques WHERE since > 0`)).toEqual([]);
  }); // prettier-ignore

  it("deletes very many distinct values from before in statements of 10,000, and those that an interrupted reset has left", async ({
    expect,
  }) => {
    const { token, reset, pair, use, balance } = await setUpPair("unique");
    await reset(pair);
    const addValues = (count: number) =>
      execute(sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
        INSERT INTO meter_total_uniques (meter_id, customer, since, value)
        SELECT meter_id, customer, since, i FROM meter_totals CROSS JOIN n WHERE since > 0 AND customer = 'ext:c1'`);
    await addValues(25_000);
    const { open, cost } = measuring();
    const answer = await call("POST", PATH, { token, body: pair, open });
    expect([answer.status, unitsOf(answer.json), cost.trips]).toEqual([201, [0, 0, 0], 2 + 2]);
    const left = () => execute(sql`SELECT count(*) AS count FROM meter_total_uniques WHERE since > 0`);
    expect(await left()).toEqual([{ count: 0 }]);
    await addValues(25_000);
    const interrupted = await call("POST", PATH, {
      token,
      body: pair,
      open: losing({ after: false, times: 9, skip: 2 }),
    });
    expect([interrupted.status, await left()]).toEqual([201, [{ count: 15_000 }]]);
    await use("c1", 1, 2);
    await runScheduled();
    expect(await balance()).toEqual([2, 0, -2]);
    await reset(pair);
    expect(await left()).toEqual([{ count: 0 }]);
  });

  it("starts again: earlier events and credits no longer count", async ({ expect }) => {
    const { reset, pair, use, credited, balance, get, meter, systemEvents, customer } = await setUpPair();
    await use("c1", 30);
    await credited(100);
    const answer = await reset(pair);
    expect([answer.status, unitsOf(answer.json)]).toEqual([201, [0, 0, 0]]);
    expect(answer.text).toBe((await get(answer.json.id)).text);
    await use("c1", 4);
    await credited(10);
    expect(await balance()).toEqual([4, 10, 6]);
    const events = await systemEvents();
    expect(events.map(({ name }: any) => name).toSorted()).toEqual(["meter.credited", "meter.credited", "meter.reset"]);
    const event = events.find(({ name }: any) => name === "meter.reset");
    expect(event).toMatchObject({ source: "system", customer_id: customer.id, metadata: { meter_id: meter.id } });
    expect(Object.keys(event.metadata)).toEqual(["meter_id"]);
  });

  it("goes by the order of acceptance, whatever the timestamps", async ({ expect }) => {
    const { reset, pair, ingest, balance } = await setUpPair();
    const used = (v: number, timestamp: string) =>
      ingest({ name: "use", external_customer_id: "c1", timestamp, metadata: { v } });
    await used(30, "2026-06-24T00:00:00Z");
    await reset(pair);
    await used(4, "2020-01-01T00:00:00Z");
    expect(await balance()).toEqual([4, 0, -4]);
  });

  it("can be repeated, and done before anything was used", async ({ expect }) => {
    const { reset, pair, use, balance } = await setUpPair();
    expect(unitsOf((await reset(pair)).json)).toEqual([0, 0, 0]);
    await use("c1", 30);
    await reset(pair);
    await use("c1", 7);
    await reset(pair);
    expect(await balance()).toEqual([0, 0, 0]);
  });

  it("changes neither quantities nor other pairs", async ({ expect }) => {
    const { token, reset, pair, use, meter, customer, list } = await setUpPair();
    const other = await meter.id;
    await customer;
    const second = await setUpPairOf({ token });
    await use("c1", 5);
    await use("c2", 6);
    await reset(pair);
    const now = new Date().toISOString();
    const range = `interval=day&start_timestamp=${now}&end_timestamp=${now}`;
    expect((await call("GET", `/v1/meters/${other}/quantities?${range}`, { token })).json.total).toBe(11);
    const rows = (await list("?sorting=customer_name&sorting=meter_name")).json.items;
    expect(rows.map(unitsOf)).toEqual([
      [1, 0, -1],
      [0, 0, 0],
      [1, 0, -1],
      [6, 0, -6],
    ]);
    expect(second).toBeTypeOf("string");
  });

  it.for([
    ["sum", 100, [30], 70],
    ["sum", 100, [30.5], 69],
    ["sum", 50, [80], 0],
    ["sum", 0, [], 0],
    ["sum", 0, [-12], 12],
    ["max", 10, [1, 7, 3], 3],
    ["min", 10, [1, 7, 3], 9],
    ["avg", 10, [1, 2], 8],
    ["count", 10, [1, 1], 8],
    ["unique", 10, [1, 1], 9],
  ] as const)(
    "rolls over what is left: %s, %d credited, %j used: %d",
    async ([func, credits, used, left], { expect }) => {
      const { reset, pair, use, credited, balance, systemEvents, meter } = await setUpPair(func);
      if (credits !== 0) await credited(credits);
      if (used.length > 0) await use("c1", ...used);
      const answer = await reset({ ...pair, rollover: true });
      expect([answer.status, unitsOf(answer.json)]).toEqual([201, [0, left, left]]);
      expect(await balance()).toEqual([0, left, left]);
      const rolled = (await systemEvents()).filter(({ metadata }: any) => metadata.rollover === true);
      const metadata = { meter_id: meter.id, units: left, rollover: true };
      expect(rolled.map((event: any) => [event.name, event.metadata])).toEqual(
        left === 0 ? [] : [["meter.credited", metadata]],
      );
    },
  );

  it("rolls over what is left on a meter with the longest filter", async ({ expect }) => {
    const { token, customer, reset } = await setUpPair();
    const clauses = Array.from({ length: 200 }, (_, i) => ({ property: `_llm.x${i}`, operator: "ne", value: i - 2 ** 31 }));
    const body = { ...METER, filter: { conjunction: "or", clauses }, aggregation: { func: "unique", property: "_cost.amount" } };
    const { json } = await call("POST", "/v1/meters/", { token, body });
    const pair = { customer_id: customer.id, meter_id: json.id };
    await call("POST", "/v1/customer-meters/credits", { token, body: { ...pair, units: 5 } });
    expect(unitsOf((await reset({ ...pair, rollover: true })).json)).toEqual([0, 5, 5]);
  }); // prettier-ignore

  it("writes the reset before the credit that it rolls over", async ({ expect }) => {
    const { reset, pair, credited } = await setUpPair();
    await credited(5);
    await reset({ ...pair, rollover: true });
    const events = await execute<{ name: string }>(sql`SELECT name FROM events ORDER BY seq`);
    expect(events.map(({ name }) => name)).toEqual(["meter.credited", "meter.reset", "meter.credited"]);
  });

  it("resets events of an external id that is linked later only up to the reset", async ({ expect }) => {
    const { token, meter, customer, use, reset, list } = await setUpBalances();
    const { id: meterId } = await meter();
    const { id } = await customer(null);
    await use("later", 5);
    await reset({ customer_id: id, meter_id: meterId });
    await use("later", 2);
    expect((await list()).json.items.map(unitsOf)).toEqual([[0, 0, 0]]);
    await call("PATCH", `/v1/customers/${id}`, { token, body: { external_id: "later" } });
    expect((await list()).json.items.map(unitsOf)).toEqual([[2, 0, -2]]);
    await use("later", 1);
    expect((await list()).json.items.map(unitsOf)).toEqual([[3, 0, -3]]);
  });

  it.for<{ after: boolean; headers: Record<string, string> }>([
    { after: false, headers: {} },
    { after: true, headers: {} },
    { after: false, headers: { "Idempotency-Key": "k" } },
    { after: true, headers: { "Idempotency-Key": "k" } },
  ])("rolls over once when the connection is lost: %j", async ({ after, headers }, { expect }) => {
    const { token, pair, credited, use, balance, systemEvents } = await setUpPair();
    await credited(10);
    await use("c1", 4);
    const open = losing({ after, times: 2, skip: 1 });
    const answer = await call("POST", PATH, { token, body: { ...pair, rollover: true }, headers, open });
    expect([answer.status, unitsOf(answer.json)]).toEqual([201, [0, 6, 6]]);
    expect(await balance()).toEqual([0, 6, 6]);
    const names = (await systemEvents()).map(({ name }: any) => name).toSorted();
    expect(names).toEqual(["meter.credited", "meter.credited", "meter.reset"]);
  });
});

/** Adds the customer c2 and a second meter that counts. */
async function setUpPairOf({ token }: { token: string }): Promise<string> {
  await call("POST", "/v1/customers/", { token, body: { email: "c2@example.com", external_id: "c2", name: "Bo" } });
  const { json } = await call("POST", "/v1/meters/", {
    token,
    body: { name: "a counter", filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } },
  });
  return json.id;
}
