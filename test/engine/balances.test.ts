import { describe, it } from "vitest";
import { customerMeterId } from "../../src/engine/reading/customer-meter-id.ts";
import { call, grant, METER } from "../support/api.ts";
import { setUpCustomers } from "../support/customers.ts";
import { catchUpAll, clauses, setUp } from "../support/metering.ts";
import { counting, measuring } from "../support/stores.ts";
import { cases } from "../support/cases.ts";

const CLIENTS = 16;
/** Rounds of the test with many clients: 200 when PROPERTY_CASES is 2,000. */
const ROUNDS = cases(1 / 10);

const use = (ids: object, v = 1) => ({ name: "use", ...ids, metadata: { v } });
const state = async (token: string, id: string) => {
  const { json } = await call("GET", `/v1/customers/${id}/state`, { token });
  return json.active_meters as { consumed_units: number; balance: number }[];
};
const consumed = async (token: string, id: string) =>
  (await state(token, id)).map(({ consumed_units }) => consumed_units);

describe("A balance", () => {
  it("has the events since the last reset of an external id that the customer is given later", async ({ expect }) => {
    const { token, create, patch, ingest } = await setUpCustomers();
    const { create: meter } = await setUp();
    const { id } = await create();
    const count = await meter({ filter: clauses() });
    const unique = await meter({ filter: clauses(), aggregation: { func: "unique", property: "v" } });
    await ingest(use({ external_customer_id: "late" }, 1));
    for (const { id: meter_id } of [count, unique]) {
      await call("POST", "/v1/customer-meters/resets", { token, body: { customer_id: id, meter_id } });
    }
    await ingest(use({ external_customer_id: "late" }, 2), use({ external_customer_id: "late" }, 2), use({ customer_id: id }, 3)); // prettier-ignore
    await catchUpAll();
    await ingest(use({ external_customer_id: "late" }, 4));
    expect(await consumed(token, id)).toEqual([1, 1]);
    await patch(id, { external_id: "late" });
    expect(await consumed(token, id)).toEqual([4, 3]);
    await catchUpAll();
    expect(await consumed(token, id)).toEqual([4, 3]);
  });

  it.for([
    ["count", "ever"],
    ["unique", "ever"],
    ["unique", "since a reset"],
  ] as const)(
    "reads as many rows after 1,000 events as after 20,000, once these are caught up: %s %s",
    async ([func, since], { expect }) => {
      const { token, create, ingest } = await setUpCustomers();
      const { create: meter } = await setUp();
      const { id } = await create({ external_id: "c1" });
      const { id: meter_id } = await meter({ filter: clauses(), aggregation: { func, property: "v" } });
      const pair = { external_customer_id: "c1", meter_id };
      if (since !== "ever") await call("POST", "/v1/customer-meters/resets", { token, body: pair });
      await consumed(token, id);
      const costOf = async (method: string, path: string, body?: object) => {
        const { open, cost } = measuring();
        expect((await call(method, path, { token, open, body })).status).toBe(200);
        return cost.read;
      };
      const read: number[][] = [];
      // The first consumption reads some rows that no later one needs.
      for (const [first, end] of [[0, 10], [10, 1000], [1000, 10_000], [10_000, 20_000]] as const) {
        await ingest(...Array.from({ length: end - first }, (_, i) => use({ external_customer_id: "c1" }, first + i)));
        await catchUpAll();
        const own = await costOf("GET", `/v1/customers/${id}/state`);
        const body = { ...pair, minimum_balance: -1e6, event: { name: "use", metadata: { v: -end } } };
        const list = await costOf("GET", "/v1/customer-meters/?sorting=balance");
        read.push([own, list, await costOf("POST", "/v1/customer-meters/consume", body)]);
        await catchUpAll();
      }
      expect(read[3]).toEqual(read[1]);
      expect(await consumed(token, id)).toEqual([20_004]);
    },
  ); // prettier-ignore

  it("has each value once that events with either id have, and looks up those of the id with fewer", async ({ expect }) => {
    const { token, create, ingest } = await setUpCustomers();
    const { create: meter } = await setUp();
    const { id } = await create({ external_id: "c1" });
    await meter({ filter: clauses(), aggregation: { func: "unique", property: "v" } });
    await ingest(...[-1, 1, 2, 2].map((v) => use({ customer_id: id }, v)));
    const read: number[] = [];
    for (const [first, end] of [[0, 100], [100, 5000]] as const) {
      await ingest(...Array.from({ length: end - first }, (_, i) => use({ external_customer_id: "c1" }, first + i)));
      await catchUpAll();
      expect(await consumed(token, id)).toEqual([end + 1]);
      const { open, cost } = measuring();
      await call("GET", `/v1/customers/${id}/state`, { token, open });
      read.push(cost.read);
    }
    expect(read[1]).toBe(read[0]);
    // Values that the other id has already, and one that none has.
    await ingest(use({ external_customer_id: "c1" }, -1), use({ customer_id: id }, 7), use({ customer_id: id }, -2));
    expect(await consumed(token, id)).toEqual([5002]);
  }); // prettier-ignore

  it("is one round trip, or two where the organization's meters are not known yet", async ({ expect }) => {
    const { token, create } = await setUpCustomers();
    const { id } = await create();
    const trips: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { open, count } = counting();
      if (i === 1) await call("POST", "/v1/meters/", { token, body: METER });
      await call("GET", `/v1/customers/${id}/state`, { token, open });
      await call("GET", "/v1/customer-meters/", { token, open });
      trips.push(count.trips);
    }
    // Meters that have changed since are found out in the first round trip, and then read again.
    expect(trips[0]).toBeLessThanOrEqual(4);
    expect(trips.slice(1)).toEqual([4, 2]);
  });

  it(`includes all that was accepted before it was asked, with ${CLIENTS} clients (${ROUNDS} rounds)`, async ({
    expect,
  }) => {
    const { token, create } = await setUpCustomers();
    const { create: meter } = await setUp();
    for (let i = 0; i < 10; i++) await meter({ filter: clauses() });
    const customers: { id: string; external_id: string; accepted: number; sent: number }[] = [];
    for (let i = 0; i < 50; i++) customers.push({ ...(await create({ email: `c${i}@example.com`, external_id: `c${i}` })), accepted: 0, sent: 0 }); // prettier-ignore
    const client = async (n: number) => {
      for (let round = 0; round < ROUNDS; round++) {
        const customer = customers[(n * 7 + round * 13) % customers.length]!;
        const ids = round % 2 === 0 ? { customer_id: customer.id } : { external_customer_id: customer.external_id };
        const events = Array.from({ length: 1 + ((n + round) % 3) }, () => use(ids));
        customer.sent += events.length;
        await call("POST", "/v1/events/ingest", { token, body: { events } });
        customer.accepted += events.length;
        const least = customer.accepted;
        const found = await consumed(token, customer.id);
        expect(found).toHaveLength(10);
        for (const units of found) {
          expect(units).toBeGreaterThanOrEqual(least);
          expect(units).toBeLessThanOrEqual(customer.sent);
        }
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n)));
  });
});

describe("The id of a customer's meter", () => {
  it("is a UUID of version 4 in form, and gives one of the two ids for the other one", ({ expect }) => {
    for (let i = 0; i < 1000; i++) {
      const [customer, meter] = [crypto.randomUUID(), crypto.randomUUID()];
      const id = customerMeterId(customer, meter);
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      expect([customerMeterId(id, meter), customerMeterId(id, customer)]).toEqual([customer, meter]);
    }
  });

  it("reads a balance that has nothing stored", async ({ expect }) => {
    const { token, create } = await setUpCustomers();
    const { id } = await create();
    const { create: meter } = await setUp();
    const { id: meterId } = await meter();
    const { json } = await call("GET", `/v1/customer-meters/${customerMeterId(id, meterId)}`, { token });
    expect(json).toMatchObject({
      customer_id: id,
      meter_id: meterId,
      consumed_units: 0,
      balance: 0,
      modified_at: null,
    });
    const other = await grant({ organization_id: crypto.randomUUID() });
    expect((await call("GET", `/v1/customer-meters/${json.id}`, { token: other })).status).toBe(404);
  });
});
