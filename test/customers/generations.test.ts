import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, METER, problems } from "../support/api.ts";
import { setUpCustomers } from "../support/customers.ts";
import { everything } from "../support/erasing.ts";
import { catchUpAll } from "../support/metering.ts";
import { decorated, execute, measuring, onTransport, STORE } from "../support/stores.ts";

const AT = "2026-01-01T12:00:00.000Z";
const DAY = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";
const event = (v: number, of: object = { external_customer_id: "x" }, timestamp = AT) => ({
  name: "use",
  timestamp,
  metadata: { v },
  ...of,
});
const X = { external_id: "x" };
const FUNCTIONS = ["sum", "count", "max", "min", "avg", "unique"];

async function setUp() {
  const customers = await setUpCustomers();
  const { token } = customers;
  const meters: string[] = [];
  for (const func of FUNCTIONS) {
    const aggregation = func === "count" ? { func } : { func, property: "v" };
    meters.push((await call("POST", "/v1/meters/", { token, body: { ...METER, aggregation } })).json.id);
  }
  const read = async (path: string) => (await call("GET", path, { token })).json;
  const total = async (query = "", meter = meters[0]!) => (await read(`/v1/meters/${meter}/quantities?${DAY}&${query}`)).total;
  const listed = async (query = "") =>
    (await read(`/v1/events/?limit=100&sorting=timestamp&source=user&${query}`)).items.map(({ metadata }: any) => metadata.v).toSorted();
  const credit = (customer_id: string, units: number) =>
    call("POST", "/v1/customer-meters/credits", { token, body: { customer_id, meter_id: meters[0]!, units } });
  const reset = (customer_id: string) =>
    call("POST", "/v1/customer-meters/resets", { token, body: { customer_id, meter_id: meters[0]! } });
  /** Consumed and credited units on each meter. */
  const state = async (id: string) =>
    (await read(`/v1/customers/${id}/state`)).active_meters.map((each: any) => [each.consumed_units, each.credited_units]);
  return { ...customers, meters, read, total, listed, credit, reset, state };
} // prettier-ignore

const ZEROS = FUNCTIONS.map(() => [0, 0]);

describe("A customer that is created again with the external id of a deleted one", () => {
  it.for([[], ["before"], ["after"], ["before", "after"]])("starts with nothing (caught up: %j)", async (times, { expect }) => {
    const { create, remove, ingest, state, total, listed, read, credit, reset } = await setUp();
    const first = await create(X);
    await ingest(event(400), event(30, { customer_id: first.id }));
    await credit(first.id, 1000);
    await reset(first.id);
    await ingest(event(7));
    if (times.includes("before")) await catchUpAll();
    expect((await remove(first.id)).status).toBe(204);
    const again = await create(X);
    if (times.includes("after")) await catchUpAll();
    expect(await state(again.id)).toEqual(ZEROS);
    expect((await read(`/v1/customers/${again.id}`)).first_user_event_at).toBeNull();
    for (const query of [`customer_id=${again.id}`, "external_customer_id=x"]) {
      expect([await total(query), await listed(query)]).toEqual([0, []]);
      expect((await read(`/v1/events/names?${query}`)).items).toEqual([]);
    }
    await ingest(event(5), event(6, { customer_id: again.id }, "2026-01-01T11:00:00.000Z"));
    if (times.includes("after")) await catchUpAll();
    expect(await state(again.id)).toEqual([[11, 0], [2, 0], [6, 0], [5, 0], [5.5, 0], [2, 0]]);
    expect((await read(`/v1/customers/${again.id}`)).first_user_event_at).toBe("2026-01-01T11:00:00.000Z");
    for (const query of [`customer_id=${again.id}`, "external_customer_id=x"]) {
      expect([await total(query), await listed(query)]).toEqual([11, [5, 6]]);
    }
    await credit(again.id, 100);
    await reset(again.id);
    await ingest(event(2));
    expect((await state(again.id))[0]).toEqual([2, 0]);
    // The organization's own numbers are those of all events.
    expect([await total(), await listed()]).toEqual([450, [2, 30, 400, 5, 6, 7]]);
    const { items } = await read("/v1/events/?limit=100&source=user");
    const owners = Object.fromEntries(items.map(({ metadata, customer }: any) => [metadata.v, customer?.id ?? null]));
    expect(owners).toEqual({ 400: null, 30: null, 7: null, 5: again.id, 6: again.id, 2: again.id });
  }); // prettier-ignore

  it("has what was sent since the deletion, and so has one that is given the external id later", async ({ expect }) => {
    const { create, remove, ingest, state, total, listed, patch, read } = await setUp();
    await ingest(event(1));
    const first = await create(X);
    expect((await state(first.id))[0]).toEqual([1, 0]);
    await remove(first.id);
    await ingest(event(2));
    await catchUpAll();
    await ingest(event(4));
    // Nobody has the external id: it means all events that ever carried it.
    expect([await total("external_customer_id=x"), await listed("external_customer_id=x")]).toEqual([7, [1, 2, 4]]);
    const second = await create(X);
    expect((await state(second.id))[0]).toEqual([6, 0]);
    expect(second.first_user_event_at).toBe(AT);
    expect([await total("external_customer_id=x"), await listed("external_customer_id=x")]).toEqual([6, [2, 4]]);
    await remove("external/x");
    const third = await create({ email: "third@example.com" });
    await ingest(event(8));
    expect((await patch(third.id, X)).status).toBe(200);
    expect((await state(third.id))[0]).toEqual([8, 0]);
    expect([await total(`customer_id=${third.id}`), await listed(`customer_id=${third.id}`)]).toEqual([8, [8]]);
    expect((await patch(third.id, X)).status).toBe(200);
    expect((await state(third.id))[0]).toEqual([8, 0]);
    await remove(third.id);
    expect([await total("external_customer_id=x"), await listed("external_customer_id=x")]).toEqual([15, [1, 2, 4, 8]]);
    expect((await read("/v1/events/names?external_customer_id=x")).items).toMatchObject([{ occurrences: 4 }]);
  });

  it("is the same group, because events are grouped by the ids that they carried", async ({ expect }) => {
    const { create, remove, ingest, total } = await setUp();
    const grouped = () => Promise.all(["count", "max"].map((func) => total(`customer_aggregation_function=${func}`)));
    const groups: unknown[] = [];
    for (const isCaughtUp of [false, true]) {
      await remove((await create({ ...X, email: `${isCaughtUp}@example.com` })).id);
      await ingest(event(1), event(2, { external_customer_id: "1:x" }));
      if (isCaughtUp) await catchUpAll();
      groups.push(await grouped());
    }
    expect(groups).toEqual([[2, 2], [2, 4]]);
  }); // prettier-ignore

  it("is not confused with external ids that look like a key", async ({ expect }) => {
    const { create, remove, ingest, total, state } = await setUp();
    await ingest(event(1));
    await remove((await create(X)).id);
    await ingest(event(2));
    const [row] = await execute<{ generation: number }>(sql`SELECT generation FROM generations`);
    const other = `${row!.generation}:x`;
    await ingest(event(4, { external_customer_id: other }));
    expect(await total(`external_customer_id=${other}`)).toBe(4);
    const again = await create(X);
    expect((await state(again.id))[0]).toEqual([2, 0]);
  });

  it("is another one however often that happens, also while nothing else does", async ({ expect }) => {
    const { create, remove, ingest, state, total } = await setUp();
    for (let i = 0; i < 3; i++) await remove((await create(X)).id);
    const last = await create(X);
    await ingest(event(5));
    expect((await state(last.id))[0]).toEqual([5, 0]);
    const rows = await execute<{ generation: number | null }>(sql`SELECT generation FROM customers ORDER BY created_at, version DESC, generation`);
    expect(new Set(rows.map(({ generation }) => generation)).size).toBe(4);
    await remove(last.id);
    expect(await total("external_customer_id=x")).toBe(5);
  }); // prettier-ignore
});

describe("A deletion", () => {
  it("writes as many rows however many events there are, and none without an external id", async ({ expect }) => {
    const { create, ingest, token } = await setUp();
    const written: number[] = [];
    for (const [index, external_id] of ["x", "y", null].entries()) {
      const { id } = await create({ email: `${index}@example.com`, external_id });
      await ingest(...Array.from({ length: 1 + index * 500 }, () => event(1, { external_customer_id: external_id ?? "z" })));
      await catchUpAll();
      const { open, cost } = measuring();
      await call("DELETE", `/v1/customers/${id}`, { token, open });
      written.push(cost.written);
    }
    expect(written[1]).toBe(written[0]);
    expect(written[2]).toBeLessThan(written[0]!);
    expect(written[0]).toBeLessThanOrEqual(8);
  }); // prettier-ignore
});

describe("A customer that is deleted already", () => {
  it.for(["", "external/"])("can be anonymized, by %sid", async (by, { expect }) => {
    const { post, remove } = await setUp();
    const { id } = (await post({ email: "secret@example.com", name: "Secret", ...X }, { "Idempotency-Key": "k" })).json;
    const named = by === "" ? id : "external/x";
    expect((await remove(named)).status).toBe(204);
    expect((await remove(named)).status).toBe(404);
    expect(await everything()).toContain("secret");
    expect((await remove(named, "?anonymize=true")).status).toBe(204);
    expect(await everything()).not.toContain("secret");
    expect((await remove(named, "?anonymize=true")).status).toBe(404);
  });

  it.for(["", "external/"])("can be erased, by %sid, once", async (by, { expect }) => {
    const { post, remove, ingest, total, listed } = await setUp();
    const secret = { external_customer_id: "secret-x" };
    const body = { email: "secret@example.com", name: "Secret", external_id: "secret-x" };
    const { id } = (await post(body, { "Idempotency-Key": "k" })).json;
    await ingest(event(1, secret), event(2, { customer_id: id }), event(4));
    expect((await remove(id)).status).toBe(204);
    const named = by === "" ? id : "external/secret-x";
    expect((await remove(named, "?events=true")).status).toBe(204);
    expect([await total(), await listed()]).toEqual([4, [4]]);
    expect(await everything()).not.toContain("secret");
    expect((await remove(named, "?events=true")).status).toBe(404);
  });

  it("is erased without what came after it, and before", async ({ expect }) => {
    const { create, remove, ingest, total, listed, state, read } = await setUp();
    const ids: string[] = [];
    for (const v of [1, 2, 4, 8]) {
      const { id } = await create({ ...X, email: `${v}@example.com` });
      ids.push(id);
      await ingest(event(v), event(v * 16, { customer_id: id }));
      if (v === 2) await catchUpAll();
      if (v < 8) await remove(id);
    }
    expect((await remove(ids[1]!, "?events=true")).status).toBe(204);
    expect([await total(), await listed()]).toEqual([13 * 17, [1, 128, 16, 4, 64, 8]]);
    expect((await state(ids[3]!))[0]).toEqual([8 * 17, 0]);
    expect((await remove(ids[0]!, "?events=true")).status).toBe(204);
    expect((await remove(ids[2]!, "?events=true")).status).toBe(204);
    expect([await total(), await listed()]).toEqual([8 * 17, [128, 8]]);
    expect((await read(`/v1/customers/${ids[3]}`)).first_user_event_at).toBe(AT);
    await ingest(event(256));
    expect((await state(ids[3]!))[0]).toEqual([8 * 17 + 256, 0]);
    expect((await remove(ids[3]!, "?events=true")).status).toBe(204);
    expect(await execute(sql`SELECT * FROM generations`)).toEqual([]);
    expect(await execute(sql`SELECT * FROM customers`)).toEqual([]);
  });

  it("leaves its external id to the events that came later, until their customer is erased too", async ({ expect }) => {
    const { create, remove, ingest, state } = await setUp();
    const first = await create(X);
    await ingest(event(1));
    await remove(first.id);
    await ingest(event(2));
    expect((await remove(first.id, "?events=true")).status).toBe(204);
    await catchUpAll();
    const second = await create(X);
    expect((await state(second.id))[0]).toEqual([2, 0]);
    await ingest(event(4));
    expect((await state(second.id))[0]).toEqual([6, 0]);
    expect((await remove(second.id, "?events=true")).status).toBe(204);
    expect(await execute(sql`SELECT * FROM generations`)).toEqual([]);
  });

  it("is a 409 by an external id that several had, which names them", async ({ expect }) => {
    const { create, remove, ingest, listed } = await setUp();
    const ids: string[] = [];
    for (const v of [1, 2]) {
      ids.push((await create({ ...X, email: `${v}@example.com` })).id);
      await ingest(event(v));
      await remove(ids.at(-1)!);
    }
    for (const query of ["?events=true", "?anonymize=true"]) {
      const answer = await remove("external/x", query);
      expect([answer.status, answer.json.error]).toEqual([409, "Conflict"]);
      for (const id of ids) expect(answer.json.detail).toContain(id);
    }
    expect((await remove("external/x")).status).toBe(404);
    expect(await listed()).toEqual([1, 2]);
    expect((await remove(ids[1]!, "?events=true")).status).toBe(204);
    // A repetition that the first customer never asked for does not reach it.
    expect((await remove("external/x", "?events=true")).status).toBe(409);
    expect(await listed()).toEqual([1]);
  });
});

describe("An ingestion by customer_id", () => {
  it("is refused when the customer is deleted before it is carried out, and stores nothing", async ({ expect }) => {
    const { create, remove, token, listed } = await setUp();
    const { id } = await create(X);
    const other = await create({ email: "other@example.com" });
    let isFirst = true;
    const open = decorated(async (carryOut) => {
      if (isFirst) await remove(id, "?events=true");
      isFirst = false;
      return carryOut();
    });
    const events = [event(1, { customer_id: other.id }), event(2, { customer_id: id }), event(4)];
    const before = await execute(sql`SELECT last_seq FROM organizations`);
    const answer = await call("POST", "/v1/events/ingest", { token, body: { events }, open });
    expect([answer.status, answer.json.error]).toEqual([422, "PolarRequestValidationError"]);
    expect(problems(answer)).toEqual(["body.events.1.customer_id customer_id"]);
    expect(await listed()).toEqual([]);
    expect(await execute(sql`SELECT last_seq FROM organizations`)).toEqual(before);
    expect(await everything()).not.toContain(id);
  });

  it.for([false, true])("is repeated as it ended, when the customer is deleted meanwhile (carried out: %s)", async (isCarriedOut, { expect }) => {
    const { create, remove, token, listed } = await setUp();
    const { id } = await create(X);
    let isFirst = true;
    const open = onTransport(async (carryOut) => {
      if (!isFirst) return carryOut();
      isFirst = false;
      if (isCarriedOut) await carryOut();
      await remove(id);
      throw new Error(STORE === "d1" ? "D1_ERROR: Network connection lost." : "Network connection lost.");
    });
    const answer = await call("POST", "/v1/events/ingest", { token, body: { events: [event(1, { customer_id: id })] }, open });
    expect(answer.status).toBe(isCarriedOut ? 200 : 422);
    if (isCarriedOut) expect(answer.json).toEqual({ inserted: 1, duplicates: 0 });
    expect(await listed()).toEqual(isCarriedOut ? [1] : []);
  }); // prettier-ignore
});
