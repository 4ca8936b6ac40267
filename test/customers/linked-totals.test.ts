import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, ORGANIZATION, problems } from "../support/api.ts";
import { eraseAll } from "../support/erasing.ts";
import { catchUpAll, clauses, setUp } from "../support/metering.ts";
import { voidSome } from "../support/voiding.ts";
import { countRows, decorated, deleteAlarm, execute, measuring, storeOf } from "../support/stores.ts";

const UNIQUE = { func: "unique", property: "v" };
const NOW = Date.parse("2026-01-01T00:00:00Z");

/** A customer without an external id, with meters that were reset for it. */
async function setUpReset(...aggregations: object[]) {
  const { token, create, ingest } = await setUp();
  const { json: customer } = await call("POST", "/v1/customers/", { token, body: { email: "ada@example.com" } });
  const meters: string[] = [];
  for (const aggregation of aggregations) meters.push((await create({ filter: clauses(), aggregation })).id);
  const reset = () =>
    Promise.all(
      meters.map((meter_id) =>
        call("POST", "/v1/customer-meters/resets", { token, body: { customer_id: customer.id, meter_id } }),
      ),
    );
  await reset();
  const use = (...values: unknown[]) =>
    ingest(...values.map((v) => ({ name: "use", external_customer_id: "c1", metadata: { v } })));
  const link = (open?: ReturnType<typeof decorated>) =>
    call("PATCH", `/v1/customers/${customer.id}`, { token, body: { external_id: "c1" }, ...(open && { open }) });
  const read = async () => {
    const { open, cost } = measuring();
    const { json } = await call("GET", `/v1/customers/${customer.id}/state`, { token, open });
    const byId = new Map(json.active_meters.map((each: any) => [each.meter_id, each.consumed_units]));
    return { units: meters.map((id) => byId.get(id)), read: cost.read };
  };
  return { token, customer, reset, use, link, read };
}

/** Appends events that all meters have counted, each with another value: one in so many of c1. */
async function makeLog(events: number, each: number): Promise<void> {
  const last = sql`(SELECT last_seq FROM organizations WHERE id = ${ORGANIZATION})`;
  await execute(sql`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${events})
    INSERT INTO events (organization_id, seq, id, name, source, timestamp, external_customer_id, metadata, ingested_at)
    SELECT ${ORGANIZATION}, ${last} + i, format('%08x-%04x-4000-8000-000000000000', i >> 16, i & 65535), 'use', 'user', ${NOW} + i,
      CASE WHEN i % ${each} = 0 THEN 'c1' ELSE 'other' END, json_object('v', i), ${NOW} FROM n`);
  await execute(
    sql`UPDATE organizations SET last_seq = last_seq + ${events}, activity_watermark = last_seq + ${events}`,
  );
  await execute(sql`UPDATE meters SET watermark = ${last}`);
}

/** Stores in which something happens once before the totals are stored, and how often that was tried. */
function beforeTotals(act: () => Promise<unknown>, times = 1) {
  const tries = { count: 0 };
  const open = decorated(async (carryOut, texts) => {
    if (texts.some((text) => text.includes("INSERT INTO meter_totals")) && tries.count++ < times) await act();
    return carryOut();
  });
  return { open, tries };
}

describe("PATCH /v1/customers/{id} with an external_id after resets", () => {
  it("adds up the events since then in several reads, and later reads examine none of them", async ({ expect }) => {
    const { use, link, read } = await setUpReset({ func: "sum", property: "v" }, UNIQUE, {
      func: "max",
      property: "v",
    });
    await deleteAlarm();
    await makeLog(60_000, 100);
    const { open, cost } = measuring();
    expect((await link(open)).status).toBe(200);
    // Three chunks at least, each of which is found first and then examined, and three other round trips.
    expect(cost.trips).toBeGreaterThan(8);
    const linked = await read();
    const own = Array.from({ length: 600 }, (_, i) => 100 * (i + 1));
    const sum = own.reduce((a, b) => a + b, 0);
    expect(linked.units).toEqual([sum, 600, 60_000]);
    expect(linked.read).toBeLessThan(1500);
    await use(60_001);
    expect((await read()).units).toEqual([sum + 60_001, 601, 60_001]);
  });

  it("refuses more different values than one transaction stores, until the balance is reset again", async ({
    expect,
  }) => {
    const { reset, link, read } = await setUpReset(UNIQUE);
    await deleteAlarm();
    await makeLog(60_000, 1);
    const refused = await link();
    expect(problems(refused)).toEqual(["body.external_id scan_too_large"]);
    expect(refused.json.detail[0].msg).toContain("Reset the balances again");
    expect(await countRows("meter_total_uniques")).toBe(0);
    await reset();
    expect((await link()).status).toBe(200);
    expect((await read()).units).toEqual([0]);
  });

  it("leaves out an event that is voided meanwhile", async ({ expect }) => {
    const { use, link, read } = await setUpReset({ func: "sum", property: "v" });
    await use(1, 2);
    await catchUpAll();
    const { open, tries } = beforeTotals(() => voidSome(storeOf(), [0], NOW));
    expect((await link(open)).status).toBe(200);
    expect([tries.count, (await read()).units]).toEqual([2, [2]]);
  });

  it("has events that are counted meanwhile", async ({ expect }) => {
    const { use, link, read } = await setUpReset({ func: "sum", property: "v" }, UNIQUE);
    await use(1, 2);
    await catchUpAll();
    const { open, tries } = beforeTotals(async () => {
      await use(2, 3);
      await catchUpAll();
    });
    expect((await link(open)).status).toBe(200);
    expect([tries.count, (await read()).units]).toEqual([2, [8, 3]]);
  });

  it("leaves out the events of a customer who had the external id, and is erased meanwhile", async ({ expect }) => {
    const { token, use, link, read } = await setUpReset({ func: "sum", property: "v" });
    await use(1, 2);
    await catchUpAll();
    const { open } = beforeTotals(async () => {
      const body = { email: "former@example.com", external_id: "c1" };
      const { json: former } = await call("POST", "/v1/customers/", { token, body });
      await eraseAll(storeOf(), former.id);
      await use(4);
    });
    expect((await link(open)).status).toBe(200);
    expect((await read()).units).toEqual([4]);
  });

  it("is a 409 when other requests count events each time", async ({ expect }) => {
    const { use, link, read } = await setUpReset({ func: "sum", property: "v" });
    await use(1);
    const { open } = beforeTotals(async () => {
      await use(1);
      await catchUpAll();
    }, Infinity);
    const answer = await link(open);
    expect([answer.status, answer.json.error]).toEqual([409, "Conflict"]);
    expect((await link()).status).toBe(200);
    expect((await read()).units).toEqual([6]);
  });
});
