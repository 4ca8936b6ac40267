import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { append } from "../../src/events/append.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { call, ORGANIZATION } from "../support/api.ts";
import { setUpCustomers } from "../support/customers.ts";
import { runScheduled } from "../support/metering.ts";
import { execute, measuring, STORE, storeOf } from "../support/stores.ts";

const NOW = Date.parse("2026-03-01T00:00:00Z");
const appended = (count: number, timestamp = NOW) =>
  Array.from({ length: count }, (_, i) => ({
    name: "e",
    timestamp,
    customer_id: null,
    external_customer_id: `c${i % 5}`,
    external_id: null,
    parent_id: null,
    metadata: {},
  }));
const event = (timestamp: string, of: object = { external_customer_id: "c1" }) => ({ name: "e", timestamp, ...of });

describe("first_user_event_at", () => {
  it("is the time of the earliest event at once: before and after catch-up, out of order, by either id", async ({
    expect,
  }) => {
    const { create, get, list, patch, ingest } = await setUpCustomers();
    await ingest(event("2026-01-03T00:00:00Z"));
    const { id } = await create();
    const first = async () => {
      const [one, all] = [await get(id), await list()];
      expect(all.json.items[0].first_user_event_at).toBe(one.json.first_user_event_at);
      return one.json.first_user_event_at;
    };
    expect(await first()).toBeNull();
    expect((await patch(id, { external_id: "c1" })).status).toBe(200);
    expect(await first()).toBe("2026-01-03T00:00:00.000Z");
    await runScheduled();
    expect(await first()).toBe("2026-01-03T00:00:00.000Z");
    await ingest(event("2026-01-02T00:00:00Z"), event("2025-01-01T00:00:00Z", { external_customer_id: "other" }));
    expect(await first()).toBe("2026-01-02T00:00:00.000Z");
    await runScheduled();
    await runScheduled();
    await ingest(event("2026-01-04T00:00:00Z"));
    expect(await first()).toBe("2026-01-02T00:00:00.000Z");
    const rows = await execute(sql`SELECT last_seq - activity_watermark AS tail FROM organizations`);
    expect(rows).toEqual([{ tail: 1 }]);
  });

  it("is that of user events only", async ({ expect }) => {
    const { create, get } = await setUpCustomers();
    const { id } = await create({ external_id: "c0" });
    await append(storeOf(), appended(1, NOW - 1), { source: "system", compare: false, now: NOW });
    expect((await get(id)).json.first_user_event_at).toBeNull();
    await catchUp(storeOf(), new Budget({ statements: 100 }));
    expect((await get(id)).json.first_user_event_at).toBeNull();
  });

  it("is in the answer to a creation whose external id has events", async ({ expect }) => {
    const { create, ingest } = await setUpCustomers();
    await ingest(event("0001-01-01T00:00:00Z"), event("2026-01-01T00:00:00Z", { external_customer_id: "c2" }));
    expect((await create({ external_id: "c1" })).first_user_event_at).toBe("0001-01-01T00:00:00.000Z");
    const second = await create({ external_id: "c2", email: "b@example.com" });
    expect(second.first_user_event_at).toBe("2026-01-01T00:00:00.000Z");
  });

  it("costs the same for 20,000 and for 100,000 events, and catch-up takes chunks", async ({ expect }) => {
    const { token, create } = await setUpCustomers();
    const { id } = await create({ external_id: "c1" });
    const read: number[] = [];
    for (const rounds of [2, 8]) {
      for (let round = 0; round < rounds; round++) {
        await append(storeOf(), appended(10_000), { source: "user", compare: false, now: NOW });
      }
      const { transactions } = await catchUp(storeOf(), new Budget({ statements: 100 }));
      // An object may have begun by itself.
      if (STORE === "d1") expect(transactions).toBe(rounds / 2);
      const { open, cost } = measuring();
      await call("GET", `/v1/customers/${id}`, { token, open });
      expect(cost.trips).toBe(1);
      read.push(cost.read);
    }
    expect(read[1]).toBe(read[0]);
    console.log(`rows read: ${read.join(", ")}`);
  });

  it("loses nothing when catch-up and ingestion run concurrently", async ({ expect }) => {
    const { create, get, ingest } = await setUpCustomers();
    const { id } = await create({ external_id: "c1" });
    for (let day = 20; day > 10; day--) {
      const runs = [1, 2, 3].map(() => catchUp(storeOf(), new Budget({ statements: 20 })));
      await Promise.all([...runs, ingest(event(`2026-01-${day}T00:00:00Z`))]);
      expect((await get(id)).json.first_user_event_at).toBe(`2026-01-${day}T00:00:00.000Z`);
    }
  });

  it("leaves meters some of the statements", async ({ expect }) => {
    const { token, ingest } = await setUpCustomers();
    const body = { name: "All", filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } };
    await call("POST", "/v1/meters/", { token, body });
    await ingest(event("2026-01-01T00:00:00Z"));
    expect((await catchUp(storeOf(ORGANIZATION), new Budget({ statements: 5 }))).transactions).toBe(1);
    expect(await execute(sql`SELECT watermark FROM meters`)).toEqual([{ watermark: 1 }]);
  });
});
