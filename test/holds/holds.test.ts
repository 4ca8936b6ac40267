import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpPair, used } from "../support/customer-meters.ts";
import { counting, deleteAlarm, execute, losing } from "../support/stores.ts";

const START = Date.parse("2026-01-31T12:00:00Z");
const MINUTE = 60_000;
const KEY = { "Idempotency-Key": "request 1" };

/** A pair at a time that the tests pass, and holds of it. */
async function setUpHolds(units = 100) {
  vi.setSystemTime(START);
  const set = await setUpPair(units);
  const later = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
  const held = async () => {
    const { balance, held_units } = await set.balance();
    return [balance, held_units];
  };
  const get = async (id: string) => (await call("GET", `/v1/customer-meters/holds/${id}`, { token: set.token })).json;
  const holds = async (query = "") =>
    (await call("GET", `/v1/customer-meters/holds${query}`, { token: set.token })).json;
  const make = async (amount: number, more: object = {}) =>
    (await set.hold({ ...set.pair, units: amount, ...more })).json.hold;
  return { ...set, later, held, get, holds, make };
}

describe("POST /v1/customer-meters/holds", () => {
  it("reserves units, which are no debit and no longer available", async ({ expect }) => {
    const set = await setUpHolds();
    const answer = await set.hold({ ...set.pair, units: 40.5, metadata: { request: "r1" } });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      allowed: true,
      hold: {
        id: expect.any(String),
        created_at: "2026-01-31T12:00:00.000Z",
        modified_at: null,
        customer_id: set.customer_id,
        meter_id: set.meter_id,
        units: 40.5,
        expires_at: "2026-01-31T12:05:00.000Z",
        status: "open",
        event_id: null,
        metadata: { request: "r1" },
      },
      available: 59.5,
      customer_meter: await set.balance(),
    });
    expect(await set.held()).toEqual([100, 40.5]);
    expect(await set.get(answer.json.hold.id)).toEqual(answer.json.hold);
    const state = await set.state(set.customer_id);
    expect(state.json.active_meters[0]).toMatchObject({ balance: 100, held_units: 40.5 });
    expect((await set.credit({ ...set.pair, units: 1 })).json).toMatchObject({ balance: 101, held_units: 40.5 });
    expect((await set.check(set.pair)).json).toMatchObject({ available: 60.5 });
  });

  it("is denied when not as much is available, and stores nothing", async ({ expect }) => {
    const set = await setUpHolds();
    const error = vi.spyOn(console, "error");
    await set.make(60);
    const denied = await set.hold({ ...set.pair, units: 41 });
    expect([denied.status, denied.json]).toEqual([
      200,
      {
        allowed: false,
        reason: "insufficient_balance",
        required: 41,
        available: 40,
        customer_meter: await set.balance(),
      },
    ]);
    expect((await set.holds()).items).toHaveLength(1);
    expect((await set.hold({ ...set.pair, units: 41, minimum_balance: -1 })).status).toBe(201);
    const consumed = await set.consume({ ...set.pair, event: used(1) });
    expect([consumed.json.allowed, consumed.json.available]).toEqual([false, -1]);
    expect(error).not.toHaveBeenCalled();
  });

  it("admits exactly 7 of 20 clients that hold 100 of 790 at once", async ({ expect }) => {
    const set = await setUpHolds(790);
    const answers = await Promise.all(Array.from({ length: 20 }, () => set.hold({ ...set.pair, units: 100 })));
    expect(answers.filter(({ json }) => json.allowed)).toHaveLength(7);
    expect(await set.held()).toEqual([790, 700]);
  });

  it("no longer counts from its expiry on, without anything being written", async ({ expect }) => {
    const set = await setUpHolds();
    const [short, long] = [await set.make(60, { expires_in: 60 }), await set.make(40, { expires_in: "P1D" })];
    const rows = () => execute(sql`SELECT * FROM holds ORDER BY id`);
    const stored = await rows();
    expect(long.expires_at).toBe("2026-02-01T12:00:00.000Z");
    set.later(MINUTE - 1);
    expect(await set.held()).toEqual([100, 100]);
    set.later(1);
    expect(await set.held()).toEqual([100, 40]);
    expect((await set.get(short.id)).status).toBe("expired");
    expect(await rows()).toEqual(stored);
  });

  it("refuses what is no number of units, and no length of time", async ({ expect }) => {
    const set = await setUpHolds();
    const of = async (body: object) => problems(await set.hold({ ...set.pair, units: 1, ...body }));
    expect(await of({ units: 0 })).toEqual(["body.units greater_than"]);
    expect(await of({ units: "1", expires_in: 86_401 })).toEqual([
      "body.units float_type",
      "body.expires_in less_than_equal",
    ]);
    expect(await of({ expires_in: 0.5, metadata: { a: "" } })).toEqual([
      "body.expires_in greater_than_equal",
      "body.metadata.a string_too_short",
    ]);
    expect(await of({ meter_id: NOBODY, external_customer_id: "nobody" })).toEqual([
      "body.external_customer_id external_customer_id",
      "body.meter_id meter_id",
    ]);
  });

  it("answers a key again word for word, holds once, and keeps no denial", async ({ expect }) => {
    const set = await setUpHolds(1);
    const body = { ...set.pair, units: 0.7, metadata: { a: "b" } };
    await set.use("c1", 0.1, 0.2);
    expect((await set.hold({ ...body, units: 5 }, KEY)).json.allowed).toBe(false);
    const first = await set.hold(body, KEY);
    expect([first.status, first.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
    set.later(MINUTE);
    await set.use("c1", 3);
    const answers = await Promise.all([1, 2, 3].map(() => set.hold({ ...body, metadata: { a: "b" }, more: 1 }, KEY)));
    for (const answer of answers) {
      expect([answer.status, answer.headers.get("Idempotent-Replayed"), answer.text]).toEqual([
        201,
        "true",
        first.text,
      ]);
    }
    expect(problems(await set.hold({ ...body, units: 0.6 }, KEY))).toEqual([
      "header.idempotency-key idempotency_key_reuse",
    ]);
    expect((await set.holds()).items).toHaveLength(1);
    await call("DELETE", `/v1/customers/${set.customer_id}?anonymize=true`, { token: set.token });
    expect(await execute(sql`SELECT 1 FROM idempotency_keys`)).toEqual([]);
  });

  it.for([
    [false, {}],
    [true, {}],
    [false, KEY],
    [true, KEY],
  ] as const)("is repeated when the connection is lost, and holds once: stored before %s, with %o", async ([after, headers], { expect }) => {
    const set = await setUpHolds();
    await set.check(set.pair);
    const answer = await set.hold({ ...set.pair, units: 100 }, headers, { open: losing({ after }) });
    expect([answer.status, answer.json.available]).toEqual([201, 0]);
    const { items } = await set.holds();
    expect(items).toEqual([answer.json.hold]);
    expect(answer.headers.get("Idempotent-Replayed")).toBeNull();
  }); // prettier-ignore

  it("takes one round trip where the meter is known", async ({ expect }) => {
    const set = await setUpHolds();
    await set.check(set.pair);
    for (const headers of [{}, KEY]) {
      const { open, count } = counting();
      await set.hold({ ...set.pair, units: 1 }, headers, { open });
      expect(count.trips).toBe(1);
    }
  });
});

describe("POST /v1/customer-meters/holds/{id}/settle", () => {
  it("appends the event with the identity of the hold, and ends the hold", async ({ expect }) => {
    const set = await setUpHolds();
    const [byText, byId] = [
      await set.make(60),
      await set.make(10, { customer_id: set.customer_id, external_customer_id: undefined }),
    ];
    set.later(MINUTE);
    const { status, json } = await set.settle(byText.id, used(45, { external_id: "e1" }));
    const [event] = await set.events();
    expect([status, json]).toEqual([
      200,
      {
        hold: { ...byText, status: "settled", modified_at: "2026-01-31T12:01:00.000Z", event_id: event.id },
        event: { id: event.id, result: "inserted" },
        required: 45,
        overage: 0,
        expired: false,
        available: 45,
        customer_meter: await set.balance(),
      },
    ]);
    expect(await set.held()).toEqual([55, 10]);
    await set.settle(byId.id, used(1));
    expect(await execute(sql`SELECT customer_id, external_customer_id FROM events WHERE source = 'user' ORDER BY seq`)).toEqual([
      { customer_id: null, external_customer_id: "c1" },
      { customer_id: set.customer_id, external_customer_id: null },
    ]); // prettier-ignore
  });

  it("is never denied: it may cost more than was held, and come after the expiry", async ({ expect }) => {
    const set = await setUpHolds();
    const [over, late] = [await set.make(60), await set.make(40)];
    const more = await set.settle(over.id, used(150));
    expect(more.json).toMatchObject({ required: 150, overage: 90, expired: false, available: -90 });
    set.later(5 * MINUTE);
    const after = await set.settle(late.id, used(45));
    expect(after.json).toMatchObject({ required: 45, overage: 5, expired: true, available: -95 });
    expect(after.json.hold.status).toBe("settled");
  });

  it("answers the same settlement again without writing, and no other", async ({ expect }) => {
    const set = await setUpHolds();
    const { id } = await set.make(60);
    const { json: first } = await set.settle(id, used(45, { external_id: "e1" }));
    const rows = () => execute(sql`SELECT * FROM holds`);
    const stored = await rows();
    set.later(10 * MINUTE);
    const same = [used(45, { external_id: "e1" }), used(45, { external_id: "e1", timestamp: "2026-01-01T00:00:00Z" })];
    for (const event of same) {
      const { status, json } = await set.settle(id, event);
      expect([status, json]).toEqual([
        200,
        { ...first, event: { id: first.event.id, result: "duplicate" }, required: 0, available: 55 },
      ]);
    }
    const others = [
      used(46, { external_id: "e1" }),
      used(45),
      used(45, { external_id: "e2" }),
      { ...used(45), name: "x" },
    ];
    for (const event of others) expect((await set.settle(id, event)).status).toBe(409);
    expect([await rows(), (await set.events()).length]).toEqual([stored, 1]);
  });

  it("compares timestamps that were sent, and metadata in any order of its keys", async ({ expect }) => {
    const set = await setUpHolds();
    const { id } = await set.make(60);
    const at = (timestamp: string) => ({ name: "use", timestamp, metadata: { v: 1, a: true } });
    await set.settle(id, at("2026-01-01T00:00:00Z"));
    const of = async (event: object) => (await set.settle(id, event)).status;
    expect(await of({ ...at("2026-01-01T01:00:00+01:00"), metadata: { a: true, v: 1 } })).toBe(200);
    expect(await of(at("2026-01-01T00:00:01Z"))).toBe(409);
    expect(await of({ name: "use", metadata: { v: 1, a: true } })).toBe(200);
  });

  it("settles by a stored event with the external_id, which consumes nothing again", async ({ expect }) => {
    const set = await setUpHolds();
    const { json: stored } = await set.consume({ ...set.pair, event: used(10, { external_id: "e1" }) });
    const { id } = await set.make(60);
    const event = { name: "other", external_id: "e1" };
    const { json } = await set.settle(id, event);
    expect(json).toMatchObject({ required: 0, overage: 0, available: 90, hold: { event_id: stored.event.id } });
    expect(json.event).toEqual({ id: stored.event.id, result: "duplicate_differs", differs: ["name", "metadata"] });
    expect((await set.settle(id, event)).json.event).toEqual({ id: stored.event.id, result: "duplicate" });
    expect(await set.events()).toHaveLength(1);
  });

  it("refuses an event that the meter does not count; the hold stays open", async ({ expect }) => {
    const set = await setUpHolds();
    const { id } = await set.make(60);
    expect(problems(await set.settle(id, { name: "other" }))).toEqual(["body.event event_not_counted"]);
    expect(problems(await set.settle(id, used(1, { customer_id: set.customer_id })))).toEqual([
      "body.event.customer_id extra_forbidden",
    ]);
    expect([(await set.get(id)).status, await set.events()]).toEqual(["open", []]);
    expect((await set.settle(id, used(1))).status).toBe(200);
  });

  it("is done by one of ten clients at once, and the others see that", async ({ expect }) => {
    const set = await setUpHolds();
    const { id } = await set.make(60);
    const same = await Promise.all(Array.from({ length: 10 }, () => set.settle(id, used(5, { external_id: "e1" }))));
    const results = same.map(({ json }) => json.event.result);
    expect(results.filter((result) => result === "inserted")).toHaveLength(1);
    const { id: other } = await set.make(60);
    const different = await Promise.all(Array.from({ length: 10 }, (_, i) => set.settle(other, used(i))));
    expect(different.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(different.filter(({ status }) => status === 409)).toHaveLength(9);
    expect(await set.events()).toHaveLength(2);
  });

  it.for([false, true])("is repeated when the connection is lost, and settles once: stored before: %s", async (after, { expect }) => {
    const set = await setUpHolds();
    // At a time that has passed, an object's alarm would count the event before it is repeated.
    vi.useRealTimers();
    const { id } = await set.make(60);
    await deleteAlarm();
    // The first round trip reads the hold.
    const { json } = await set.settle(id, used(70), { open: losing({ after, skip: 1 }) });
    const [event, ...more] = await set.events();
    expect([json.event, json.required, json.overage, json.available, more]).toEqual([
      { id: event.id, result: "inserted" },
      70,
      10,
      30,
      [],
    ]);
  }); // prettier-ignore

  it("refuses a hold that is unknown, released, another organization's, or of a deleted customer", async ({
    expect,
  }) => {
    const set = await setUpHolds();
    const of = async (id: string, options?: object) => (await set.settle(id, used(1), options)).status;
    expect(await of(NOBODY)).toBe(404);
    const [released, settled, open] = [await set.make(1), await set.make(1), await set.make(1)];
    await set.release(released.id);
    expect(await of(released.id)).toBe(409);
    expect(await of(open.id, { token: await grant({ organization_id: OTHER_ORGANIZATION }) })).toBe(404);
    await set.settle(settled.id, used(1));
    const expired = await set.make(1, { expires_in: 1 });
    set.later(1000);
    await call("DELETE", `/v1/customers/${set.customer_id}`, { token: set.token });
    for (const { id } of [settled, open, expired]) expect(await of(id)).toBe(409);
    expect((await set.events()).length).toBe(1);
  });
});

describe("POST /v1/customer-meters/holds/{id}/release", () => {
  it("ends a hold, also an expired one, and does nothing the second time", async ({ expect }) => {
    const set = await setUpHolds();
    const [open, expired] = [await set.make(60, { expires_in: 3600 }), await set.make(40)];
    set.later(5 * MINUTE);
    for (const { id } of [open, expired]) {
      const { status, json } = await set.release(id);
      expect([status, json.status, json.modified_at]).toEqual([200, "released", "2026-01-31T12:05:00.000Z"]);
      set.later(MINUTE);
      expect((await set.release(id)).json).toEqual(json);
      vi.setSystemTime(START + 5 * MINUTE);
    }
    expect(await set.held()).toEqual([100, 0]);
  });

  it("refuses a hold that was settled, or is unknown", async ({ expect }) => {
    const set = await setUpHolds();
    const { id } = await set.make(60);
    await set.settle(id, used(1));
    expect((await set.release(id)).status).toBe(409);
    expect((await set.release(NOBODY)).status).toBe(404);
    expect((await set.get(id)).status).toBe("settled");
  });
});

describe("GET /v1/customer-meters/holds", () => {
  it("lists holds by customer, meter and status, in both orders", async ({ expect }) => {
    const set = await setUpHolds();
    await set.customer("c2", "Bo");
    const other = await set.meter("count", "other");
    const make = async (more: object) => {
      set.later(1000);
      return (await set.make(1, { minimum_balance: -100, ...more })).id;
    };
    const [expired, released, settled] = [await make({ expires_in: 10 }), await make({}), await make({})];
    await set.release(released);
    await set.settle(settled, used(1));
    const theirs = await make({ external_customer_id: "c2", expires_in: 1000 });
    const open = await make({ meter_id: other.id, expires_in: 900 });
    set.later(10_000);
    const names = new Map(Object.entries({ expired, released, settled, theirs, open }).map(([name, id]) => [id, name]));
    const of = async (query: string) => (await set.holds(query)).items.map(({ id }: any) => names.get(id));
    expect(await of("")).toEqual(["open", "theirs", "settled", "released", "expired"]);
    expect(await of("?sorting=-expires_at&limit=2")).toEqual(["theirs", "open"]);
    expect(await of("?sorting=expires_at&limit=2&page=2")).toEqual(["settled", "open"]);
    for (const status of ["expired", "released", "settled"]) expect(await of(`?status=${status}`)).toEqual([status]);
    expect(await of("?status=open")).toEqual(["open", "theirs"]);
    expect(await of("?status=open&status=expired&external_customer_id=c1")).toEqual(["open", "expired"]);
    expect(await of(`?customer_id=${set.customer_id}&meter_id=${other.id}`)).toEqual(["open"]);
    expect(await of("?external_customer_id=nobody")).toEqual([]);
    expect((await set.holds()).pagination).toEqual({ total_count: 5, max_page: 1 });
    const seen: unknown[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: any = await set.holds(`?limit=2&sorting=expires_at&cursor=${cursor}`);
      seen.push(...page.items.map(({ id }: any) => names.get(id)));
      cursor = page.pagination.next_cursor;
    }
    expect(seen).toEqual(["expired", "released", "settled", "open", "theirs"]);
  });

  it("needs customer_meters:read alone", async ({ expect }) => {
    const set = await setUpHolds();
    const { id } = await set.make(1);
    const token = await grant({ scopes: ["customer_meters:read"] });
    for (const path of ["", `/${id}`]) {
      expect((await call("GET", `/v1/customer-meters/holds${path}`, { token })).status).toBe(200);
    }
    for (const path of ["", `/${id}/release`, `/${id}/settle`]) {
      expect((await call("POST", `/v1/customer-meters/holds${path}`, { token, body: {} })).status).toBe(403);
    }
  });
});
