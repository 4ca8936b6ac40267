import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { goOnVerifying } from "../../src/operator/verify.ts";
import { call, grant, ORGANIZATION } from "../support/api.ts";
import { setUpPair, used } from "../support/customer-meters.ts";
import { clauses, runScheduled, withoutPauses } from "../support/metering.ts";
import { decorated, deleteAlarm, execute, STORE, storeOf } from "../support/stores.ts";

const DAY = 86_400_000;

/** A customer with 100 credited units on a meter, and how to create an alert on it. */
async function setUp() {
  withoutPauses();
  const set = await setUpPair();
  const { token, meter_id } = set;
  const alert = { name: "Alert", meter_id, basis: "consumed_units", thresholds: [50] };
  const create = (changes: object = {}, headers: Record<string, string> = {}) =>
    call("POST", "/v1/alerts", { token, body: { ...alert, ...changes }, headers });
  const triggersOf = async ({ json }: { json: any }) =>
    (await call("GET", `/v1/alerts/${json.id}/triggers`, { token })).json.items;
  return { ...set, create, triggersOf };
}

describe("An alert", () => {
  it("triggers once, however many clients reach its threshold at once", async ({ expect }) => {
    const { create, triggersOf, consume, pair, use, balance } = await setUp();
    const [consumed, left] = [await create(), await create({ basis: "balance", thresholds: [75, 25] })];
    const takeTurns = (i: number) => (i % 2 === 0 ? consume({ ...pair, event: used(8) }) : use("c1", 1));
    await Promise.all(Array.from({ length: 20 }, (_, i) => takeTurns(i)));
    expect((await balance()).consumed_units).toBe(90);
    await runScheduled();
    expect(await triggersOf(consumed)).toMatchObject([{ thresholds: [50] }]);
    const reached = (await triggersOf(left)).flatMap(({ thresholds }: any) => thresholds);
    expect(reached.toSorted((a: number, b: number) => a - b)).toEqual([25, 75]);
  });

  it.runIf(STORE === "d1")(
    "is compared at most once a second, however many requests send events",
    async ({ expect }) => {
      vi.setSystemTime(Date.now());
      const { create, use } = await setUp();
      const pauses = withoutPauses();
      await create();
      for (let i = 0; i < 3; i++) await use("c1", 1);
      expect(pauses.mock.calls.slice(-2)).toEqual([[1000], [1000]]);
    },
  );

  it.runIf(STORE === "d1")("is compared after the clock was set back", async ({ expect }) => {
    const now = Date.now();
    const { create, use, triggersOf } = await setUp();
    const alert = await create();
    vi.setSystemTime(now + 3_600_000);
    await use("c1", 1);
    vi.setSystemTime(now);
    await use("c1", 50);
    expect(await triggersOf(alert)).toHaveLength(1);
  });

  it("triggers by events whose token is deleted as soon as they are stored", async ({ expect }) => {
    const { create, triggersOf } = await setUp();
    const alert = await create();
    const id = crypto.randomUUID();
    const refusal = sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at) VALUES (${ORGANIZATION}, ${id}, 'revoked', 1)`; // prettier-ignore
    const open = decorated(async (carryOut, texts) => {
      const result = await carryOut();
      if (texts.some((text) => /into "?events"?/i.test(text))) await execute(refusal);
      return result;
    });
    const body = { events: [{ name: "use", external_customer_id: "c1", metadata: { v: 60 } }] };
    expect((await call("POST", "/v1/events/ingest", { token: await grant({ id }), open, body })).status).toBe(200);
    if (STORE === "object") await runScheduled();
    expect(await triggersOf(alert)).toMatchObject([{ value: 60 }]);
  });

  it("triggers by the events that its redefined meter counts from the first one on", async ({ expect }) => {
    const { token, create, triggersOf, credit, pair, ingest, meter_id } = await setUp();
    const alert = await create();
    // The balance is compared at the credit, which catch-up reaches only in its third transaction.
    const unnamed = { name: "unnamed", external_customer_id: "c1" };
    await ingest({ name: "other", external_customer_id: "c1", metadata: { v: 60 } }, unnamed, unnamed, unnamed);
    await credit({ ...pair, units: 1 });
    const filter = clauses({ property: "name", operator: "eq", value: "other" });
    await call("PATCH", `/v1/meters/${meter_id}`, { token, body: { filter } });
    await deleteAlarm();
    await catchUp(storeOf(), new Budget(), { chunk: 2 });
    expect(await triggersOf(alert)).toMatchObject([{ value: 60 }]);
  });

  it("is created once with an idempotency key, whose answer is kept", async ({ expect }) => {
    const { token, create } = await setUp();
    const key = { "Idempotency-Key": "k" };
    const [first, again] = [await create({}, key), await create({}, key)];
    expect(again.text).toBe(first.text);
    expect(again.headers.get("Idempotent-Replayed")).toBe("true");
    expect((await create({ name: "Other" }, key)).status).toBe(422);
    expect((await call("GET", "/v1/alerts", { token })).json.pagination.total_count).toBe(1);
  });

  it("is one of at most 100", async ({ expect }) => {
    const { token, create } = await setUp();
    await create();
    const copied = JSON.stringify(Array.from({ length: 99 }, () => crypto.randomUUID()));
    await execute(sql`INSERT INTO alerts SELECT value, organization_id, name, meter_id, customer_id, basis, thresholds, enabled, created_at, modified_at, version
      FROM alerts CROSS JOIN json_each(${copied})`); // prettier-ignore
    const refused = await create();
    expect([refused.status, refused.text]).toEqual([422, expect.stringContaining("100")]);
    const [{ id }] = (await call("GET", "/v1/alerts", { token })).json.items;
    await call("DELETE", `/v1/alerts/${id}`, { token });
    expect((await create()).status).toBe(201);
  });
});

describe("GET /v1/alerts/{id}/triggers", () => {
  it("answers since when a balance counts, and has triggers for 90 days", async ({ expect }) => {
    const { use, create, triggersOf, reset, pair } = await setUp();
    const alert = await create();
    await use("c1", 60);
    await runScheduled();
    await reset(pair);
    await use("c1", 70);
    await runScheduled();
    const [second, first] = await triggersOf(alert);
    expect([first.since, first.value, second.value]).toEqual([null, 60, 70]);
    expect(Date.parse(second.since)).toBeGreaterThanOrEqual(Date.parse(first.created_at));
    for (const [id, days] of [[first.id, 90.1], [second.id, 89.9]]) await execute(sql`UPDATE alert_triggers SET created_at = ${Date.now() - Number(days) * DAY} WHERE id = ${id} AND organization_id = ${ORGANIZATION}`); // prettier-ignore
    await runScheduled();
    expect((await triggersOf(alert)).map(({ id }: any) => id)).toEqual([second.id]);
  });
});

describe("A verification", () => {
  it.for([
    sql`DELETE FROM alert_thresholds WHERE level = 50`,
    sql`INSERT INTO alert_thresholds SELECT meter_id, '', 'balance', 7, alert_id FROM alert_thresholds WHERE level = 50`,
    sql`UPDATE alert_thresholds SET level = 51 WHERE level = 50`,
  ])("finds thresholds that are not those of the alerts", async (damage, { expect }) => {
    const { create, meter_id, customer_id } = await setUp();
    await create({ thresholds: [0.1, 50] });
    await create({ basis: "balance", thresholds: [0, -1.5], customer_id });
    const verify = () => goOnVerifying(storeOf(), null, false, new Budget());
    expect(await verify()).toMatchObject({ different: 0, examples: [] });
    await execute(damage);
    expect((await verify()).examples).toContainEqual({ meter_id, customer: "", bucket: 0, value: "threshold" });
  });
});
