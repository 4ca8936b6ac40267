import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpBalances, unitsOf } from "../support/customer-meters.ts";
import { counting, execute, losing } from "../support/stores.ts";

const PATH = "/v1/customer-meters/credits";

/** A customer with the external id c1, a meter, and bodies of credits of the two. */
async function setUpPair() {
  const set = await setUpBalances();
  const meter = await set.meter();
  const customer = await set.customer();
  const body = (units: unknown, more: object = {}) => ({
    customer_id: customer.id,
    meter_id: meter.id,
    units,
    ...more,
  });
  const balance = async () => unitsOf((await set.list()).json.items[0]);
  return { ...set, meter, customer, body, balance };
}

describe("POST /v1/customer-meters/credits", () => {
  it("answers 401, 403, and 422 for what is another organization's", async ({ expect }) => {
    const { body, balance } = await setUpPair();
    const ask = (token: string | null) => call("POST", PATH, { token, body: body(5) });
    expect((await ask(null)).status).toBe(401);
    for (const scopes of [["customer_meters:read"], ["customers:write", "meters:write", "events:write"]]) {
      expect((await ask(await grant({ scopes }))).status).toBe(403);
    }
    const other = await ask(await grant({ organization_id: OTHER_ORGANIZATION }));
    expect(problems(other)).toEqual(["body.customer_id customer_id", "body.meter_id meter_id"]);
    expect(await balance()).toEqual([0, 0, 0]);
    expect((await ask(await grant({ scopes: ["customer_meters:write"] }))).status).toBe(201);
  });

  it("answers 201 with the customer's meter, word for word as it is read", async ({ expect }) => {
    const { credit, body, use, get, list } = await setUpPair();
    await use("c1", 30, 0.5);
    const answer = await credit(body(100));
    expect(answer.status).toBe(201);
    expect(unitsOf(answer.json)).toEqual([30.5, 100, 69.5]);
    expect(answer.headers.get("Idempotent-Replayed")).toBeNull();
    expect(answer.text).toBe((await get(answer.json.id)).text);
    expect((await list()).text).toContain(answer.text);
    expect(Object.keys(answer.json).join()).toBe(
      "id,created_at,modified_at,customer_id,meter_id,consumed_units,credited_units,balance,held_units,customer,meter",
    );
  });

  it.for([0.3, 1 / 3, 1.5e200, 1.23e35, 4.7e-35, -9.1e301, 1e21])(
    "has the digits of a read, also when it is replayed: %d",
    async (number, { expect }) => {
      const { credit, body, use, get } = await setUpPair();
      await use("c1", number);
      const answers = [await credit(body(1), { "Idempotency-Key": "k" }), await credit(body(1), { "Idempotency-Key": "k" })];
      const read = await get(answers[0]!.json.id);
      expect(answers.map(({ text }) => text)).toEqual([read.text, read.text]);
    },
  ); // prettier-ignore

  it("takes one round trip to read, one to write", async ({ expect }) => {
    const { token, body } = await setUpPair();
    const { open, count } = counting();
    await call("POST", PATH, { token, body: body(1), open });
    expect(count.trips).toBe(2);
  });

  it.for([
    [[100, -150, 20], 20],
    [[-5], 0],
    [[-5, 7], 7],
    [[100, 50], 150],
    [[10, -10, -10, 3, -1], 2],
  ] as const)("keeps a running sum that never falls below zero: %j is %d", async ([units, sum], { expect }) => {
    const { credit, body, balance, systemEvents } = await setUpPair();
    for (const each of units) expect((await credit(body(each))).status).toBe(201);
    expect(await balance()).toEqual([0, sum, sum]);
    expect((await systemEvents()).map(({ metadata }: any) => metadata.units).toSorted()).toEqual(units.toSorted());
  });

  it.for([0.1 + 0.2, 1e-7, 2.5e-9, 1 / 3, 1e15, 123456789.125, 2 ** 53 - 1, 1e300, -1e300, 1e21, 5e-324])(
    "answers the exact double %d",
    async (number, { expect }) => {
      const { credit, body, use, get } = await setUpPair();
      await use("c1", number);
      const { json } = await credit(body(1));
      expect(unitsOf(json)).toEqual([number, 1, 1 - number]);
      expect(unitsOf((await get(json.id)).json)).toEqual([number, 1, 1 - number]);
    },
  );

  it("names the customer by its external id, and takes an archived meter", async ({ expect }) => {
    const { credit, meter, archive } = await setUpPair();
    await archive(meter.id);
    const answer = await credit({ external_customer_id: "c1", meter_id: meter.id, units: 4, customer_id: null });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ credited_units: 4, customer: { external_id: "c1" } });
    expect(answer.json.meter.archived_at).not.toBeNull();
  });

  it.for([
    [{}, ["body.meter_id missing", "body.units missing"]],
    [{ meter_id: NOBODY, units: 1 }, ["body.customer_id missing"]],
    [{ meter_id: NOBODY, units: 1, customer_id: null, external_customer_id: null }, ["body.customer_id missing"]],
    [{ meter_id: NOBODY, units: 1, customer_id: NOBODY, external_customer_id: "c1" }, ["body value_error"]],
    [{ meter_id: NOBODY, units: 1, customer_id: NOBODY }, ["body.customer_id customer_id", "body.meter_id meter_id"]],
    [
      { meter_id: NOBODY, units: 1, external_customer_id: "nobody" },
      ["body.external_customer_id external_customer_id", "body.meter_id meter_id"],
    ],
    [{ meter_id: NOBODY, units: 1, external_customer_id: "c1" }, ["body.meter_id meter_id"]],
    [
      { meter_id: "x", units: "1", customer_id: 5, external_customer_id: "\0" },
      [
        "body.customer_id uuid_type",
        "body.external_customer_id value_error",
        "body.meter_id uuid_parsing",
        "body.units int_type",
      ],
    ],
    [{ meter_id: NOBODY, units: 0, customer_id: NOBODY }, ["body.units value_error"]],
    [{ meter_id: NOBODY, units: 1.5, customer_id: NOBODY }, ["body.units int_from_float"]],
    [{ meter_id: NOBODY, units: null, customer_id: NOBODY }, ["body.units int_type"]],
    [[], ["body model_attributes_type"]],
    [{ meter_id: NOBODY, units: 1, customer_id: NOBODY, metadata: null }, ["body.metadata dict_type"]],
    [{ meter_id: NOBODY, units: 1, customer_id: NOBODY, metadata: { units: 5 } }, ["body.metadata value_error"]],
    [{ meter_id: NOBODY, units: 1, customer_id: NOBODY, metadata: { meter_id: "m" } }, ["body.metadata value_error"]],
    [{ meter_id: NOBODY, units: 1, customer_id: NOBODY, metadata: { rollover: true } }, ["body.metadata value_error"]],
    [{ meter_id: NOBODY, units: 1, customer_id: NOBODY, metadata: { a: "" } }, ["body.metadata.a string_too_short"]],
  ] as const)("refuses %j", async ([body, expected], { expect }) => {
    const { credit, systemEvents } = await setUpPair();
    const answer = await credit(body);
    expect([answer.status, problems(answer)]).toEqual([422, expected]);
    expect(await systemEvents()).toEqual([]);
  });

  it("takes units up to ±(2^53 − 1), and none beyond", async ({ expect }) => {
    const { credit, body, balance } = await setUpPair();
    expect((await credit(body(Number.MAX_SAFE_INTEGER))).status).toBe(201);
    expect(await balance()).toEqual([0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
    expect(problems(await credit(body(1)))).toEqual(["body.units value_error"]);
    expect((await credit(body(-1))).status).toBe(201);
    expect((await credit(body(1))).status).toBe(201);
    expect((await credit(body(Number.MIN_SAFE_INTEGER))).status).toBe(201);
    expect(await balance()).toEqual([0, 0, 0]);
    for (const units of [2 ** 53, -(2 ** 53), 1e300]) expect((await credit(body(units))).status).toBe(422);
  });

  it("does not find a deleted customer, by either id", async ({ expect }) => {
    const { token, credit, body, customer, meter } = await setUpPair();
    await credit(body(5));
    await call("DELETE", `/v1/customers/${customer.id}`, { token });
    expect(problems(await credit(body(5)))).toEqual(["body.customer_id customer_id"]);
    const external = await credit({ external_customer_id: "c1", meter_id: meter.id, units: 5 });
    expect(problems(external)).toEqual(["body.external_customer_id external_customer_id"]);
    expect(external.json.error).toBe("PolarRequestValidationError");
  });

  it("appends a system event, with the caller's metadata, that no meter counts", async ({ expect }) => {
    const { token, credit, body, meter, customer, systemEvents, use } = await setUpPair();
    const filter = { conjunction: "and", clauses: [] };
    const { json: all } = await call("POST", "/v1/meters/", {
      token,
      body: { name: "everything", filter, aggregation: { func: "count" } },
    });
    await use("c1", 1);
    await credit(body(7, { metadata: { order: "A-17", paid: true } }));
    const [event] = await systemEvents();
    const metadata = { meter_id: meter.id, units: 7, rollover: false, order: "A-17", paid: true };
    expect(event).toMatchObject({
      name: "meter.credited",
      label: "meter.credited",
      source: "system",
      customer_id: customer.id,
      external_customer_id: null,
      metadata,
    });
    expect(Object.keys(event.metadata)).toEqual(Object.keys(metadata));
    expect((await call("GET", `/v1/events/${event.id}`, { token })).json).toEqual(event);
    expect((await call("GET", "/v1/events/?source=user", { token })).json.pagination.total_count).toBe(1);
    const names = (await call("GET", "/v1/events/names?source=system", { token })).json.items;
    expect(names).toMatchObject([{ name: "meter.credited", source: "system", occurrences: 1 }]);
    const day = new Date().toISOString();
    const { json } = await call(
      "GET",
      `/v1/meters/${all.id}/quantities?interval=day&start_timestamp=${day}&end_timestamp=${day}`,
      { token },
    );
    expect(json.total).toBe(1);
    const { json: pair } = await call("GET", `/v1/customer-meters/?meter_id=${all.id}`, { token });
    expect(pair.items.map(unitsOf)).toEqual([[1, 0, -1]]);
    expect(event.customer).toMatchObject({ id: customer.id, external_id: "c1" });
  });

  it("does not give a customer the time of a first user event", async ({ expect }) => {
    const { token, credit, body, customer } = await setUpPair();
    expect((await credit(body(7))).json.customer.first_user_event_at).toBeNull();
    const { json } = await call("GET", `/v1/customers/${customer.id}`, { token });
    expect(json.first_user_event_at).toBeNull();
  });

  it("adds up concurrent credits", async ({ expect }) => {
    const { credit, body, balance, systemEvents } = await setUpPair();
    const answers = await Promise.all(Array.from({ length: 20 }, () => credit(body(5))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const sums = answers.map(({ json }) => json.credited_units).toSorted((a, b) => a - b);
    expect(sums).toEqual(Array.from({ length: 20 }, (_, i) => 5 * (i + 1)));
    expect(await balance()).toEqual([0, 100, 100]);
    expect(await systemEvents()).toHaveLength(20);
  });
});

describe("POST /v1/customer-meters/credits when the connection is lost", () => {
  it.for<{ after: boolean; headers: Record<string, string> }>([
    { after: false, headers: {} },
    { after: true, headers: {} },
    { after: false, headers: { "Idempotency-Key": "k" } },
    { after: true, headers: { "Idempotency-Key": "k" } },
  ])("credits once: %j", async ({ after, headers }, { expect }) => {
    const { token, body, balance, systemEvents, get } = await setUpPair();
    // The write has three attempts.
    const answers = [];
    for (const times of [1, 2]) {
      const open = losing({ after, times, skip: 1 });
      answers.push(await call("POST", PATH, { token, body: body(5), headers, open }));
    }
    const [first, second] = answers;
    expect([first!.status, second!.status]).toEqual([201, 201]);
    const credits = "Idempotency-Key" in headers ? 1 : 2;
    expect(await balance()).toEqual([0, 5 * credits, 5 * credits]);
    expect(await systemEvents()).toHaveLength(credits);
    expect(second!.text === first!.text).toBe(credits === 1);
    expect((await get(first!.json.id)).json.credited_units).toBe(5 * credits);
  });

  it("answers 503 when it is lost each time, and nothing is stored", async ({ expect }) => {
    const { token, body, balance } = await setUpPair();
    const answer = await call("POST", PATH, {
      token,
      body: body(5),
      open: losing({ after: false, times: 3, skip: 1 }),
    });
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(await balance()).toEqual([0, 0, 0]);
    expect(await execute(sql`SELECT * FROM meter_balances`)).toEqual([]);
  });
});
