import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { createEntry } from "../../src/customer-meters/create-entry.ts";
import type { Entry } from "../../src/customer-meters/enter.ts";
import { eraseCustomer } from "../../src/customers/erase.ts";
import { readState } from "../../src/customers/state.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpCustomers } from "../support/customers.ts";
import { eraseAll, everything, expectRebuilt, SMALL } from "../support/erasing.ts";
import { catchUpAll } from "../support/metering.ts";
import { decorated, execute, HOME, losing, storeOf } from "../support/stores.ts";

const FULL = {
  email: "secret@example.com",
  name: "Secret Name",
  external_id: "Secret-1",
  metadata: { note: "secret" },
};
const DAY = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";
const FUNCTIONS = ["count", "sum", "max", "min", "avg", "unique"];

/** An event at a quarter of an hour of the day. */
const event = (customer: object, v: unknown, quarter = 0) => ({
  name: "e",
  timestamp: new Date(Date.UTC(2026, 0, 1, 0, quarter * 15)).toISOString(),
  metadata: { v },
  ...customer,
});
const SECRET = { external_customer_id: "Secret-1" };
const OTHER = { external_customer_id: "other" };

async function setUp() {
  const customers = await setUpCustomers();
  const { token } = customers;
  const erase = (id: string) => customers.remove(id, "?events=true");
  const meters = await Promise.all(
    FUNCTIONS.map(async (func) => {
      const aggregation = func === "count" ? { func } : { func, property: "v" };
      const { json } = await call("POST", "/v1/meters/", { token, body: { ...METER, aggregation } });
      return { id: json.id, definition: { filter: METER.filter as never, aggregation: aggregation as never } };
    }),
  );
  /** The total of each meter. */
  const totals = (query = "") =>
    Promise.all(
      meters.map(
        async ({ id }) => (await call("GET", `/v1/meters/${id}/quantities?${DAY}${query}`, { token })).json.total,
      ),
    );
  const state = async (id: string) =>
    (await readState(storeOf(), { id }, Date.now())).active_meters.map(({ balance }) => balance.toPrecision(9));
  const enter = (customer_id: string, meter_id: string, entry: Entry, key: string) =>
    createEntry(storeOf(), { customer_id, meter_id }, entry, { key, fingerprint: "" }, Date.now());
  return { ...customers, erase, meters, totals, state, enter };
}

describe("DELETE of a customer and its events", () => {
  it("answers 401, 403, 404 and 422, and erases nothing", async ({ expect }) => {
    const { create, ingest, remove, erase } = await setUp();
    const { id } = await create(FULL);
    await ingest(event(SECRET, 1));
    for (const path of [`/v1/customers/${id}?events=true`, "/v1/customers/external/Secret-1?events=true"]) {
      const ask = async (token: string | null) => (await call("DELETE", path, { token })).status;
      expect(await ask(null)).toBe(401);
      expect(await ask(await grant({ scopes: ["customers:read"] }))).toBe(403);
      expect(await ask(await grant({ organization_id: OTHER_ORGANIZATION }))).toBe(404);
    }
    expect((await erase(NOBODY)).status).toBe(404);
    expect((await erase("external/other")).status).toBe(404);
    expect(problems(await remove(id, "?events=maybe"))).toEqual(["query.events bool_parsing"]);
    expect(await everything()).toContain("secret-1");
  });

  it.for(["", "external/"])("by %sid: quantities are those of the other events", async (by, { expect }) => {
    const { create, ingest, erase, totals, state, list } = await setUp();
    const [{ id }, other] = [await create(FULL), await create({ email: "other@example.com", external_id: "other" })];
    await ingest(event(SECRET, 9), event({ customer_id: id }, -9), event(OTHER, 0.1), event(OTHER, 0.2, 5));
    await catchUpAll();
    await ingest(event({ ...SECRET, customer_id: id }, 7), event(OTHER, 0.1), event({ customer_id: other.id }, 4));
    expect(await totals()).toEqual([7, expect.closeTo(11.4, 9), 9, -9, expect.closeTo(11.4 / 7, 9), 6]);
    const before = await state(other.id);
    const answer = await erase(by === "" ? id : "external/Secret-1");
    expect([answer.status, answer.text]).toEqual([204, ""]);
    const left = [4, expect.closeTo(4.4, 9), 4, 0.1, expect.closeTo(1.1, 9), 3];
    expect(await totals()).toEqual(left);
    await catchUpAll();
    expect(await totals()).toEqual(left);
    expect(await totals("&external_customer_id=Secret-1")).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await totals("&customer_aggregation_function=count")).toEqual(expect.arrayContaining([2]));
    expect(await state(other.id)).toEqual(before);
    expect((await list()).json.pagination.total_count).toBe(1);
    for (const named of [id, "external/Secret-1"]) expect((await erase(named)).status).toBe(404);
  });

  it("begins again from nothing with the same external id", async ({ expect }) => {
    const { create, ingest, erase, state, totals, get } = await setUp();
    await ingest(event(SECRET, 9));
    const { id } = await create(FULL);
    await catchUpAll();
    expect((await erase(id)).status).toBe(204);
    const again = await create(FULL);
    expect((await get(again.id)).json.first_user_event_at).toBeNull();
    expect((await state(again.id)).map(Number)).toEqual([0, 0, 0, 0, 0, 0]);
    await ingest(event(SECRET, 3, 8));
    expect((await get(again.id)).json.first_user_event_at).toBe("2026-01-01T02:00:00.000Z");
    expect(await totals("&external_customer_id=Secret-1")).toEqual([1, 3, 3, 3, 3, 1]);
  });

  it("leaves nothing of the customer in any table", async ({ expect }) => {
    const { post, ingest, remove, erase, enter, meters, create } = await setUp();
    const fill = async (body: object, key: string) => {
      const { id } = (await post(body, { "Idempotency-Key": `secret-${key}` })).json;
      await ingest(event(SECRET, 1), event({ customer_id: id }, 2), event({ ...SECRET, customer_id: id }, 3));
      for (const { id: meter_id } of meters.slice(0, 2)) {
        await enter(id, meter_id, { kind: "credit", units: 5, metadata: {} }, `c-${key}-${meter_id}`);
        await enter(id, meter_id, { kind: "reset", rollover: true }, `r-${key}-${meter_id}`);
      }
      await catchUpAll();
      await ingest(event(SECRET, 1));
      return id;
    };
    const first = await fill(FULL, "1");
    expect((await remove(first, "?anonymize=true")).status).toBe(204);
    expect(await everything()).not.toMatch(/secret@|secret name|"note|secret-1-/);
    const id = await fill(FULL, "2");
    const other = await create({ email: "other@example.com" });
    await ingest(event({ ...SECRET, customer_id: other.id }, 8));
    expect(await everything()).toMatch(/secret@.*secret name/);
    expect((await erase(id)).status).toBe(204);
    const left = await everything();
    expect(left).not.toContain(id);
    // The first customer was only anonymized: it has its external id and its events, which an erasure of its own takes.
    expect(left).toContain('"customer":"ext:secret-1"');
    await expectRebuilt(storeOf(), meters);
    expect((await erase(first)).status).toBe(204);
    const text = await everything();
    expect(text).not.toContain("secret");
    expect(text).not.toContain(first);
    await expectRebuilt(storeOf(), meters);
  });

  it("deletes very many distinct values since a reset, some in each transaction", async ({ expect }) => {
    const { create, erase, enter, meters } = await setUp();
    const { id } = await create(FULL);
    await enter(id, meters.at(-1)!.id, { kind: "reset", rollover: false }, "r");
    await execute(sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
      INSERT INTO meter_total_uniques (meter_id, customer, since, value)
      SELECT meter_id, customer, since, i FROM meter_totals CROSS JOIN n WHERE since > 0`);
    expect((await erase(id)).status).toBe(204);
    expect(await execute(sql`SELECT count(*) AS count FROM meter_total_uniques`)).toEqual([{ count: 0 }]);
  });

  it("answers 202 until it is done", async ({ expect }) => {
    const { create, ingest, erase, token } = await setUp();
    const { id } = await create(FULL);
    const sent = Array.from({ length: 2000 }, (_, i) => event(i % 2 === 0 ? SECRET : OTHER, i, i));
    for (let i = 0; i < 6; i++) await ingest(...sent);
    const clock = Date.now;
    // Each look at the clock takes a second.
    let passed = 0;
    const open = decorated((carryOut) => {
      Date.now = () => clock() + passed;
      passed += 600;
      return carryOut();
    });
    const remaining: number[] = [];
    try {
      for (;;) {
        const answer = await call("DELETE", `/v1/customers/${id}?events=true`, { token, open });
        if (answer.status === 204) break;
        expect(answer.status).toBe(202);
        expect(Object.keys(answer.json)).toEqual(["remaining"]);
        remaining.push(answer.json.remaining);
      }
    } finally {
      Date.now = clock;
    }
    expect(remaining.length).toBeGreaterThan(1);
    expect(remaining).toEqual(remaining.toSorted((a, b) => b - a));
    expect((await erase(id)).status).toBe(404);
    expect(await everything()).not.toContain("secret");
  });
});

/** 0 when nothing is left of a customer, null when its erasure has not begun. */
async function remainingOf(id: string): Promise<number | null> {
  const [row] = await execute<{ deleted_at: number | null; erase_remaining: number | null }>(
    sql`SELECT deleted_at, erase_remaining FROM customers WHERE id = ${id}`,
  );
  if (row === undefined) return 0;
  return row.deleted_at === null ? null : row.erase_remaining;
}

describe("An erasure", () => {
  /** Events of two customers in 12 quarters, the first half in the rollups, and a customer to erase. */
  async function begun() {
    const all = await setUp();
    const { id } = await all.create(FULL);
    const batch = () => Array.from({ length: 12 }, (_, i) => [event(SECRET, i, i), event(OTHER, i / 8, i)]).flat();
    await all.ingest(...batch());
    await catchUpAll();
    await all.ingest(...batch(), event({ customer_id: id }, 3, 40));
    return { ...all, id };
  }

  it("is correct after each step, also with ingestions and catch-ups in between", async ({ expect }) => {
    const { id, meters, ingest, totals } = await begun();
    const requests = await eraseAll(storeOf(), id, async (remaining) => {
      await expectRebuilt(storeOf(), meters);
      await ingest(event(SECRET, 50, remaining % 12), event(OTHER, 0, 1));
      if (remaining % 3 === 0) await catchUpAll();
    });
    expect(requests).toBeGreaterThan(12);
    expect(await totals("&external_customer_id=Secret-1")).toEqual([requests, 50 * requests, 50, 50, 50, 1]);
    await catchUpAll();
    await expectRebuilt(storeOf(), meters);
  });

  it.for([false, true])("goes on after a failure at any call (carried out: %s)", async (isCarriedOut, { expect }) => {
    const { id, meters } = await begun();
    let failures = 0;
    const limits = { ...SMALL, examined: 40, erased: 8, buckets: 4 };
    for (let attempt = 0; (await remainingOf(id)) !== 0 && attempt < 200; attempt++) {
      let calls = 0;
      const open = decorated(async (carryOut) => {
        if (calls++ !== attempt % 6) return carryOut();
        if (isCarriedOut) await carryOut();
        throw new Error("The store failed.");
      });
      await eraseCustomer(open(env, HOME), null, { id }, new Budget(limits), limits).catch(() => failures++);
      await expectRebuilt(storeOf(), [meters[1]!, meters[5]!]);
    }
    expect(failures).toBeGreaterThan(5);
    expect(await everything()).not.toContain("secret");
  });

  it.for([false, true])("survives a lost connection (after: %s)", async (after, { expect }) => {
    const { id, meters, token } = await begun();
    for (let requests = 0; requests < 20; requests++) {
      const answer = await call("DELETE", `/v1/customers/${id}?events=true`, {
        token,
        open: losing({ after, times: 2 }),
      });
      if (answer.status === 204 || answer.status === 404) break;
    }
    expect(await everything()).not.toContain("secret");
    await expectRebuilt(storeOf(), meters);
  });

  it("can run twice at once", async ({ expect }) => {
    const { id, meters } = await begun();
    const results = await Promise.all(
      [1, 2, 3].map((n) => eraseAll(storeOf(), id, undefined, { ...SMALL, statements: 12 * n }).catch(String)),
    );
    expect(results.some((result) => typeof result === "number")).toBe(true);
    expect(await everything()).not.toContain("secret");
    await expectRebuilt(storeOf(), meters);
  });

  it("applies to the new customer when an external id was reused", async ({ expect }) => {
    const { id, create, ingest, remove, erase, totals, get, meters } = await begun();
    await eraseCustomer(storeOf(), null, { id }, new Budget(SMALL), SMALL);
    const again = await create(FULL);
    await ingest(event(SECRET, 50, 1));
    await eraseAll(storeOf(), id);
    expect(await totals("&external_customer_id=Secret-1")).toEqual([1, 50, 50, 50, 50, 1]);
    expect((await get(again.id)).json.first_user_event_at).toBe("2026-01-01T00:15:00.000Z");
    await expectRebuilt(storeOf(), meters);
    await eraseCustomer(storeOf(), null, { external_id: "Secret-1" }, new Budget(SMALL), SMALL);
    expect((await get(again.id)).status).toBe(404);
    expect((await remove("external/Secret-1")).status).toBe(404);
    expect((await erase("external/Secret-1")).status).toBe(204);
    expect(await everything()).not.toContain("secret");
  });
});
