import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { exported, failingBucket, keysOf } from "../support/exporting.ts";
import { setUp } from "../support/metering.ts";
import { ACCEPTED, kept, many, send } from "../support/retaining.ts";
import { objectOf, storeOf } from "../support/stores.ts";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const alarmOf = () => runInDurableObject(objectOf(), (_, { storage }) => storage.getAlarm());
const inMinutes = async () => Math.round((((await alarmOf()) ?? Number.NaN) - Date.now()) / MINUTE);

/** Gives the object the bindings that a deployment would. */
const bind = (bindings: object) =>
  runInDurableObject(objectOf(), (instance) => {
    const { env: own } = instance as unknown as { env: object };
    Object.defineProperty(instance, "env", { value: { ...own, ...bindings }, configurable: true });
  });

describe("The alarm of an object with an export", () => {
  it("writes object after object, and is set for an hour later while events wait for others", async ({ expect }) => {
    const { create } = await setUp();
    await create();
    for (let day = 0; day < 30; day++) await send(storeOf(), many(2), ACCEPTED + day * DAY);
    await send(storeOf(), many(2), Date.now());
    await bind({ EXPORT: env.TEST_EXPORT, EVENTS_RETENTION_DAYS: "30" });
    await runDurableObjectAlarm(objectOf());
    // The next alarms are at once, and run by themselves.
    await vi.waitFor(async () => expect(await inMinutes()).toBe(60), 60_000);
    expect([(await keysOf()).length, (await exported()).length]).toEqual([30, 60]);
    // What is exported and old is deleted in the same alarms.
    expect((await kept(storeOf())).seqs).toEqual([61, 62]);
  });

  it("is not set again when everything is written and nothing is to be deleted", async ({ expect }) => {
    await setUp();
    await send(storeOf(), many(1));
    await bind({ EXPORT: env.TEST_EXPORT });
    await runDurableObjectAlarm(objectOf());
    expect([await alarmOf(), (await exported()).length]).toEqual([null, 1]);
  });

  it("logs that the bucket fails, catches up all the same, and tries again within an hour", async ({ expect }) => {
    const { create, total } = await setUp();
    const { id } = await create();
    await send(storeOf(), many(1));
    await bind({ EXPORT: failingBucket("put"), EVENTS_RETENTION_DAYS: "30" });
    const log = vi.spyOn(console, "error");
    await runDurableObjectAlarm(objectOf());
    expect(log.mock.calls.map(([line]) => JSON.parse(line).error)).toEqual(["ExportFailed"]);
    expect([await total(id), (await kept(storeOf())).seqs, await inMinutes()]).toEqual([1, [1], 60]);
  });

  it("is set when an object with events wakes and has none", async ({ expect }) => {
    await send(storeOf(), many(1));
    await runDurableObjectAlarm(objectOf());
    await evictDurableObject(objectOf());
    await runInDurableObject(objectOf(), async (instance, state) => {
      const Class = instance.constructor as new (state: DurableObjectState, env: object) => unknown;
      void new Class(state, { EXPORT: env.TEST_EXPORT });
      await state.blockConcurrencyWhile(async () => {});
    });
    expect(await inMinutes()).toBe(60);
  });
});
