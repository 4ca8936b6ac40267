import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { append } from "../../src/events/append.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { call, grant, METER } from "../support/api.ts";
import { execute, HOME, measuring, storeOf } from "../support/stores.ts";

const START = Date.parse("2026-03-01T00:00:00Z");
const OPTIONS = { source: "user" as const, compare: false, now: START };
const timeOf = (i: number, count: number) => START + Math.floor((i / count) * 30 * 96) * 900_000;

/** Events as they are sent. */
const sent = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    name: "ai_usage",
    timestamp: new Date(timeOf(i, count)).toISOString(),
    external_customer_id: `customer ${i % 7}`,
    metadata: { total_tokens: i % 100, model: `model ${i % 3}` },
  }));

/** The same events as they are appended. */
const appended = (count: number, externalId: (i: number) => string | null = () => null) =>
  sent(count).map((event, i) => ({
    ...event,
    timestamp: timeOf(i, count),
    customer_id: null,
    external_id: externalId(i),
    parent_id: null,
  }));

describe("The cost of POST /v1/events/ingest", () => {
  it("is one round trip and two rows written per event, three with an external_id, for 1 and for 1,000 events", async ({
    expect,
  }) => {
    for (const count of [1, 1000]) {
      const { open, cost } = measuring();
      await append(open(env, HOME), appended(count), OPTIONS);
      // The row and its time; and one row of organizations per request.
      expect(cost).toMatchObject({ trips: 1, written: 2 * count + 1 });
      await append(open(env, HOME), appended(count, (i) => `${count}/${i}`), OPTIONS); // prettier-ignore
      expect(cost).toMatchObject({ trips: 2, written: 5 * count + 2 });
    }
  });

  it("is one round trip on the way to the answer", async ({ expect }) => {
    const { open, cost } = measuring();
    await call("POST", "/v1/events/ingest", { token: await grant(), body: { events: sent(1000) }, open });
    expect(cost.trips).toBe(1);
  });
});

async function isBehind(meterId: string): Promise<boolean> {
  const [meter] = await execute(sql<{ isBehind: number }>`SELECT o.last_seq > m.watermark AS isBehind
    FROM meters AS m JOIN organizations AS o ON o.id = m.organization_id WHERE m.id = ${meterId}`);
  return meter!.isBehind === 1;
}

describe("The cost of GET /v1/meters/{id}/quantities", () => {
  const path = (id: string) =>
    `/v1/meters/${id}/quantities?start_timestamp=2026-03-01T00:00:00Z&end_timestamp=2026-03-30T00:00:00Z&interval=day`;

  it("is one round trip for a known meter, and on caught-up data the same rows for 10,000 and for 200,000 events, also by a dimension", async ({
    expect,
  }) => {
    const token = await grant();
    const aggregation = { func: "sum", property: "total_tokens" };
    const body = { ...METER, aggregation, dimensions: ["model"] };
    const { json: meter } = await call("POST", "/v1/meters/", { token, body });
    // The first one finds out the definition.
    await call("GET", path(meter.id), { token });
    const read: number[][] = [];
    for (const [rounds, total] of [
      [1, 495_000],
      [19, 9_900_000],
    ] as const) {
      for (let round = 0; round < rounds; round++) await append(storeOf(), appended(10_000), OPTIONS);
      // In an object the alarm does it at the same time.
      do await catchUp(storeOf(), new Budget({ statements: 900 }));
      while (await isBehind(meter.id));
      const rows: number[] = [];
      for (const more of ["", "&group_by=model"]) {
        const { open, cost } = measuring();
        expect((await call("GET", path(meter.id) + more, { token, open })).json.total).toBe(total);
        expect(cost.trips).toBe(1);
        rows.push(cost.read);
      }
      read.push(rows);
    }
    // Every quarter of an hour has events, and of each of the three models, with 10,000 events already.
    expect(read[1]).toEqual(read[0]);
    console.log(`rows read: ${read.join("; ")}`);
  });

  it("of unique does not grow with the values, of all customers and of one, unless that has values by both ids", async ({
    expect,
  }) => {
    const token = await grant();
    const body = { ...METER, aggregation: { func: "unique", property: "value" } };
    const { json: meter } = await call("POST", "/v1/meters/", { token, body });
    const customer = { email: "ada@example.com", external_id: "c1" };
    const { id } = (await call("POST", "/v1/customers/", { token, body: customer })).json;
    const add = async (first: number, ids: { customer_id: string | null; external_customer_id: string | null }) => {
      const of = (i: number) => ({ name: "ai_usage", timestamp: START, ...ids, external_id: null, parent_id: null, metadata: { value: first + i } }); // prettier-ignore
      await append(storeOf(), Array.from({ length: 1000 }, (_, i) => of(i)), OPTIONS); // prettier-ignore
      do await catchUp(storeOf(), new Budget({ statements: 900 }));
      while (await isBehind(meter.id));
    };
    const read = async () => {
      const rows: number[] = [];
      for (const more of ["", "&external_customer_id=c1"]) {
        const { open, cost } = measuring();
        const { json } = await call("GET", path(meter.id) + more, { token, open });
        rows.push(json.total, cost.read);
      }
      return rows;
    };
    await add(0, { customer_id: null, external_customer_id: "c1" });
    await read();
    const before = await read();
    await add(1000, { customer_id: null, external_customer_id: "c1" });
    expect(await read()).toEqual([2000, before[1], 2000, before[3]]);
    expect(Math.max(before[1]!, before[3]!)).toBeLessThan(500);
    await add(1500, { customer_id: id, external_customer_id: null });
    const [total, rows, own, ownRows] = await read();
    expect([total, rows, own]).toEqual([2500, before[1], 2500]);
    expect(ownRows).toBeGreaterThan(3000);
  });
});
