import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { insertCustomer } from "../../src/customers/write.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { retain } from "../../src/retention/retain.ts";
import { retentionOf } from "../../src/retention/settings.ts";
import { call, grant, METER, ORGANIZATION } from "../support/api.ts";
import { customerRow } from "../support/customers.ts";
import { SMALL, eraseAll, everything } from "../support/erasing.ts";
import { DAY as DAY_QUERY } from "../support/metering.ts";
import { ACCEPTED, BEFORE, catchUpAndRetain, enough, kept, many, OLD, send } from "../support/retaining.ts";
import { decorated, execute, HOME, storeOf } from "../support/stores.ts";
import { env } from "cloudflare:workers";

const DAY = 86_400_000;
const createMeter = async (body: object = {}) => {
  const token = await grant();
  return (await call("POST", "/v1/meters/", { token, body: { ...METER, ...body } })).json.id as string;
};
const totalOf = async (meter: string) => {
  const token = await grant();
  return (await call("GET", `/v1/meters/${meter}/quantities?${DAY_QUERY}`, { token })).json.total;
};
const balanceOf = async (customer: string, meter: string) => {
  const token = await grant();
  const { json } = await call("GET", `/v1/customers/${customer}/state`, { token });
  return json.active_meters.find((each: any) => each.meter_id === meter)?.consumed_units;
};

describe("The variable EVENTS_RETENTION_DAYS", () => {
  const now = Date.parse("2026-03-10T13:00:00Z");
  it("names whole days, UTC, and keeps everything when it is absent", ({ expect }) => {
    expect(retentionOf({}, now)).toBeNull();
    for (const days of ["30", 30]) {
      const before = Date.parse("2026-02-08T00:00:00Z");
      expect(retentionOf({ EVENTS_RETENTION_DAYS: days }, now)).toEqual({ before, isExported: false });
    }
  });

  it.for(["", "0", "-1", "1.5", "30 days", " 30", "1e2", "∞", "100001", 0, -30, true])(
    "is refused with the value %j",
    (days, { expect }) => {
      expect(() => retentionOf({ EVENTS_RETENTION_DAYS: days }, now)).toThrow(/EVENTS_RETENTION_DAYS should be an integer/);
    },
  ); // prettier-ignore
});

describe("Events are deleted", () => {
  it("when they are older than the retention, to the millisecond, a day at a time", async ({ expect }) => {
    const store = storeOf();
    await createMeter();
    const times = [BEFORE - 1, BEFORE, OLD, OLD + DAY - 1, -5, -DAY - 1];
    await send(store, times.map((timestamp) => ({ timestamp }))); // prettier-ignore
    expect((await catchUpAndRetain(store)).deleted).toBe(5);
    expect(await kept(store)).toEqual({ seqs: [2], eventsFrom: BEFORE });
  });

  it("in transactions of at most 2,000 events, fewer if they are slow", async ({ expect }) => {
    const store = storeOf();
    await createMeter();
    for (let i = 0; i < 3; i++) await send(store, many(4000));
    await catchUp(store, enough());
    const sizes: number[] = [];
    let [time, slow] = [Date.now(), 0];
    const open = decorated(async (carryOut, texts) => {
      const result = await carryOut();
      if (!texts.some((text) => text.includes("DELETE FROM events"))) return result;
      sizes.push((result as { changes: number }[]).at(-1)!.changes);
      if (slow-- > 0) time += 101;
      return result;
    });
    const run = async (statements: number) => {
      sizes.length = 0;
      const budget = new Budget({ statements }, () => time);
      const done = await retain(open(env, HOME), { before: BEFORE, isExported: false }, budget);
      return { ...done, spent: budget.spent };
    };
    // A part that was begun is finished.
    expect(await run(2)).toEqual({ deleted: 10_000, hasMore: true, spent: 44 });
    expect(sizes).toEqual([500, 1000, 2000, 2000, 2000, 2000, 500]);
    slow = 1000;
    // When all transactions are slow, some of it is left.
    expect(await run(2)).toEqual({ deleted: 994, hasMore: true, spent: 56 });
    expect(sizes).toEqual([500, 250, 125, 62, 31, 15, 7, 3, 1]);
    slow = 3;
    expect(await run(1000)).toMatchObject({ deleted: 1006, hasMore: false });
    expect(sizes).toEqual([500, 250, 125, 62, 69]);
  });

  it("only when every meter has them in its rollups, archived ones too", async ({ expect }) => {
    const store = storeOf();
    const [, archived] = [await createMeter(), await createMeter({ name: "Archived" })];
    await call("PATCH", `/v1/meters/${archived}`, { token: await grant(), body: { is_archived: true } });
    await send(store, many(10));
    const deleteNow = () => retain(store, { before: BEFORE, isExported: false }, enough());
    expect(await deleteNow()).toMatchObject({ deleted: 0, hasMore: false });
    await catchUp(store, enough());
    await execute(sql`UPDATE meters SET watermark = 4 WHERE id = ${archived}`);
    expect((await deleteNow()).deleted).toBe(4);
    await execute(sql`UPDATE meters SET watermark = 7 WHERE id = ${archived}`);
    expect((await deleteNow()).deleted).toBe(3);
    await execute(sql`UPDATE meters SET watermark = 10`);
    await execute(sql`UPDATE organizations SET activity_watermark = 8`);
    expect((await deleteNow()).deleted).toBe(1);
    expect(await kept(store)).toEqual({ seqs: [9, 10], eventsFrom: OLD + DAY });
  });

  it("not when a meter is created between finding and deleting them", async ({ expect }) => {
    const store = storeOf();
    await createMeter();
    await send(store, many(3));
    await catchUp(store, enough());
    let meter = "";
    const open = decorated(async (carryOut, texts) => {
      if (meter === "" && texts.some((text) => text.includes("DELETE FROM events"))) meter = await createMeter();
      return carryOut();
    });
    await retain(open(env, HOME), { before: BEFORE, isExported: false }, enough());
    expect(meter).not.toBe("");
    expect(await kept(store)).toEqual({ seqs: [1, 2, 3], eventsFrom: null });
    expect(await totalOf(meter)).toBe(3);
  });

  it("not within a day of their acceptance, however old they are: until then they are duplicates", async ({ expect }) => {
    const store = storeOf();
    const now = Date.now();
    await send(store, [{ external_id: "x" }], now - DAY + 60_000);
    expect((await catchUpAndRetain(store)).deleted).toBe(0);
    await send(store, [{ external_id: "x" }], now);
    expect((await kept(store)).seqs).toEqual([1]);
    await execute(sql`UPDATE events SET ingested_at = ${now - DAY - 1}`);
    expect((await catchUpAndRetain(store)).deleted).toBe(1);
    // Then the external_id is free again, and numbers go on.
    await send(store, [{ external_id: "x" }], now);
    expect((await kept(store)).seqs).toEqual([3]);
  }); // prettier-ignore

  it("and events_from goes forwards only, when late events of earlier days come", async ({ expect }) => {
    const store = storeOf();
    await send(store, [{ timestamp: OLD + 3 * DAY }]);
    await catchUpAndRetain(store);
    await send(store, [{ timestamp: OLD }, { timestamp: BEFORE }]);
    expect((await catchUpAndRetain(store)).deleted).toBe(1);
    expect(await kept(store)).toEqual({ seqs: [3], eventsFrom: OLD + 4 * DAY });
  });

  it("of the own organization only, and none while writes are refused", async ({ expect }) => {
    const [store, other] = [storeOf(), storeOf(crypto.randomUUID())];
    for (const each of [store, other]) await send(each, many(2));
    await catchUpAndRetain(store);
    expect([(await kept(store)).seqs, (await kept(other)).seqs]).toEqual([[], [1, 2]]);
    await catchUp(other, enough());
    await execute(sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at) VALUES (${other.organizationId}, '', 'moving', 0)`, other.organizationId);
    await expect(retain(other, { before: BEFORE, isExported: false }, enough())).rejects.toThrow("moving");
  }); // prettier-ignore
});

describe("What was counted stays", () => {
  it("for a customer whose external id was set after a reset", async ({ expect }) => {
    const store = storeOf();
    const meters = [await createMeter(), await createMeter({ aggregation: { func: "unique", property: "v" } })];
    const token = await grant();
    const { json: customer } = await call("POST", "/v1/customers/", { token, body: { email: "a@example.com" } });
    await send(store, many(2, { v: "before" }));
    for (const meter_id of meters) {
      await call("POST", "/v1/customer-meters/resets", { token, body: { customer_id: customer.id, meter_id } });
      if (meter_id === meters[0]) await send(store, [{ v: "between" }]);
    }
    await send(store, [{ v: 1 }, { v: 2 }, { v: 2 }]);
    await catchUp(store, enough());
    await call("PATCH", `/v1/customers/${customer.id}`, { token, body: { external_id: "c1" } });
    const consumed = () => Promise.all(meters.map((meter) => balanceOf(customer.id, meter)));
    expect(await consumed()).toEqual([4, 2]);
    await send(store, [{ v: 3 }]);
    // All but the resets, which have just been accepted, and what no meter has counted yet.
    expect((await retain(store, { before: BEFORE, isExported: false }, enough())).deleted).toBe(6);
    expect(await consumed()).toEqual([5, 3]);
    await catchUpAndRetain(store);
    expect(await consumed()).toEqual([5, 3]);
  });

  it("and whoever is given an external id when events are gone takes over those that are kept, or all without a reset", async ({
    expect,
  }) => {
    const store = storeOf();
    const [reset, plain] = [await createMeter(), await createMeter()];
    const token = await grant();
    const { json: customer } = await call("POST", "/v1/customers/", { token, body: { email: "a@example.com" } });
    await call("POST", "/v1/customer-meters/resets", { token, body: { customer_id: customer.id, meter_id: reset } });
    await send(store, [{}, { timestamp: BEFORE }]);
    await catchUpAndRetain(store);
    await call("PATCH", `/v1/customers/${customer.id}`, { token, body: { external_id: "c1" } });
    const consumed = async () => [await balanceOf(customer.id, reset), await balanceOf(customer.id, plain)];
    expect(await consumed()).toEqual([1, 2]);
    expect((await catchUpAndRetain(store, null, BEFORE + DAY)).deleted).toBe(1);
    expect(await consumed()).toEqual([1, 2]);
    const { json } = await call("GET", `/v1/customers/${customer.id}`, { token });
    expect(Date.parse(json.first_user_event_at)).toBe(OLD);
  });

  it("until the customer is erased, with its share in quantities and all that was kept of its events", async ({ expect }) => {
    const store = storeOf();
    const meters = [await createMeter(), await createMeter({ aggregation: { func: "unique", property: "v" } })];
    const id = crypto.randomUUID();
    await insertCustomer(store, customerRow(ORGANIZATION, id, "secret"));
    const values = ["own", "other"];
    await send(store, [
      { customer_id: id, v: values[0] },
      { external_customer_id: "secret", v: values[0] },
      { v: values[1] },
    ]);
    await catchUpAndRetain(store);
    expect(await Promise.all(meters.map(totalOf))).toEqual([3, 2]);
    await eraseAll(store, id);
    expect(await Promise.all(meters.map(totalOf))).toEqual([1, 1]);
    const text = await everything();
    for (const personal of ["secret", `id:${id}`, '"own"']) expect(text).not.toContain(personal);
  }); // prettier-ignore

  it("of those who have the external id after an erasure that is under way", async ({ expect }) => {
    const store = storeOf();
    const meter = await createMeter();
    const id = crypto.randomUUID();
    await insertCustomer(store, customerRow(ORGANIZATION, id, "c1"));
    await send(store, many(5));
    await catchUp(store, enough());
    let isFirst = true;
    await eraseAll(store, id, async () => {
      if (isFirst) await send(store, many(2));
      isFirst = false;
      await catchUpAndRetain(store);
    }, { ...SMALL, statements: 1 }); // prettier-ignore
    expect(await totalOf(meter)).toBe(2);
    await catchUpAndRetain(store);
    expect((await kept(store)).seqs).toEqual([]);
    expect(await totalOf(meter)).toBe(2);
  });

  it("when a reset comes after the events were deleted", async ({ expect }) => {
    const store = storeOf();
    const meter = await createMeter();
    const token = await grant();
    const body = { email: "a@example.com", external_id: "c1" };
    const { json: customer } = await call("POST", "/v1/customers/", { token, body });
    await send(store, many(3));
    await catchUpAndRetain(store);
    const answer = await call("POST", "/v1/customer-meters/resets", { token, body: { customer_id: customer.id, meter_id: meter, rollover: true } }); // prettier-ignore
    expect(answer.json.consumed_units).toBe(0);
    await send(store, many(2));
    await catchUpAndRetain(store);
    expect([await balanceOf(customer.id, meter), await totalOf(meter)]).toEqual([2, 5]);
  });
});

describe("A new meter, and one that is changed,", () => {
  it("counts the events that are kept, and says from when on", async ({ expect }) => {
    const store = storeOf();
    const unused = await createMeter({ filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "none" }] } }); // prettier-ignore
    await send(store, [{}, { timestamp: BEFORE }]);
    await catchUpAndRetain(store);
    const token = await grant();
    const created = await createMeter();
    const keyed = await call("POST", "/v1/meters/", { token, body: METER, headers: { "Idempotency-Key": "k" } });
    expect((await call("PATCH", `/v1/meters/${unused}`, { token, body: { name: "Renamed" } })).status).toBe(200);
    const eventsFrom = async (id: string) =>
      (await execute<{ events_from: number | null }>(sql`SELECT events_from FROM meters WHERE id = ${id}`))[0]!.events_from;
    expect(await eventsFrom(unused)).toBeNull();
    expect((await call("PATCH", `/v1/meters/${unused}`, { token, body: { filter: METER.filter } })).status).toBe(200);
    for (const meter of [created, keyed.json.id, unused]) {
      expect(await eventsFrom(meter)).toBe(OLD + DAY);
      const answer = await call("GET", `/v1/meters/${meter}/quantities?${DAY_QUERY}`, { token });
      expect([answer.json.total, answer.headers.get("Events-From")]).toEqual([0, "2026-01-02T00:00:00.000Z"]);
    }
    const cannot = await call("PATCH", `/v1/meters/${created}`, { token, body: { filter: METER.filter } });
    expect(cannot.status).toBe(422);
  }); // prettier-ignore

  it("has no events_from before anything is deleted", async ({ expect }) => {
    await createMeter();
    await send(storeOf(), [{}], ACCEPTED);
    await createMeter();
    expect(await execute(sql`SELECT DISTINCT events_from FROM meters`)).toEqual([{ events_from: null }]);
  });
});
