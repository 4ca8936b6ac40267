import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { goOnVerifying, type VerifyProgress } from "../../src/operator/verify.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { verifyStep, type VerifyState } from "../../src/engine/upkeep/verify.ts";
import { goOnRestoring } from "../../src/operator/restore.ts";
import type { Store } from "../../src/store/store.ts";
import { call, grant, ORGANIZATION } from "../support/api.ts";
import { everything } from "../support/erasing.ts";
import { catchUpAll, clauses, DAY, setUp } from "../support/metering.ts";
import { EXPORTING } from "../support/exporting.ts";
import { catchUpAndRetain, many, send as append } from "../support/retaining.ts";
import { execute, storeOf } from "../support/stores.ts";
import { ask, asOperator } from "../support/operator.ts";

const PATH = `/operator/organizations/${ORGANIZATION}/verify`;
const FUNCTIONS = ["count", "sum", "max", "min", "avg", "unique"];
const FILTER = clauses({ property: "name", operator: "eq", value: "e" });

/** Allows one step, after the search for its meter. */
const once = () => new Budget({ statements: 3 });

/** Verifies all meters; `between` runs after each part. */
async function verify(repair = false, between = async (_parts: number) => {}) {
  const sums = { meters: 0, compared: 0, different: 0, repaired: 0 };
  let state: VerifyState | null = null;
  for (let parts = 1; ; parts++) {
    const progress: VerifyProgress = await goOnVerifying(storeOf(), state, repair, once());
    for (const name of ["meters", "compared", "different", "repaired"] as const) sums[name] += progress[name];
    ({ state } = progress);
    if (state === null) return sums;
    await between(parts);
    if (parts > 2000) throw new Error("The verification does not end.");
  }
}

/** Meters, 300 events of 30 customers in 20 quarters, all in the rollups. */
async function setUpMeters(functions = FUNCTIONS) {
  const set = await setUp();
  for (const func of functions) await set.create({ filter: FILTER, aggregation: func === "count" ? { func } : { func, property: "v" } }); // prettier-ignore
  const send = (count: number, first = 0) =>
    set.ingest(
      ...Array.from({ length: count }, (_, i) => ({
        name: "e",
        external_customer_id: `c${(first + i) % 30}`,
        timestamp: new Date(Date.UTC(2026, 0, 1) + ((first + i) % 20) * 900_000).toISOString(),
        metadata: { v: (first + i) / 7 },
      })),
    );
  await send(300);
  await catchUpAll();
  const quantities = async () => {
    const { items } = (await call("GET", "/v1/meters/?limit=100&sorting=created_at", { token: set.token })).json;
    return Promise.all(
      items.map(async ({ id }: { id: string }) => (await call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token: set.token })).json.total), // prettier-ignore
    );
  };
  return { ...set, send, quantities };
}

describe("Verifying an organization's rollups", () => {
  it("needs an operator's key, and an existing organization", async ({ expect }) => {
    expect((await ask(PATH, { state: null, repair: false })).status).toBe(401);
    expect((await ask(PATH, { state: null, repair: false }, await grant())).status).toBe(401);
    const post = await asOperator();
    expect((await post(PATH, { state: 1 })).status).toBe(422);
    expect((await post(PATH, { state: null, repair: false })).status).toBe(404);
    await call("GET", "/v1/meters/", { token: await grant() });
    expect((await post(PATH, { state: null, repair: false })).json).toMatchObject({ state: null, meters: 0 });
  });

  it("takes no state but its own, and ends no verification of another organization", async ({ expect }) => {
    await call("GET", "/v1/meters/", { token: await grant() });
    const { create } = await setUp();
    const { id } = await create();
    const post = await asOperator();
    const state = { meter: id, phase: "compare", list: 0, after: null };
    const tampered = [{ list: -1 }, { list: 13 }, { list: 12, after: ["c", 1] }, { after: ["c", 1, "value"] }, { list: 2, after: ["c", 1] }, { phase: "all" }, { after: [1, 2] }]; // prettier-ignore
    for (const change of tampered) {
      const answer = await post(PATH, { repair: true, state: { ...state, ...change } });
      expect([answer.status, JSON.stringify(answer.json.detail)]).toEqual([422, expect.stringContaining("state")]);
    }
    const [phase, meter] = ["delete", "x".repeat(100_000)];
    for (const change of [{ meter }, { phase }, { meter, phase }, { list: 12 }, { after: ["\0", 2 ** 52] }])
      expect((await post(PATH, { repair: true, state: { ...state, ...change } })).json.different).toBe(0);
    await execute(sql`INSERT INTO meters (id, organization_id, name, name_folded, unit, filter, aggregation, metadata, created_at, version, definition_version, watermark)
      VALUES ('verify:x', 'verify:other', 'm', 'm', 'scalar', '{}', '{}', '{}', 0, 1, 1, 5)`); // prettier-ignore
    await post(PATH, { repair: true, state: { ...state, meter: "x", phase: "delete" } });
    expect(await execute(sql`SELECT definition_version FROM meters WHERE id = 'verify:x'`)).toEqual([{ definition_version: 1 }]); // prettier-ignore
  });

  it("finds no difference where there is none, and leaves nothing behind", async ({ expect }) => {
    await setUpMeters();
    const before = await everything();
    const found = await verify();
    expect(found).toMatchObject({ meters: 6, different: 0, repaired: 0 });
    expect(found.compared).toBeGreaterThan(6 * 30);
    expect(await everything()).toBe(before);
  });

  it("finds none either while events are ingested and caught up", async ({ expect }) => {
    const { send } = await setUpMeters();
    const found = await verify(false, async (parts) => {
      if (parts % 3 === 0) await send(50, parts * 50);
      if (parts % 5 === 0) await catchUpAll();
    });
    expect(found).toMatchObject({ meters: 6, different: 0 });
  });

  it.for([
    sql`UPDATE meter_rollups SET count = count + 1 WHERE customer LIKE '%c3'`,
    sql`UPDATE meter_rollups SET sum = sum * 1.001 WHERE customer = ''`,
    sql`UPDATE meter_rollups SET max = 1e9 WHERE customer <> ''`,
    sql`DELETE FROM meter_rollups WHERE bucket % 3 = 0`,
    sql`INSERT INTO meter_rollups SELECT meter_id, 'e:phantom', bucket, count, sum, min, max, last_event_at FROM meter_rollups
      WHERE customer = ''`,
    sql`DELETE FROM meter_uniques WHERE bucket % 2 = 0`,
    sql`INSERT INTO meter_uniques SELECT DISTINCT meter_id, '', bucket, '"phantom"' FROM meter_uniques`,
    sql`UPDATE meter_value_counts SET count = count + 1 WHERE bucket % 3 = 0`,
    sql`DELETE FROM meter_value_counts WHERE bucket % 2 = 0`,
    sql`INSERT INTO meter_value_counts SELECT DISTINCT meter_id, customer, bucket, bucket - 99, 1 FROM meter_value_counts`,
    sql`DELETE FROM meter_rollups`,
    sql`UPDATE meter_totals SET count = count + 1`,
    sql`DELETE FROM meter_totals WHERE customer LIKE '%c3'`,
    sql`INSERT INTO meter_totals SELECT meter_id, 'e:phantom', since, count, sum, min, max, last_event_at FROM meter_totals
      WHERE customer LIKE '%c3'`,
    sql`UPDATE meter_totals SET sum = sum + 1 WHERE max IS NULL AND customer LIKE '%c3'`,
  ])("finds damage, and repairs it", async (damage, { expect }) => {
    const { quantities, send } = await setUpMeters(["sum", "max", "unique"]);
    const [before, stored] = [await quantities(), await everything()];
    await execute(damage);
    const damaged = await everything();
    expect(damaged).not.toBe(stored);
    const found = await verify();
    expect(found.different).toBeGreaterThan(0);
    expect(await everything()).toBe(damaged);
    const repaired = await verify(true);
    expect(repaired.different).toBe(found.different);
    expect(await verify()).toMatchObject({ different: 0 });
    expect(await quantities()).toEqual(before.map((total) => expect.closeTo(total, 6)));
    await send(10);
  });

  it("starts a meter again when events are erased meanwhile, and repairs nothing back", async ({ expect }) => {
    const { token } = await setUpMeters();
    const body = { email: "secret@example.com", external_id: "c7" };
    const { id } = (await call("POST", "/v1/customers/", { token, body })).json;
    await verify(true, async (parts) => {
      if (parts === 9) expect((await call("DELETE", `/v1/customers/${id}?events=true`, { token })).status).toBe(204);
    });
    expect(await execute(sql`SELECT 1 FROM meter_rollups WHERE customer LIKE '%c7'`)).toEqual([]);
    expect(await verify()).toMatchObject({ different: 0 });
  });

  it("is not confused by another verification of the same meter", async ({ expect }) => {
    const { quantities } = await setUpMeters();
    const before = await quantities();
    const store = storeOf();
    const [{ id }] = (await execute<{ id: string }>(sql`SELECT id FROM meters ORDER BY id LIMIT 1`)) as [
      { id: string },
    ];
    const other: VerifyState = { meter: id, phase: "build", list: 0, after: null };
    // The other one gets on between any two writes of this one.
    const slow: Store = {
      ...store,
      async write(statements, options) {
        await verifyStep(store, other, true);
        await verifyStep(store, other, true);
        return store.write(statements, options);
      },
    };
    const state: VerifyState = { ...other };
    for (let steps = 0; state.phase !== "done" && steps < 100; steps++) await verifyStep(slow, state, true);
    for (let steps = 0; other.phase !== "done" && steps < 100; steps++) await verifyStep(store, other, true);
    expect(await quantities()).toEqual(before);
    expect(await verify()).toMatchObject({ different: 0 });
  });

  it("deletes what it has built a bounded number of rows at a time", async ({ expect }) => {
    await setUpMeters();
    const state = (await goOnVerifying(storeOf(), null, false, once())).state!;
    while (state.phase !== "delete") await verifyStep(storeOf(), state, false);
    const shadow = `verify:${state.meter}`;
    await execute(sql`INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum)
      SELECT ${shadow}, 'many', value, 1, 1 FROM json_each(${JSON.stringify(Array.from({ length: 5000 }, (_, i) => i))})`);
    const rows = async () =>
      (await execute(sql<{ n: number }>`SELECT count(*) AS n FROM meter_rollups WHERE meter_id = ${shadow}`))[0]!.n;
    for (let left = await rows(); state.phase === "delete";) {
      await verifyStep(storeOf(), state, false);
      expect(left - (left = await rows())).toBeLessThanOrEqual(2000);
    }
    expect([await rows(), state.phase]).toEqual([0, "done"]);
  });

  it("leaves nothing of a customer that is erased after it was interrupted", async ({ expect }) => {
    const { token } = await setUpMeters();
    const body = { email: "secret@example.com", external_id: "c7" };
    const { id } = (await call("POST", "/v1/customers/", { token, body })).json;
    let state: VerifyState | null = null;
    for (let parts = 0; parts < 4; parts++) ({ state } = await goOnVerifying(storeOf(), state, false, once()));
    expect((await call("DELETE", `/v1/customers/${id}?events=true`, { token })).status).toBe(204);
    expect(await execute(sql`SELECT 1 FROM meter_rollups WHERE customer LIKE '%c7'`)).toEqual([]);
    for (const table of ["meter_uniques", "meter_value_counts", "meter_totals", "meter_total_uniques"]) {
      expect(await execute(sql`SELECT 1 FROM ${sql.raw(table)} WHERE customer LIKE '%c7'`)).toEqual([]);
    }
  });

  it("compares the counts of values whose previous quarter has no deleted events", async ({ expect }) => {
    const { create } = await setUp();
    await create({ filter: clauses(), aggregation: { func: "unique", property: "v" } });
    const days = ["2026-01-01", "2026-01-20", "2026-01-21"];
    await append(storeOf(), days.map((day) => ({ timestamp: Date.parse(`${day}T00:00:00Z`) }))); // prettier-ignore
    expect(await catchUpAndRetain(storeOf())).toMatchObject({ deleted: 1 });
    expect(await verify()).toMatchObject({ different: 0 });
    const last = sql`bucket = (SELECT max(bucket) FROM meter_value_counts)`;
    await execute(sql`UPDATE meter_value_counts SET count = 2 WHERE ${last}`);
    // Of the customer, and of all together.
    expect(await verify(true)).toMatchObject({ different: 2, repaired: 2 });
    expect(await execute(sql`SELECT DISTINCT count FROM meter_value_counts`)).toEqual([{ count: 1 }]);
  });

  it("leaves meters as they are that were created between a deletion and a restoration", async ({ expect }) => {
    const { create, total } = await setUp();
    await create({ filter: FILTER });
    await append(storeOf(), [...many(20), { timestamp: Date.parse("2026-01-20T00:00:00Z") }]);
    await catchUpAndRetain(storeOf(), env.TEST_EXPORT);
    const { id } = await create({ filter: clauses() });
    await catchUp(storeOf(), new Budget({ statements: 1000 }));
    const before = await total(id);
    await goOnRestoring(storeOf(), EXPORTING, { from: "2026-01-01", to: "2026-01-09", cursor: null }, new Budget());
    expect(await verify(true)).toMatchObject({ different: 0 });
    expect(await total(id)).toBe(before);
  });
});
