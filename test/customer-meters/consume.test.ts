import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { call, grant, NOBODY, problems } from "../support/api.ts";
import { setUpPair, used } from "../support/customer-meters.ts";
import { runScheduled } from "../support/metering.ts";
import { counting, execute, deleteAlarm, losing } from "../support/stores.ts";

const decided = ({ json }: any) => [json.allowed, json.required, json.available];

/** The last number that was given to an event. */
const lastSeq = async () => (await execute(sql<{ last_seq: number }>`SELECT last_seq FROM organizations`))[0]!.last_seq;

describe("POST /v1/customer-meters/consume", () => {
  it("appends the event while enough is available afterwards, and answers the balance with it", async ({ expect }) => {
    const set = await setUpPair(790);
    const answer = await set.consume({ ...set.pair, event: used(100, { timestamp: "2026-01-01T00:00:00Z" }) });
    expect(answer.status).toBe(200);
    const [event] = await set.events();
    expect(answer.json).toEqual({
      allowed: true,
      event: { id: event.id, result: "inserted" },
      required: 100,
      available: 690,
      customer_meter: await set.balance(),
    });
    expect(answer.json.customer_meter).toMatchObject({ consumed_units: 100, balance: 690, held_units: 0 });
    expect(answer.json.customer_meter.customer.first_user_event_at).toBe("2026-01-01T00:00:00.000Z");
    expect(event).toMatchObject({ external_customer_id: "c1", customer_id: null });
  });

  it("writes nothing when it is not: no event, no number, no row, no line of an error", async ({ expect }) => {
    const set = await setUpPair(90);
    await set.use("c1", 10);
    const [before, seq] = [await set.balance(), await lastSeq()];
    const error = vi.spyOn(console, "error");
    const denied = await set.consume({ ...set.pair, event: used(100, { external_id: "e1" }) });
    expect(denied.json).toEqual({
      allowed: false,
      reason: "insufficient_balance",
      required: 100,
      available: 80,
      customer_meter: before,
    });
    expect([await lastSeq(), (await set.events()).length]).toEqual([seq, 1]);
    expect(await execute(sql`SELECT 1 FROM idempotency_keys UNION ALL SELECT 1 FROM holds`)).toEqual([]);
    expect(error).not.toHaveBeenCalled();
    // A denial is not kept: the same request is judged anew.
    await set.credit({ ...set.pair, units: 20 });
    expect(decided(await set.consume({ ...set.pair, event: used(100, { external_id: "e1" }) }))).toEqual([
      true,
      100,
      0,
    ]);
  });

  it("admits exactly 7 of 20 clients that take 100 of 790 at once", async ({ expect }) => {
    const set = await setUpPair(790);
    const answers = await Promise.all(Array.from({ length: 20 }, () => set.consume({ ...set.pair, event: used(100) })));
    expect(answers.filter(({ json }) => json.allowed)).toHaveLength(7);
    expect((await set.balance()).balance).toBe(90);
    expect(await set.events()).toHaveLength(7);
  });

  it("takes one round trip on a meter that it knows, whatever the form of the request", async ({ expect }) => {
    const set = await setUpPair(1000);
    const { customer_id } = (await set.balance()) as { customer_id: string };
    const { meter_id, external_customer_id } = set.pair;
    let available = 1000;
    const rises = async (v: number, ids: object, by = v) => {
      const trips = [];
      for (const named of [{ external_customer_id }, { customer_id }]) {
        const { open, count } = counting();
        const answer = await set.consume({ ...named, meter_id, event: used(v, ids) }, { open });
        expect(decided(answer)).toEqual([true, by, (available -= by)]);
        trips.push(count.trips);
      }
      return trips;
    };
    // Each change of the definition makes a new version of it.
    for (const property of ["w", "v"]) {
      for (let i = 0; i < 2; i++)
        await set.consume({ ...set.pair, event: { name: "use", metadata: { v: 1e6, w: 1e6 } } });
      const body = { aggregation: { func: "sum", property } };
      expect((await call("PATCH", `/v1/meters/${meter_id}`, { token: set.token, body })).status).toBe(200);
    }
    await set.check(set.pair);
    expect(await rises(3, {})).toEqual([1, 1]);
    expect(await rises(4, {})).toEqual([1, 1]);
    await set.ingest({ ...used(5, { external_id: "e1" }), external_customer_id });
    available -= 5;
    expect(await rises(6, { external_id: "e1" }, 0)).toEqual([1, 1]);
  });

  it("keeps a minimum, which may be an overdraft", async ({ expect }) => {
    const set = await setUpPair(100);
    const take = (v: number, minimum_balance: number) => set.consume({ ...set.pair, minimum_balance, event: used(v) });
    expect(decided(await take(51, 50))).toEqual([false, 51, 100]);
    expect(decided(await take(50, 50))).toEqual([true, 50, 50]);
    expect(decided(await take(150, -100))).toEqual([true, 150, -100]);
    expect(decided(await take(0.5, -100))).toEqual([false, 0.5, -100]);
    // Below the minimum an event that costs nothing is denied too.
    expect(decided(await take(0, 0))).toEqual([false, 0, -100]);
  });

  it("denies what costs anything where nothing was credited", async ({ expect }) => {
    const set = await setUpPair(0);
    expect(decided(await set.consume({ ...set.pair, event: used(1) }))).toEqual([false, 1, 0]);
    expect(decided(await set.consume({ ...set.pair, event: used(0) }))).toEqual([true, 0, 0]);
  });

  it.for([
    ["count", [5, 5], [1, 1]],
    ["sum", [5, -2], [5, -2]],
    ["max", [5, 3, 7], [5, 0, 2]],
    ["min", [5, 3, 7], [5, -2, 0]],
    ["avg", [5, 3], [5, -1]],
    ["unique", ["a", "b", "a"], [1, 1, 0]],
  ] as const)("says by how much %s rises", async ([func, values, expected], { expect }) => {
    const set = await setUpPair(100, func);
    for (const isCaughtUp of [false, true]) {
      await set.reset(set.pair);
      await set.credit({ ...set.pair, units: 100 });
      for (const [index, value] of values.entries()) {
        const { json } = await set.consume({ ...set.pair, event: used(value) });
        expect([json.allowed, json.required]).toEqual([true, expected[index]]);
        expect(json.customer_meter).toEqual(await set.balance());
        if (isCaughtUp) await runScheduled();
      }
    }
  });

  it("is exact with the digits of sums", async ({ expect }) => {
    const set = await setUpPair(1);
    for (let i = 0; i < 10; i++) {
      const { json } = await set.consume({ ...set.pair, event: used(0.1) });
      expect([i, json.allowed, json.available]).toEqual([i, true, (await set.balance()).balance]);
    }
    expect((await set.consume({ ...set.pair, event: used(0.1) })).json.allowed).toBe(false);
  });

  it("finds a stored external_id, and consumes nothing again, also at a balance of 0", async ({ expect }) => {
    const set = await setUpPair(5);
    const body = { ...set.pair, event: used(5, { external_id: "e1" }) };
    const { json: first } = await set.consume(body);
    const { json: again } = await set.consume(body);
    expect([again.allowed, again.event, again.required, again.available]).toEqual([
      true,
      { id: first.event.id, result: "duplicate" },
      0,
      0,
    ]);
    expect(again.customer_meter).toEqual(await set.balance());
    const other = await set.consume({ ...set.pair, event: { name: "other", external_id: "e1" } });
    expect(other.json.event).toEqual({
      id: first.event.id,
      result: "duplicate_differs",
      differs: ["name", "metadata"],
    });
    expect(await set.events()).toHaveLength(1);
  });

  it.for([
    ["another name", { name: "other", metadata: { v: 1 } }],
    ["no number", used("5")],
    ["no property", { name: "use" }],
  ] as const)("refuses an event that the meter does not count: %s", async ([, event], { expect }) => {
    const set = await setUpPair(5);
    const answer = await set.consume({ ...set.pair, minimum_balance: -100, event });
    expect([answer.status, ...problems(answer)]).toEqual([422, "body.event event_not_counted"]);
    expect(await set.events()).toEqual([]);
  });

  it("refuses what ingestion refuses, and ids of the customer in the event", async ({ expect }) => {
    const set = await setUpPair(5);
    const of = async (event: unknown) => problems(await set.consume({ ...set.pair, event }));
    expect(await of(undefined)).toEqual(["body.event missing"]);
    expect(await of({ timestamp: "2999-01-01T00:00:00Z", metadata: { v: null } })).toEqual([
      "body.event.timestamp value_error",
      "body.event.name missing",
      "body.event.metadata.v value_error",
    ]);
    expect(await of(used(1, { customer_id: set.customer_id, external_customer_id: "c1" }))).toEqual([
      "body.event.customer_id extra_forbidden",
      "body.event.external_customer_id extra_forbidden",
    ]);
    const text = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, "x".repeat(450)]));
    expect(await of({ name: "use", metadata: { v: 1, ...text } })).toEqual(["body.event too_long"]);
  });

  it("refuses unknown customers and meters, as credits do, and no number as minimum", async ({ expect }) => {
    const set = await setUpPair(5);
    const of = async (body: object) => problems(await set.consume({ event: used(1), ...body }));
    expect(await of({ external_customer_id: "nobody", meter_id: NOBODY })).toEqual([
      "body.external_customer_id external_customer_id",
      "body.meter_id meter_id",
    ]);
    expect(await of({ customer_id: NOBODY, meter_id: set.meter_id })).toEqual(["body.customer_id customer_id"]);
    expect(await of({ meter_id: set.meter_id })).toEqual(["body.customer_id missing"]);
    expect(await of({ ...set.pair, customer_id: set.customer_id })).toEqual(["body value_error"]);
    expect(await of({ ...set.pair, minimum_balance: "0" })).toEqual(["body.minimum_balance float_type"]);
    const huge = JSON.stringify({ ...set.pair, minimum_balance: 0, event: used(1) }).replace(":0,", ":1e400,");
    expect(problems(await set.consume(huge as never))).toEqual(["body.minimum_balance finite_number"]);
    await call("DELETE", `/v1/customers/${set.customer_id}`, { token: set.token });
    expect(await of(set.pair)).toEqual(["body.external_customer_id external_customer_id"]);
  });

  it("counts the customer's events by either id, and stores the one that the body named", async ({ expect }) => {
    const set = await setUpPair(10);
    await set.use("c1", 4);
    const body = { customer_id: set.customer_id, meter_id: set.meter_id };
    expect(decided(await set.consume({ ...body, event: used(6) }))).toEqual([true, 6, 0]);
    expect(decided(await set.consume({ ...set.pair, event: used(1) }))).toEqual([false, 1, 0]);
    const rows = await execute(
      sql`SELECT customer_id, external_customer_id FROM events WHERE source = 'user' ORDER BY seq`,
    );
    expect(rows).toEqual([
      { customer_id: null, external_customer_id: "c1" },
      { customer_id: set.customer_id, external_customer_id: null },
    ]);
  });

  it("counts in every meter whose filter matches; only the named one decides", async ({ expect }) => {
    const set = await setUpPair(10);
    const other = await set.meter("count", "other");
    expect((await set.consume({ ...set.pair, event: used(10) })).json.allowed).toBe(true);
    const { json } = await set.list(`?meter_id=${other.id}`);
    expect(json.items[0].balance).toBe(-1);
  });

  it("is decided by a meter with as many clauses as there can be", async ({ expect }) => {
    const set = await setUpPair(0);
    const clauses = Array.from({ length: 200 }, (_, i) => ({ property: `key ${i} ${"x".repeat(30)}`, operator: "not_like", value: "y".repeat(100) })); // prettier-ignore
    const filter = { conjunction: "or", clauses: [{ conjunction: "and", clauses: clauses.slice(1) }, { property: "name", operator: "eq", value: "use" }] }; // prettier-ignore
    const body = { name: "many clauses", filter, aggregation: { func: "unique", property: "v" } };
    const { json: meter } = await call("POST", "/v1/meters/", { token: set.token, body });
    const pair = { ...set.pair, meter_id: meter.id };
    await set.credit({ ...pair, units: 1 });
    expect(decided(await set.consume({ ...pair, event: used(5) }))).toEqual([true, 1, 0]);
    const { hold } = (await set.hold({ ...pair, units: 1, minimum_balance: -5 })).json;
    expect((await set.settle(hold.id, used(6))).json.required).toBe(1);
  });

  it("catches its meter up after 50 events and all after 200, so that a decision examines few", async ({ expect }) => {
    const set = await setUpPair(1000);
    const other = await set.meter("count");
    const watermarks = async (): Promise<unknown> =>
      execute(sql`SELECT id, watermark FROM meters ORDER BY watermark DESC, id = ${other.id}`);
    for (const [events, own, others] of [
      [47, 50, 0],
      [147, 200, 200],
    ] as const) {
      await set.use("c1", ...Array.from({ length: events }, () => 1));
      for (let i = 0; i < 3; i++) await set.consume({ ...set.pair, event: used(1) });
      const expected = [{ id: set.meter_id, watermark: own }, { id: other.id, watermark: others }]; // prettier-ignore
      expect(await watermarks()).toEqual(expected);
    }
    expect((await set.check(set.pair)).json.available).toBe(800);
  });

  it("is decided by a definition that has changed since this Worker has read it", async ({ expect }) => {
    const set = await setUpPair(10);
    expect((await set.check(set.pair)).json.allowed).toBe(true);
    const aggregation = { func: "count" };
    await call("PATCH", `/v1/meters/${set.meter_id}`, { token: set.token, body: { aggregation } });
    expect(decided(await set.consume({ ...set.pair, event: used(7) }))).toEqual([true, 1, 9]);
    await set.archive(set.meter_id);
    expect(decided(await set.consume({ ...set.pair, event: used(7) }))).toEqual([true, 1, 8]);
  });

  it.for([
    ["before it was stored", false],
    ["after it was stored", true],
  ] as const)("is repeated when the connection is lost %s, and consumes once", async ([, after], { expect }) => {
    const set = await setUpPair(10);
    await set.check(set.pair);
    await deleteAlarm();
    const answer = await set.consume({ ...set.pair, event: used(10) }, { open: losing({ after }) });
    expect(decided(answer)).toEqual([true, 10, 0]);
    const [event, ...more] = await set.events();
    expect([answer.json.event, more]).toEqual([{ id: event.id, result: "inserted" }, []]);
    expect(answer.json.customer_meter).toEqual(await set.balance());
    expect(await lastSeq()).toBe(2);
  });

  it("takes one round trip where the meter is known", async ({ expect }) => {
    const set = await setUpPair(10);
    await set.check(set.pair);
    for (const v of [1, 100]) {
      const { open, count } = counting();
      await set.consume({ ...set.pair, event: used(v, { external_id: `e${v}` }) }, { open });
      expect(count.trips).toBe(1);
    }
  });

  it("needs both scopes", async ({ expect }) => {
    const set = await setUpPair(10);
    for (const scopes of [["events:write"], ["customer_meters:read", "customer_meters:write"]]) {
      const { status, headers } = await set.consume(
        { ...set.pair, event: used(1) },
        { token: await grant({ scopes }) },
      );
      expect([status, headers.get("WWW-Authenticate")]).toEqual([
        403,
        expect.stringContaining('scope="events:write customer_meters:read"'),
      ]);
    }
    const token = await grant({ scopes: ["events:write", "customer_meters:read"] });
    expect((await set.consume({ ...set.pair, event: used(1) }, { token })).status).toBe(200);
  });

  it("warns of names that are probably misspelt, and refuses them when it is asked to", async ({ expect }) => {
    const set = await setUpPair(10);
    const body = { ...set.pair, minimal_balance: 5, minimum_balanc: 5, event: used(1, { external_idd: "e1" }) };
    const { json } = await set.consume(body);
    expect(json.warnings.map(({ loc }: any) => loc.join("."))).toEqual([
      "body.minimal_balance",
      "body.minimum_balanc",
      "body.event.external_idd",
    ]);
    const strict = await set.consume(body, { headers: { Prefer: "handling=strict" } });
    expect(problems(strict)).toHaveLength(3);
  });
});

describe("GET /v1/customer-meters/check", () => {
  it("tells what is available and whether it is enough, and writes nothing", async ({ expect }) => {
    const set = await setUpPair(10);
    await set.use("c1", 4);
    const of = async (more: Record<string, string>) => decided(await set.check({ ...set.pair, ...more }));
    expect(await of({})).toEqual([true, 1, 6]);
    expect(await of({ units: "6" })).toEqual([true, 6, 6]);
    expect(await of({ units: "6.5" })).toEqual([false, 6.5, 6]);
    expect(await of({ units: "6.5", minimum_balance: "-.5" })).toEqual([true, 6.5, 6]);
    expect(await of({ units: "0", minimum_balance: "7" })).toEqual([false, 0, 6]);
    const { json } = await set.check({ customer_id: set.customer_id, meter_id: set.meter_id });
    expect(json.customer_meter).toEqual(await set.balance());
  });

  it("refuses what is no number, and unknown customers and meters", async ({ expect }) => {
    const set = await setUpPair(10);
    const of = async (query: Record<string, string>) => problems(await set.check(query));
    expect(await of({ ...set.pair, units: "-1", minimum_balance: "x" })).toEqual([
      "query.units greater_than_equal",
      "query.minimum_balance float_parsing",
    ]);
    expect(await of({ ...set.pair, units: "1e999" })).toEqual(["query.units finite_number"]);
    expect(await of({ external_customer_id: "nobody", meter_id: NOBODY })).toEqual([
      "query.external_customer_id external_customer_id",
      "query.meter_id meter_id",
    ]);
    expect(await of({ meter_id: set.meter_id })).toEqual(["query.customer_id missing"]);
  });
});
