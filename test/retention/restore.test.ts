import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { insertCustomer } from "../../src/customers/write.ts";
import { createEntry } from "../../src/customer-meters/create-entry.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { restoreEvents } from "../../src/retention/restore.ts";
import { exportEvents } from "../../src/export/export-events.ts";
import { Budget } from "../../src/jobs/budget.ts";
import type { InvalidFields } from "../../src/errors.ts";
import type { Store } from "../../src/store/store.ts";
import { call, grant, METER, ORGANIZATION } from "../support/api.ts";
import { customerRow } from "../support/customers.ts";
import { eraseAll } from "../support/erasing.ts";
import { wrongCounts } from "../support/event-counts.ts";
import { keysOf } from "../support/exporting.ts";
import { DAY as DAY_QUERY, usage } from "../support/metering.ts";
import { ACCEPTED, BEFORE, catchUpAndRetain, enough, kept, OLD, rowsOf, send } from "../support/retaining.ts";
import { execute, storeOf } from "../support/stores.ts";
import { voidSome } from "../support/voiding.ts";

const DAY = 86_400_000;

/** Restores days until it is done. */
async function restoreAll(store: Store, from: string, to: string, bucket = env.TEST_EXPORT) {
  const sum = { restored: 0, skipped: 0, steps: 0 };
  for (let cursor: number | null = null; ;) {
    const step = await restoreEvents(store, bucket, { from, to, cursor }, null);
    cursor = step.cursor;
    sum.restored += step.restored;
    sum.skipped += step.skipped;
    if (step.done) return sum;
    sum.steps++;
  }
}

describe("Restoring", () => {
  it("leaves quantities and balances as they are, moves events_from back, and can be repeated", async ({ expect }) => {
    const store = storeOf();
    const token = await grant();
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
    const customer = { email: "a@example.com", external_id: "c1" };
    const { json: owner } = await call("POST", "/v1/customers/", { token, body: customer });
    await send(store, [{}, {}, { timestamp: OLD + DAY }, { timestamp: OLD + 3 * DAY }]);
    const before = await rowsOf(store);
    await catchUpAndRetain(store, env.TEST_EXPORT);
    const counted = async () => [
      (await call("GET", `/v1/meters/${meter.id}/quantities?${DAY_QUERY}`, { token })).json.total,
      (await call("GET", `/v1/customers/${owner.id}/state`, { token })).json.active_meters[0].consumed_units,
    ];
    // A part in the middle can be restored, but then earlier and later events are still missing.
    expect(await restoreAll(store, "2026-01-02", "2026-01-02")).toEqual({ restored: 1, skipped: 0, steps: 1 });
    expect(await kept(store)).toEqual({ seqs: [3], eventsFrom: OLD + 4 * DAY });
    expect(await wrongCounts(store)).toEqual([]);
    expect(await restoreAll(store, "2026-01-02", "2026-01-31")).toEqual({ restored: 1, skipped: 1, steps: 1 });
    expect(await kept(store)).toEqual({ seqs: [3, 4], eventsFrom: OLD + DAY });
    // Nothing happened before.
    await restoreAll(store, "2025-12-01", "2026-01-31");
    expect(await kept(store)).toEqual({ seqs: [1, 2, 3, 4], eventsFrom: OLD });
    expect(await restoreAll(store, "2026-01-01", "2026-01-31")).toMatchObject({ restored: 0, skipped: 4 });
    expect(await rowsOf(store)).toEqual(before);
    expect(await wrongCounts(store)).toEqual([]);
    await catchUp(store, enough());
    expect(await counted()).toEqual([2, 4]);
    // A meter that is created now counts them too.
    const { json: later } = await call("POST", "/v1/meters/", { token, body: METER });
    const quantities = await call("GET", `/v1/meters/${later.id}/quantities?${DAY_QUERY}`, { token });
    expect([quantities.json.total, quantities.headers.get("Events-From")]).toEqual([2, null]);
    expect((await catchUpAndRetain(store, env.TEST_EXPORT)).deleted).toBe(4);
    expect(await counted()).toEqual([2, 4]);
    expect(await keysOf()).toHaveLength(1);
  });

  it("voids an event again that was voided after its export", async ({ expect }) => {
    const store = storeOf();
    await send(store, [{}, {}]);
    await exportEvents(store, env.TEST_EXPORT, new Budget({ statements: 100 }, () => ACCEPTED + 2 * DAY));
    const { seqs } = await voidSome(store, [0], ACCEPTED + DAY);
    await catchUpAndRetain(store, env.TEST_EXPORT);
    await restoreAll(store, "2026-01-01", "2026-01-01");
    const rows = (await rowsOf(store)) as { seq: number; source: string; voided_at: number | null }[];
    const restored = rows.filter(({ source }) => source === "user");
    expect(restored.map(({ seq, voided_at }) => [seq, voided_at])).toEqual([
      [seqs[0], ACCEPTED + DAY],
      [2, null],
    ]);
  });

  it("refuses days that would be deleted again, and what is not a range of days", async ({ expect }) => {
    const refused = (from: string, to: string, retention: number | null = null) =>
      restoreEvents(storeOf(), env.TEST_EXPORT, { from, to }, retention === null ? null : { before: retention, isExported: true })
        .then(() => [], ({ problems }: InvalidFields) => problems.map(({ field, type }) => `${field.join(".")} ${type}`)); // prettier-ignore
    expect(await refused("2026-01-09", "2026-01-20", BEFORE)).toEqual(["from value_error"]);
    expect(await refused("2026-01-10", "2026-01-20", BEFORE)).toEqual([]);
    expect(await refused("2026-01-02", "2026-01-01")).toEqual(["to value_error"]);
    for (const wrong of ["", "2026-13-01", "2026-02-30T00", "1"]) {
      expect(await refused(wrong, "2026-01-20")).toEqual(["from value_error"]);
    }
  });

  it("brings back every event as it was, from all objects that have some of these days", async ({ expect }) => {
    const store = storeOf();
    const token = await grant();
    const times = [-62_135_596_799_999, -DAY, -1, 0, OLD - 1, OLD, OLD + DAY - 1, OLD + DAY];
    // One object for each day of acceptance; the events of a day are in several.
    for (const [index, timestamp] of times.entries()) await send(store, [{ timestamp, v: index / 8 }], ACCEPTED - index * DAY); // prettier-ignore
    const metadata = {
      "a.b": 1e300,
      text: '\u2028\\"\u0001',
      on: true,
      tiny: 1e-7,
      long: 12345678901.25,
      _llm: usage(1000),
    };
    const event = { name: "x\ty", external_customer_id: "é 😀", external_id: "\n\"", timestamp: "2026-01-01T00:00:00.001Z", metadata }; // prettier-ignore
    expect((await call("POST", "/v1/events/ingest", { token, body: { events: [event] } })).status).toBe(200);
    await execute(sql`UPDATE events SET ingested_at = ${ACCEPTED - 9 * DAY} WHERE seq = 9`);
    const before = await rowsOf(store);
    expect((await catchUpAndRetain(store, env.TEST_EXPORT)).deleted).toBe(9);
    expect(await keysOf()).toHaveLength(9);
    expect(await restoreAll(store, "2026-01-01", "2026-01-01")).toEqual({ restored: 3, skipped: 0, steps: 3 });
    expect((await kept(store)).seqs).toEqual([6, 7, 9]);
    expect(await restoreAll(store, "0001-01-01", "2026-12-31")).toEqual({ restored: 6, skipped: 3, steps: 9 });
    expect(await rowsOf(store)).toEqual(before);
  });

  it("skips an event whose external_id another one has, and goes on where it stopped", async ({ expect }) => {
    const store = storeOf();
    await send(store, [{ external_id: "x" }, { external_id: "y" }]);
    await catchUpAndRetain(store, env.TEST_EXPORT);
    await send(store, [{ external_id: "x", timestamp: BEFORE }]);
    expect(await restoreAll(store, "2026-01-01", "2026-01-01")).toEqual({ restored: 1, skipped: 1, steps: 1 });
    expect((await kept(store)).seqs).toEqual([2, 3]);
  });

  it("refuses an object that is damaged or missing", async ({ expect }) => {
    const store = storeOf();
    await send(store, [{}]);
    await catchUpAndRetain(store, env.TEST_EXPORT);
    const [key] = await keysOf();
    await env.TEST_EXPORT.put(key!, "{}\n");
    await expect(restoreAll(store, "2026-01-01", "2026-01-01")).rejects.toThrow(key);
    await env.TEST_EXPORT.delete(key!);
    await expect(restoreAll(store, "2026-01-01", "2026-01-01")).rejects.toThrow(`${key} is missing`);
    expect((await kept(store)).seqs).toEqual([]);
  });

  it("leaves out whatever belongs to a customer that was erased meanwhile, or is being erased", async ({ expect }) => {
    const store = storeOf();
    const { json: meter } = await call("POST", "/v1/meters/", { token: await grant(), body: METER });
    const [gone, going, other] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    for (const [id, external] of [[gone, "gone"], [going, "going"], [other, "other"]] as const) {
      await insertCustomer(store, customerRow(ORGANIZATION, id, external));
      await createEntry(store, { customer_id: id, meter_id: meter.id }, { kind: "credit", units: 1, metadata: {} }, null, OLD);
    }
    const identities = [gone, going, other].flatMap((id) => [{ customer_id: id }]);
    await send(store, [
      ...identities,
      ...["gone", "going", "other"].map((external_customer_id) => ({ external_customer_id })),
      { customer_id: other, external_customer_id: "gone" },
      { customer_id: other, external_customer_id: "other" },
    ]);
    expect((await catchUpAndRetain(store, env.TEST_EXPORT)).deleted).toBe(11);
    await eraseAll(store, gone);
    await execute(sql`UPDATE customers SET deleted_at = 1, deleted_seq = 11, erased_bucket = 0, erased_seq = 0 WHERE id = ${going}`);
    expect(await restoreAll(store, "2026-01-01", "2026-01-01")).toMatchObject({ restored: 5, skipped: 6 });
    const rows = await execute<any>(sql`SELECT source, customer_id, external_customer_id FROM events ORDER BY seq`);
    expect(rows.map((row) => [row.source, row.customer_id, row.external_customer_id])).toEqual([
      ["system", other, null],
      ["user", other, null],
      ["user", null, "other"],
      ["user", other, null],
      ["user", other, "other"],
    ]);
  }); // prettier-ignore
});
