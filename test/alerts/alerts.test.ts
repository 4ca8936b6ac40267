import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, it } from "vitest";
import { call, NOBODY, problems } from "../support/api.ts";
import { setUpPair, used } from "../support/customer-meters.ts";
import { withoutPauses } from "../support/metering.ts";
import { objectOf, STORE } from "../support/stores.ts";

/** A customer with 100 credited units on a meter, and what the tests do with alerts on it. */
async function setUp() {
  withoutPauses();
  const set = await setUpPair();
  const { token, meter_id } = set;
  const post = (body: object, headers: Record<string, string> = {}) =>
    call("POST", "/v1/alerts", { token, body: { name: "Alert", meter_id, ...body }, headers });
  const create = async (basis: string, ...thresholds: number[]) => {
    const { status, json, text } = await post({ basis, thresholds });
    if (status !== 201) throw new Error(text);
    return json;
  };
  const get = (path: string) => call("GET", `/v1/alerts${path}`, { token });
  const patch = (id: string, body: object) => call("PATCH", `/v1/alerts/${id}`, { token, body });
  /** The triggers of an alert, the oldest first. */
  const triggers = async ({ id }: { id: string }) => {
    const { items } = (await get(`/${id}/triggers?limit=100`)).json;
    return items.toReversed().map(({ thresholds, value }: any) => [thresholds, value]);
  };
  /** Ingests events, which an object catches up in its alarm. */
  const use = async (...of: Parameters<typeof set.use>) => {
    await set.use(...of);
    if (STORE === "object") await runDurableObjectAlarm(objectOf());
  };
  return { ...set, use, post, create, get, patch, triggers };
}

describe("POST /v1/alerts", () => {
  it("answers the alert, and for how many customers a threshold is reached", async ({ expect }) => {
    const { post, use, customer, meter_id, get } = await setUp();
    await customer("c2");
    await use("c1", 80);
    const { status, json } = await post({ name: "80 %", basis: "consumed_percent", thresholds: [100, 80] });
    expect(status).toBe(201);
    expect(json).toEqual({
      id: expect.any(String),
      created_at: expect.any(String),
      modified_at: null,
      name: "80 %",
      meter_id,
      customer_id: null,
      basis: "consumed_percent",
      thresholds: [100, 80],
      enabled: true,
      already_reached: 1,
    });
    const { already_reached: _, ...alert } = json;
    expect((await get(`/${json.id}`)).json).toEqual(alert);
    expect((await get("")).json.items).toEqual([alert]);
    expect((await post({ basis: "balance", thresholds: [20] })).json.already_reached).toBe(2);
  });

  it("refuses an unknown meter and customer, and thresholds that are none", async ({ expect }) => {
    const { post } = await setUp();
    const bad = await post({ meter_id: NOBODY, customer_id: NOBODY, basis: "balance", thresholds: [1] });
    expect(problems(bad)).toEqual(["body.meter_id meter_id", "body.customer_id customer_id"]);
    for (const thresholds of [[], [1, 1], Array.from({ length: 21 }, (_, i) => i), ["1"]]) {
      expect((await post({ basis: "balance", thresholds })).status).toBe(422);
    }
  });
});

describe("An alert", () => {
  it("is armed again when events are voided, and triggers when their replacements reach it", async ({ expect }) => {
    const { token, create, triggers, use, ingest } = await setUp();
    const consumed = await create("consumed_units", 50);
    const balance = await create("balance", 30);
    await use("c1", 40);
    await ingest({ ...used(20, { external_id: "e1" }), external_customer_id: "c1" });
    const correct = (id: string, v: number, external_id: string) =>
      call("POST", "/v1/events/void", {
        token,
        body: {
          events: [{ external_id: id }],
          reason: "wrong",
          replacements: [{ ...used(v, { external_id }), external_customer_id: "c1" }],
        },
      });
    expect((await correct("e1", 5, "e2")).json).toMatchObject({ voided: 1, inserted: 1 });
    if (STORE === "d1") expect(await triggers(consumed)).toEqual([[[50], 60]]);
    const before = (await triggers(consumed)).length;
    await correct("e2", 35, "e3");
    expect((await triggers(consumed)).slice(before)).toEqual([[[50], 75]]);
    expect(await triggers(balance)).toEqual([[[30], 25]]);
  });

  it("triggers once when a threshold is reached, and lists several reached at once together", async ({ expect }) => {
    const { create, triggers, use, credit, pair } = await setUp();
    const consumed = await create("consumed_units", 10, 20, 50);
    const balance = await create("balance", 90, 10);
    const percent = await create("consumed_percent", 80);
    await use("c1", 9);
    expect(await triggers(consumed)).toEqual([]);
    await use("c1", 1);
    await use("c1", 15, 55);
    await use("c1", 1);
    expect(await triggers(consumed)).toEqual([
      [[10], 10],
      [[20, 50], 80],
    ]);
    expect(await triggers(balance)).toEqual([[[90], 90]]);
    expect(await triggers(percent)).toEqual([[[80], 80]]);
    await credit({ ...pair, units: 100 });
    await use("c1", 99);
    expect(await triggers(percent)).toEqual([
      [[80], 80],
      [[80], 90],
    ]);
  });

  it("triggers in the transaction of a consumption, of a hold's settlement and of a credit", async ({ expect }) => {
    const { create, triggers, consume, hold, settle, credit, pair } = await setUp();
    const percent = await create("consumed_percent", 50, 80, 200);
    await consume({ ...pair, event: used(60) });
    await consume({ ...pair, event: used(60), minimum_balance: 0 });
    const { json } = await hold({ ...pair, units: 10 });
    await settle(json.hold.id, used(30));
    await credit({ ...pair, units: -60 });
    expect(await triggers(percent)).toEqual([
      [[50], 60],
      [[80], 90],
      [[200], 225],
    ]);
  });

  it("is armed by a reset, which triggers nothing", async ({ expect }) => {
    const { create, triggers, use, reset, pair } = await setUp();
    const consumed = await create("consumed_units", 10);
    const balance = await create("balance", 90, 0);
    await use("c1", 20);
    await reset(pair);
    await use("c1", 20);
    expect(await triggers(consumed)).toEqual([
      [[10], 20],
      [[10], 20],
    ]);
    expect(await triggers(balance)).toEqual([[[90], 80]]);
  });

  it("triggers when a customer is registered after its events, or gets its external id", async ({ expect }) => {
    const { create, triggers, use, customer, token } = await setUp();
    const consumed = await create("consumed_units", 10);
    await use("later", 10);
    expect(await triggers(consumed)).toEqual([]);
    await customer("later");
    await use("linked", 11);
    const { id } = await customer(null);
    await call("PATCH", `/v1/customers/${id}`, { token, body: { external_id: "linked" } });
    expect(await triggers(consumed)).toEqual([
      [[10], 10],
      [[10], 11],
    ]);
  });

  it("is silent about what is past when it is created, changed or enabled", async ({ expect }) => {
    const { create, triggers, use, patch, post } = await setUp();
    await use("c1", 15);
    const alert = await create("consumed_units", 10);
    expect((await patch(alert.id, { thresholds: [15, 20] })).json.already_reached).toBe(1);
    await patch(alert.id, { enabled: false });
    await use("c1", 10);
    await patch(alert.id, { enabled: true });
    await use("c1", 1);
    expect(await triggers(alert)).toEqual([]);
    const disabled = (await post({ basis: "consumed_units", thresholds: [30], enabled: false })).json;
    await use("c1", 10);
    expect(await triggers(disabled)).toEqual([]);
  });
});

describe("DELETE /v1/customers/{id}?events=true", () => {
  it("erases the customer's triggers and alerts", async ({ expect }) => {
    const { create, post, triggers, use, get, token, customer_id } = await setUp();
    const every = await create("consumed_units", 10);
    const own = (await post({ basis: "consumed_units", thresholds: [10], customer_id })).json;
    await use("c1", 10);
    expect(await triggers(every)).toEqual(await triggers(own));
    expect(await triggers(every)).toEqual([[[10], 10]]);
    await call("DELETE", `/v1/customers/${customer_id}?events=true`, { token });
    expect(await triggers(every)).toEqual([]);
    expect((await get(`/${own.id}`)).status).toBe(404);
  });
});
