import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { setUp } from "../support/metering.ts";
import { kept, many, OLD, send } from "../support/retaining.ts";
import { execute, objectOf, storeOf } from "../support/stores.ts";

const DAY = 86_400_000;
const alarmOf = () => runInDurableObject(objectOf(), (_, { storage }) => storage.getAlarm());
const inDays = async () => Math.round((((await alarmOf()) ?? Number.NaN) - Date.now()) / DAY);

/** Gives the object the variable that a deployment would. */
const setDays = (days?: string) =>
  runInDurableObject(objectOf(), (instance) => {
    const { env } = instance as unknown as { env: object };
    Object.defineProperty(instance, "env", { value: { ...env, EVENTS_RETENTION_DAYS: days }, configurable: true });
  });

describe("The alarm of an object with a retention", () => {
  it("deletes old events, again and again, and is set for the next day while there are others", async ({ expect }) => {
    const { create } = await setUp();
    await create();
    await send(storeOf(), [...many(3000), { timestamp: Date.now() - 10 * DAY }]);
    await setDays("30");
    while ((await inDays()) === 0) await runDurableObjectAlarm(objectOf());
    expect(await inDays()).toBe(1);
    expect(await kept(storeOf())).toEqual({ seqs: [3001], eventsFrom: OLD + DAY });
    // Nobody sends anything, and the event is old some day.
    await setDays("9");
    await runDurableObjectAlarm(objectOf());
    expect((await kept(storeOf())).seqs).toEqual([]);
    expect(await alarmOf()).toBeNull();
  });

  it("is not set for the next day without a retention", async ({ expect }) => {
    await setUp();
    await send(storeOf(), many(1));
    await runDurableObjectAlarm(objectOf());
    expect([await alarmOf(), (await kept(storeOf())).seqs]).toEqual([null, [1]]);
  });

  it("deletes nothing with a variable that is not valid, logs that, and still catches up", async ({ expect }) => {
    const { create, total } = await setUp();
    const { id } = await create();
    await send(storeOf(), many(1));
    await setDays("0");
    const log = vi.spyOn(console, "error");
    await runDurableObjectAlarm(objectOf());
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "error", error: "JobFailed", job: "retention", cause: expect.stringContaining("EVENTS_RETENTION_DAYS") },
    ]);
    const rollups = await runInDurableObject(objectOf(), (_, { storage }) =>
      storage.sql.exec("SELECT count FROM meter_rollups WHERE customer = ''").toArray(),
    );
    expect([rollups, await total(id), (await kept(storeOf())).seqs]).toEqual([[{ count: 1 }], 1, [1]]);
  });

  it("is set when an object with events wakes and has none", async ({ expect }) => {
    const wake = () =>
      runInDurableObject(objectOf(), async (instance, state) => {
        const Class = instance.constructor as new (state: DurableObjectState, env: object) => unknown;
        void new Class(state, { EVENTS_RETENTION_DAYS: "30" });
        await state.blockConcurrencyWhile(async () => {});
      });
    await execute(sql`SELECT 1`);
    await wake();
    expect(await alarmOf()).toBeNull();
    await send(storeOf(), many(1));
    await runDurableObjectAlarm(objectOf());
    await evictDurableObject(objectOf());
    expect(await alarmOf()).toBeNull();
    await wake();
    expect(await inDays()).toBe(1);
  });
});
