import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { eraseCustomer } from "../../src/customers/erase.ts";
import { insertCustomer } from "../../src/customers/write.ts";
import { exportEvents } from "../../src/export/export-events.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { call, grant, ORGANIZATION } from "../support/api.ts";
import { customerRow } from "../support/customers.ts";
import { eraseAll } from "../support/erasing.ts";
import { bucketWith, EXPORTING, exported, failingBucket, keysOf, textOf } from "../support/exporting.ts";
import { ACCEPTED, catchUpAndRetain, many, send } from "../support/retaining.ts";
import { execute, storeOf } from "../support/stores.ts";

const DAY = 86_400_000;
const PREFIX = `events/${ORGANIZATION}/dt=2026-02-0`;
const ofDay = (day: number, range: string) => `${PREFIX}${day}/${range}.ndjson.gz`;
const exportAll = (bucket = env.TEST_EXPORT, now = ACCEPTED + 9 * DAY) =>
  exportEvents(storeOf(), bucket, new Budget({ statements: 1000 }, () => now));

/** A customer with an external id, and one more. */
async function addCustomers() {
  const [id, other] = [crypto.randomUUID(), crypto.randomUUID()];
  await insertCustomer(storeOf(), customerRow(ORGANIZATION, id, "secret-1"));
  await insertCustomer(storeOf(), customerRow(ORGANIZATION, other, "other"));
  return { id, other };
}

/** Deletes a customer with its events until it is done, as a client does, and returns the statuses. */
async function deleteWithEvents(id: string, bindings: object = EXPORTING) {
  const token = await grant();
  const statuses: number[] = [];
  while (statuses.length < 20 && statuses.at(-1) !== 204) {
    statuses.push((await call("DELETE", `/v1/customers/${id}?events=true`, { token, bindings })).status);
    if (statuses.at(-1)! >= 500) break;
  }
  return statuses;
}

describe("Erasing a customer that the export has", () => {
  it("removes its events from every object, whether or not they are still stored, and logs which", async ({ expect }) => {
    const { id, other } = await addCustomers();
    const text = { v: '"external_customer_id":"secret-1"' };
    await send(storeOf(), [{ customer_id: id }, { external_customer_id: "secret-1" }, { customer_id: other, ...text }]);
    await send(storeOf(), [{ customer_id: other, external_customer_id: "secret-1", ...text }, { customer_id: other }], ACCEPTED + DAY); // prettier-ignore
    await send(storeOf(), [{ customer_id: other }], ACCEPTED + 2 * DAY);
    await catchUpAndRetain(storeOf(), env.TEST_EXPORT);
    const untouched = await textOf(ofDay(3, "6-6"));
    const before = await exported();
    const log = vi.spyOn(console, "log");
    expect(await deleteWithEvents(id)).toEqual([204]);
    const logged = log.mock.calls.map(([line]) => JSON.parse(line)).filter((line) => line.rewritten_object);
    expect(logged.map((line) => line.rewritten_object)).toEqual([ofDay(1, "1-3"), ofDay(2, "4-5")]);
    expect(await exported()).toEqual(before.slice(2).map((line) => ({ ...line, external_customer_id: null })));
    expect(await textOf(ofDay(3, "6-6"))).toBe(untouched);
    expect(await keysOf()).toHaveLength(3);
  }); // prettier-ignore

  it("leaves the events that others had under its external id, before and after", async ({ expect }) => {
    const token = await grant();
    const { id } = await addCustomers();
    await send(storeOf(), [{ external_customer_id: "secret-1" }]);
    await call("DELETE", `/v1/customers/${id}`, { token });
    const { json } = await call("POST", "/v1/customers/", { token, body: { email: "b@example.com", external_id: "secret-1" } }); // prettier-ignore
    await send(storeOf(), [{ external_customer_id: "secret-1" }], ACCEPTED + DAY);
    await call("DELETE", `/v1/customers/${json.id}`, { token });
    await send(storeOf(), [{ external_customer_id: "secret-1" }], ACCEPTED + 2 * DAY);
    await exportAll();
    await deleteWithEvents(json.id);
    expect((await exported()).map(({ seq }) => seq)).toEqual([1, 3]);
  });

  it("goes on where the request before has stopped, and says how much is left", async ({ expect }) => {
    const { id } = await addCustomers();
    for (let day = 0; day < 5; day++) await send(storeOf(), [{ customer_id: id }, {}], ACCEPTED + day * DAY);
    await exportAll();
    const token = await grant();
    await call("DELETE", `/v1/customers/${id}`, { token });
    let time = 0;
    const slow = bucketWith((carryOut, method) => {
      if (method === "get") time += 600;
      return carryOut();
    });
    const left: number[] = [];
    do left.push(await eraseCustomer(storeOf(), slow, { id }, new Budget({ milliseconds: 1000 }, () => time)));
    while (left.at(-1)! > 0 && left.length < 20);
    // Two objects in each request, of two numbers each.
    expect(left).toEqual([6, 2, 0]);
    expect((await exported()).map(({ seq }) => seq)).toEqual([2, 4, 6, 8, 10]);
  });

  it("waits for an object that is being written, which may have been read before", async ({ expect }) => {
    const { id } = await addCustomers();
    await send(storeOf(), [{ customer_id: id }, {}]);
    const statuses: number[][] = [];
    const bucket = bucketWith(async (carryOut, method) => {
      // Its events are read, and not written yet.
      if (method === "put") statuses.push((await deleteWithEvents(id)).slice(0, 2));
      return carryOut();
    });
    await exportAll(bucket);
    expect([statuses, (await exported()).length]).toEqual([[[202, 202]], 2]);
    expect(await deleteWithEvents(id)).toEqual([204]);
    expect((await exported()).map(({ seq }) => seq)).toEqual([2]);
  });

  it("leaves nothing in an object whose writing was interrupted before, and is repeated after", async ({ expect }) => {
    const { id } = await addCustomers();
    await send(storeOf(), [{ customer_id: id }, {}]);
    const losesAnswer = bucketWith(async (carryOut, method) => {
      const answer = await carryOut();
      if (method === "put") throw new Error("Network connection lost.");
      return answer;
    });
    await exportAll(losesAnswer).catch(() => {});
    expect((await deleteWithEvents(id)).slice(0, 2)).toEqual([202, 202]);
    await exportAll();
    expect(await deleteWithEvents(id)).toEqual([204]);
    expect((await exported()).map(({ seq }) => seq)).toEqual([2]);
  });

  it("is not undone by somebody who read the events before and writes them after", async ({ expect }) => {
    const { id } = await addCustomers();
    await send(storeOf(), [{ customer_id: id }, {}]);
    const late = bucketWith(async (carryOut, method) => {
      if (method === "put") {
        await exportAll();
        expect(await deleteWithEvents(id)).toEqual([204]);
      }
      return carryOut();
    });
    await exportAll(late);
    expect((await exported()).map(({ seq }) => seq)).toEqual([2]);
  });

  it("leaves an object without events when all were its own, and skips one that is gone", async ({ expect }) => {
    const { id } = await addCustomers();
    for (const day of [0, 1]) await send(storeOf(), [{ customer_id: id }], ACCEPTED + day * DAY);
    await exportAll();
    await env.TEST_EXPORT.delete(ofDay(1, "1-1"));
    expect(await deleteWithEvents(id)).toEqual([204]);
    expect([await keysOf(), await exported()]).toEqual([[ofDay(2, "2-2")], []]);
  });

  it("is answered 503 while the bucket fails, and goes on after that", async ({ expect }) => {
    const { id } = await addCustomers();
    await send(storeOf(), [{ customer_id: id }, {}]);
    await exportAll();
    const log = vi.spyOn(console, "error");
    for (const bucket of [failingBucket("get"), failingBucket("put")]) {
      expect(await deleteWithEvents(id, { ...env, EXPORT: bucket })).toEqual([503]);
      expect(JSON.parse(log.mock.lastCall![0])).toMatchObject({ failure: "ExportUnavailable", cause: expect.stringContaining("R2 is down") }); // prettier-ignore
    }
    await env.TEST_EXPORT.put(ofDay(1, "1-2"), "not compressed");
    expect(await deleteWithEvents(id)).toEqual([503]);
    await env.TEST_EXPORT.delete(ofDay(1, "1-2"));
    expect(await deleteWithEvents(id)).toEqual([204]);
  });

  it("warns when the bucket is not bound any more: it has what it has", async ({ expect }) => {
    const { id } = await addCustomers();
    await send(storeOf(), many(2, { customer_id: id }));
    await exportAll();
    const log = vi.spyOn(console, "warn");
    expect(await deleteWithEvents(id, env)).toEqual([204]);
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "warn", warning: "ExportNotErased", organization_id: ORGANIZATION },
    ]);
    expect(await execute(sql`SELECT 1 FROM customers WHERE id = ${id}`)).toEqual([]);
    expect(await exported()).toHaveLength(2);
  });

  it("goes on beside another erasure of the same objects", async ({ expect }) => {
    const { id, other } = await addCustomers();
    await send(storeOf(), [{ customer_id: id }, { customer_id: other }, {}]);
    await exportAll();
    let puts = 0;
    const both = bucketWith(async (carryOut, method) => {
      if (method === "put" && puts++ === 0)
        await eraseAll(storeOf(), other, async () => {}, undefined, env.TEST_EXPORT);
      return carryOut();
    });
    await eraseAll(storeOf(), id, async () => {}, undefined, both);
    expect((await exported()).map(({ seq }) => seq)).toEqual([3]);
  });
});
