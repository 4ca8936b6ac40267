import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { goOnVerifying } from "../../src/operator/verify.ts";
import { call, ORGANIZATION } from "../support/api.ts";
import { setUpPair, used } from "../support/customer-meters.ts";
import { runScheduled } from "../support/metering.ts";
import { execute, measuring, storeOf, undoing } from "../support/stores.ts";

const DAY = 86_400_000;
const stored = async () =>
  (await execute(sql<{ id: string }>`SELECT id FROM holds ORDER BY created_at, id`)).map(({ id }) => id);

/** A pair, and one hold of each status. */
async function setUpHolds() {
  const set = await setUpPair(100);
  const make = async (more: object = {}) =>
    (await set.hold({ ...set.pair, units: 10, metadata: { note: "secret" }, ...more })).json.hold.id as string;
  const [open, settled, released] = [await make(), await make(), await make()];
  await set.settle(settled, used(1));
  await set.release(released);
  const remove = (query = "") => call("DELETE", `/v1/customers/${set.customer_id}${query}`, { token: set.token });
  const status = async (id: string) =>
    (await call("GET", `/v1/customer-meters/holds/${id}`, { token: set.token })).json.status;
  return { ...set, make, open, settled, released, remove, status };
}

describe("Deleting a customer", () => {
  it("ends its holds as released", async ({ expect }) => {
    const set = await setUpHolds();
    await set.customer("c2", "Bo");
    const theirs = await set.make({ external_customer_id: "c2", minimum_balance: -10 });
    expect((await set.remove()).status).toBe(204);
    expect(await Promise.all([set.open, set.settled, set.released, theirs].map(set.status))).toEqual([
      "released",
      "settled",
      "released",
      "open",
    ]);
    // Whoever has the external id next begins with nothing, and is held nothing.
    await set.customer("c1", "Cy");
    expect((await set.list("?external_customer_id=c1")).json.items[0]).toMatchObject({ balance: 0, held_units: 0 });
  });

  it("deletes them when its events are erased, however many they are", async ({ expect }) => {
    const set = await setUpHolds();
    const ids = JSON.stringify(Array.from({ length: 2500 }, () => crypto.randomUUID()));
    await execute(sql`INSERT INTO holds (id, organization_id, customer_id, meter_id, units, metadata, status, created_at, expires_at, ends_at)
      SELECT value, ${ORGANIZATION}, ${set.customer_id}, ${set.meter_id}, 1, '{}', 'settled', 0, 0, 0 FROM json_each(${ids})`); // prettier-ignore
    await vi.waitFor(async () => expect((await set.remove("?events=true")).status).toBe(204), { timeout: 20_000 });
    expect(await stored()).toEqual([]);
  });
});

describe("Holds that have ended", () => {
  it("are deleted 30 days after their end, a bounded number at a time, also without any event", async ({ expect }) => {
    const set = await setUpHolds();
    const expired = await set.make();
    const age = (days: number, ...ids: string[]) =>
      execute(sql`UPDATE holds SET ends_at = ${Date.now() - days * DAY} WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`); // prettier-ignore
    await age(29.9, set.settled);
    await age(30.1, set.released, expired);
    await execute(sql`DELETE FROM events`);
    await execute(sql`DELETE FROM organizations`);
    await runScheduled();
    expect((await stored()).toSorted()).toEqual([set.open, set.settled].toSorted());
  });
});

describe("A verification", () => {
  const verify = () => goOnVerifying(storeOf(), null, false, new Budget());

  it("compares what is held with the open holds, and finds those whose customer is gone", async ({ expect }) => {
    const set = await setUpHolds();
    expect(await verify()).toMatchObject({ different: 0 });
    await execute(sql`UPDATE customers SET deleted_at = 1`);
    expect(await verify()).toMatchObject({
      different: 1,
      examples: [{ meter_id: set.meter_id, customer: `id:${set.customer_id}`, value: "held" }],
    });
  });
});

describe("Consuming, holding and settling", () => {
  /** The costs of each, in rows read and written. */
  async function costs(set: Awaited<ReturnType<typeof setUpPair>>) {
    const of = async (act: (options: object) => Promise<{ status: number; json: any }>) => {
      const { open, cost } = measuring();
      const { json, status } = await act({ open });
      if (status >= 300) throw new Error(JSON.stringify(json));
      return { trips: cost.trips, read: cost.read, written: cost.written, json };
    };
    await set.check(set.pair);
    const measured = [
      await of((options) => set.consume({ ...set.pair, event: used(1) }, options)),
      await of((options) => set.consume({ ...set.pair, event: used(1e9) }, options)),
      await of((options) => set.hold({ ...set.pair, units: 1 }, {}, options)),
    ];
    const { id } = measured[2]!.json.hold;
    return [...measured, await of((options) => set.settle(id, used(1), options))];
  }

  it("cost as much after many events and ended holds as before", async ({ expect }) => {
    const set = await setUpPair(1e6);
    await set.use("c1", 1);
    await runScheduled();
    const before = await costs(set);
    expect(before.map(({ trips }) => trips)).toEqual([1, 1, 1, 2]);
    // A denial writes nothing.
    expect(before[1]!.written).toBe(0);
    const events = Array.from({ length: 5000 }, (_, i) => ({ ...used(i), external_customer_id: "c1" }));
    await set.ingest(...events);
    const ids = JSON.stringify(Array.from({ length: 2000 }, () => crypto.randomUUID()));
    await execute(sql`INSERT INTO holds (id, organization_id, customer_id, meter_id, units, metadata, status, created_at, expires_at, ends_at)
      SELECT value, ${ORGANIZATION}, ${set.customer_id}, ${set.meter_id}, 1, '{}', iif(key % 2, 'settled', 'open'), 0, iif(key % 2, 9e15, 0), 0
      FROM json_each(${ids})`); // prettier-ignore
    await vi.waitFor(
      async () => {
        await runScheduled();
        expect((await execute(sql`SELECT min(watermark) AS at FROM meters`))[0]).toEqual(
          (await execute(sql`SELECT last_seq AS at FROM organizations`))[0],
        );
      },
      { timeout: 20_000 },
    );
    await set.credit({ ...set.pair, units: 1e9 });
    await set.reset(set.pair);
    await set.credit({ ...set.pair, units: 1e6 });
    await runScheduled();
    const after = await costs(set);
    expect(after.map(({ written }) => written)).toEqual(before.map(({ written }) => written));
    for (const [index, { read }] of after.entries()) expect(read).toBeLessThan(before[index]!.read + 60);
  });

  it("are undone when the storage is full, and refused while the organization is moved", async ({ expect }) => {
    const set = await setUpHolds();
    const isFull = { open: undoing(() => true, new Error("SQLITE_FULL")) };
    const attempt = async (options: object) => [
      (await set.consume({ ...set.pair, event: used(1) }, options)).status,
      (await set.hold({ ...set.pair, units: 1 }, {}, options)).status,
      (await set.settle(set.open, used(1), options)).status,
    ];
    const rows = () => storeOf().read([sql`SELECT * FROM holds`, sql`SELECT * FROM events`]);
    const before = await rows();
    expect(await attempt(isFull)).toEqual([507, 507, 507]);
    await execute(sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at) VALUES (${ORGANIZATION}, '', 'moving', 0)`); // prettier-ignore
    expect(await attempt({})).toEqual([503, 503, 503]);
    expect(await rows()).toEqual(before);
  });
});
