import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { type Answer, call, ORGANIZATION, problems } from "../support/api.ts";
import { catchUpAll, clauses, DAY, event, setUp } from "../support/metering.ts";
import { decorated, execute, measuring, STORE } from "../support/stores.ts";

/** Clauses of which each has to look at the metadata; the last one matches. */
const expensive = (count: number) => ({
  conjunction: "or",
  clauses: Array.from({ length: count }, (_, i) => ({ property: i === 0 ? "n" : "text", operator: "eq", value: 1 })),
});

/** Puts customers into the organization, with the external ids c1, c2, and so on. */
async function makeCustomers(count: number): Promise<void> {
  await execute(
    sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
      INSERT INTO customers (id, organization_id, email, email_folded, external_id, metadata, created_at, version)
      SELECT format('%08x-0000-4000-8000-000000000000', i), ${ORGANIZATION}, i, i, 'c' || i, '{}', i, 1 FROM n`,
  );
}

async function makeMeters(count: number, filter: object = clauses(), func = "sum"): Promise<string[]> {
  const { create } = await setUp();
  const made: string[] = [];
  for (let i = 0; i < count; i++) made.push((await create({ filter, aggregation: { func, property: "n" } })).id);
  return made;
}

/** What a request reads: its answer, its round trips and its rows. */
async function measured(token: string, path: string) {
  const { open, cost } = measuring();
  const answer = await call("GET", path, { token, open });
  return { answer, json: answer.json, ...cost };
}

describe("Balances that would take others' time", () => {
  it("of 60 meters and 950 customers are read for the page alone, and never computed all to be sorted", async ({
    expect,
  }) => {
    const { token, ingest } = await setUp();
    const meters = await makeMeters(60);
    await makeCustomers(950);
    await ingest(...Array.from({ length: 500 }, (_, i) => ({ ...event({ n: 1 }), external_customer_id: `c${i}` })));
    const filter = meters.map((id) => `meter_id=${id}`).join("&");
    const list = (more: string) => measured(token, `/v1/customer-meters/?${filter}&limit=10${more}`);
    const page = await list("&sorting=customer_id");
    expect([page.json.pagination.total_count, page.json.items.length]).toEqual([57_000, 10]);
    expect(page.read).toBeLessThan(130_000);
    for (const sorting of ["", "&sorting=-balance", "&sorting=customer_id&sorting=consumed_units"]) {
      const refused = await list(sorting);
      expect(problems(refused.answer)).toEqual(["query scan_too_large"]);
      expect(refused.read).toBeLessThan(10_000);
    }
    const { json } = await list("&external_customer_id=c1&sorting=-consumed_units");
    expect([json.pagination.total_count, json.items[0].consumed_units]).toEqual([60, 1]);
  });

  it("because of an external id that was set after a reset get totals at once", async ({ expect }) => {
    const { token, ingest } = await setUp();
    const [meter_id] = await makeMeters(1);
    const { json: customer } = await call("POST", "/v1/customers/", { token, body: { email: "ada@example.com" } });
    await ingest(event({ n: 1000 }));
    await call("POST", "/v1/customer-meters/resets", { token, body: { customer_id: customer.id, meter_id } });
    await ingest(...Array.from({ length: 2000 }, () => event({ n: 1 })));
    await catchUpAll();
    await call("PATCH", `/v1/customers/${customer.id}`, { token, body: { external_id: "c1" } });
    const state = await measured(token, `/v1/customers/${customer.id}/state`);
    expect(state.json.active_meters[0].consumed_units).toBe(2000);
    // Another test's meters, which the isolate may remember for this organization, are asked for first.
    expect(state.read).toBeLessThan(500);
  });

  // An object's alarm would have counted the events meanwhile.
  it.runIf(STORE === "d1")(
    "because of expensive filters are read in parts: a state, and a page by customer",
    async ({ expect }) => {
      const { token, ingest } = await setUp();
      const meters = await makeMeters(12, expensive(100));
      await makeCustomers(3);
      await ingest(
        ...Array.from({ length: 3200 }, (_, i) => ({ ...event({ n: 1 }), external_customer_id: `c${(i % 2) + 1}` })),
      );
      const state = await measured(token, "/v1/customers/external/c1/state");
      expect(state.json.active_meters.map(({ consumed_units }: { consumed_units: number }) => consumed_units)).toEqual(
        meters.map(() => 1600),
      );
      // The events are expected to take 86 ms on each meter: two are in a part, which takes a quarter of a second at most.
      expect(state.trips).toBeGreaterThan(2 + 5);
      expect(state.trips).toBeLessThan(2 + meters.length);
      const three = meters.slice(0, 3);
      const list = (sorting: string) =>
        measured(
          token,
          `/v1/customer-meters/?${three.map((id) => `meter_id=${id}`).join("&")}&limit=100&sorting=${sorting}`,
        );
      const page = await list("customer_id");
      const units = page.json.items.map(({ consumed_units }: { consumed_units: number }) => consumed_units);
      expect(units).toEqual([...three, ...three].map(() => 1600).concat(three.map(() => 0)));
      expect(page.trips).toBeGreaterThan(3);
      expect(problems((await list("balance")).answer)).toEqual(["query scan_too_large"]);
    },
  );

  it.runIf(STORE === "d1").for([
    ["sum", false],
    ["unique", true],
  ] as const)(
    "are split because values are looked up, where the filters alone would not be: %s %s",
    async ([func, isSplit], { expect }) => {
      const { token, ingest } = await setUp();
      await makeMeters(12, expensive(6), func);
      await makeCustomers(1);
      const state = (options: object = {}) => call("GET", "/v1/customers/external/c1/state", { token, ...options });
      // The isolate then remembers these meters, not those of another test.
      await state();
      await ingest(...Array.from({ length: 4600 }, () => event({ n: 1 })));
      let statements = 0;
      const open = decorated((carryOut, texts) => {
        statements += texts.filter((text) => text.includes("affordable")).length;
        return carryOut();
      });
      expect((await state({ open })).json.active_meters).toHaveLength(12);
      expect(statements > 1).toBe(isSplit);
    },
  );

  it("of a meter that is far behind are read once it is caught up; the log is not searched for the customer's events", async ({
    expect,
  }) => {
    const { token, ingest } = await setUp();
    await makeMeters(3);
    await makeCustomers(1);
    await ingest(event({ n: 1 }), event({ n: 2 }));
    await catchUpAll();
    // Numbers of the log can stay unused.
    await execute(sql`UPDATE organizations SET last_seq = last_seq + 300000 WHERE id = ${ORGANIZATION}`);
    await ingest(event({ n: 4 }));
    await execute(sql`UPDATE meters SET watermark = 300000 WHERE id <> (SELECT max(id) FROM meters)`);
    const list = () => call("GET", "/v1/customer-meters/?sorting=balance", { token });
    expect(problems(await list())).toEqual(["query scan_too_large"]);
    const { json } = await call("GET", "/v1/customers/external/c1/state", { token });
    expect(json.active_meters.map(({ consumed_units }: { consumed_units: number }) => consumed_units)).toEqual([
      7, 7, 7,
    ]);
    expect((await list()).json.items.map(({ balance }: { balance: number }) => balance)).toEqual([-7, -7, -7]);
  });
});

/** Puts a rollup of each of some customers into each of some quarters of an hour, three hours apart. */
async function makeRollups(meter: string, customers: number, each: number): Promise<void> {
  const first = Date.parse("2026-01-01T00:00:00Z") / 900_000;
  await execute(
    sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${customers}),
        k (j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM k WHERE j + 1 < ${each})
      INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max, last_event_at)
      SELECT ${meter}, 'ext:c' || i, CAST(${first} + j * 12 AS INTEGER), 1, 2, 2, 2, 0 FROM n CROSS JOIN k`,
  );
}

describe("Quantities by customer that would take others' time", () => {
  const YEAR = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-12-31T00:00:00Z&interval=day";
  const DAYS = YEAR.replace("12-31", "01-02");
  const BY_CUSTOMER = "&customer_aggregation_function=max";
  const named = (count: number) => Array.from({ length: count }, (_, i) => `&external_customer_id=c${i + 1}`).join("");

  it("are refused with what to narrow, and answered once there are fewer days or customers", async ({ expect }) => {
    const { token } = await setUp();
    const [meter] = await makeMeters(1);
    await makeRollups(meter!, 300, 1700);
    const read = (query: string) => measured(token, `/v1/meters/${meter}/quantities?${query}`);
    for (const query of [`${YEAR}${BY_CUSTOMER}`, `${YEAR}${named(298)}`, `${YEAR}${BY_CUSTOMER}${named(299)}`]) {
      const refused = await read(query);
      expect(problems(refused.answer)).toEqual(["query scan_too_large"]);
      expect(refused.answer.json.detail[0].msg).toContain("Narrow start_timestamp and end_timestamp");
      expect(refused.read).toBeLessThan(700_000);
    }
    const days = await read(`${DAYS}${BY_CUSTOMER}`);
    // Eight of the quarters of an hour lie on each of the two days.
    expect(days.json.quantities.map(({ quantity }: { quantity: number }) => quantity)).toEqual([16, 16]);
    expect((await read(`${YEAR}${named(100)}`)).json.total).toBe(340_000);
    expect((await read(`${YEAR}${BY_CUSTOMER}${named(3)}`)).json.total).toBe(3400);
    expect((await read(YEAR)).answer.status).toBe(200);
  });

  it("are read in one pass if a meter has few rollups, whatever the number of customers and periods", async ({
    expect,
  }) => {
    const { token } = await setUp();
    const [meter] = await makeMeters(1);
    await makeRollups(meter!, 10_000, 2);
    const year = await measured(token, `/v1/meters/${meter}/quantities?${YEAR}${BY_CUSTOMER}`);
    expect(year.json.total).toBe(4);
    // A seek for each customer and period would be 3,650,000.
    expect(year.read).toBeLessThan(200_000);
  });
});

describe("One expensive meter", () => {
  // An object's alarm would have counted the events meanwhile.
  it
    .runIf(STORE === "d1")
    .for([
      "credits",
      "resets",
      "get",
      "list",
      "state",
      "check",
      "consume",
      "hold",
      "settle",
      "quantities",
      "groups",
      "update",
    ])("is caught up first for %s, in statements of less than the budget", async (what, { expect }) => {
    const { token, ingest, create } = await setUp();
    const filter = expensive(100);
    const { id: meter_id } = await create({ filter, aggregation: { func: "sum", property: "n" } });
    const pair = { external_customer_id: "c1", meter_id };
    await makeCustomers(1);
    const post = (path: string, body: object) => call("POST", `/v1/customer-meters/${path}`, { token, body });
    const hold = { ...pair, units: 5, minimum_balance: -9999, expires_in: "PT1H" };
    const text = "x".repeat(450);
    const query = new URLSearchParams(pair).toString();
    // From now on the isolate knows the meter.
    await call("GET", `/v1/customer-meters/check?${query}`, { token });
    const made = what === "settle" ? await post("holds", hold) : null;
    const [row] = (await call("GET", "/v1/customer-meters/", { token })).json.items;
    await ingest(...Array.from({ length: 1500 }, () => event({ n: 1, a: text, b: text, c: text, d: text })));
    const behind = async () =>
        (await execute<{ behind: number }>(sql`SELECT last_seq - watermark AS behind FROM meters, organizations
          WHERE meters.id = ${meter_id} AND organizations.id = ${ORGANIZATION}`))[0]!.behind; // prettier-ignore
    expect(await behind()).toBeGreaterThanOrEqual(1500);
    const used = { name: "gen", metadata: { n: 1 } };
    const requests: Record<string, () => Promise<Answer>> = {
      credits: () => post("credits", { ...pair, units: 10 }),
      resets: () => post("resets", { ...pair, rollover: true }),
      get: () => call("GET", `/v1/customer-meters/${row.id}`, { token }),
      list: () => call("GET", `/v1/customer-meters/?meter_id=${meter_id}&sorting=customer_id`, { token }),
      state: () => call("GET", "/v1/customers/external/c1/state", { token }),
      check: () => call("GET", `/v1/customer-meters/check?${query}`, { token }),
      consume: () => post("consume", { ...pair, event: used, minimum_balance: -9999 }),
      hold: () => post("holds", hold),
      quantities: () => call("GET", `/v1/meters/${meter_id}/quantities?${DAY}`, { token }),
      update: () => call("PATCH", `/v1/meters/${meter_id}`, { token, body: { filter: expensive(1) } }),
      groups: () => call("GET", `/v1/meters/${meter_id}/quantities?${DAY}&group_by=customer`, { token }),
      settle: () => post(`holds/${made!.json.hold.id}/settle`, { event: used }),
    };
    const answer = await requests[what]!();
    if (what === "update") expect(problems(answer)).toEqual(["body.filter forbidden"]);
    else expect(answer.status, answer.text).toBeLessThan(300);
    expect(await behind()).toBeLessThan(100);
    if (["quantities", "groups"].includes(what)) expect(answer.json.total).toBe(1500);
    const { active_meters: left } = (await call("GET", "/v1/customers/external/c1/state", { token })).json;
    const consumed = what === "resets" ? 0 : ["consume", "settle"].includes(what) ? 1501 : 1500;
    expect(left[0].consumed_units).toBe(consumed);
  });
});

describe("A meter that is far behind while its organization is moved", () => {
  it("is read all the same", async ({ expect }) => {
    const { token, ingest } = await setUp();
    const [meter] = await makeMeters(1);
    await makeCustomers(1);
    await ingest(event({ n: 1 }));
    await execute(sql`UPDATE organizations SET last_seq = last_seq + 600000 WHERE id = ${ORGANIZATION}`);
    await ingest(event({ n: 4 }));
    await execute(
      sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at) VALUES (${ORGANIZATION}, '', 'moving', 0)`,
    );
    expect((await call("GET", `/v1/meters/${meter}/quantities?${DAY}`, { token })).json.total).toBe(5);
    const { json } = await call("GET", "/v1/customers/external/c1/state", { token });
    expect(json.active_meters[0].consumed_units).toBe(5);
  });
});

describe("POST /v1/events/void that would take others' time", () => {
  const REASON = "Sent twice.";

  it("is refused as a whole, and answered for fewer events", async ({ expect }) => {
    const { token, ingest, create, total } = await setUp();
    const { id } = await create({ filter: expensive(100), aggregation: { func: "sum", property: "n" } });
    const text = "x".repeat(450);
    // The events of a quarter of an hour are expected to take 370 ms to be counted again.
    const quarter = (at: string) =>
      Array.from({ length: 600 }, (_, i) => ({
        ...event({ n: 1, a: text, b: text, c: text, d: text }),
        timestamp: `2026-01-01T${at}:00Z`,
        external_id: `${at} ${i}`,
      }));
    for (const at of ["12:00", "13:00"]) await ingest(...quarter(at));
    await catchUpAll();
    const send = (body: object) => call("POST", "/v1/events/void", { token, body: { reason: REASON, ...body } });
    const of = (...ids: string[]) => ids.map((external_id) => ({ external_id }));
    const replacements = [{ ...event({ n: 1 }), external_id: "replacement" }];
    const refused = await send({ events: of("12:00 0", "13:00 0"), replacements });
    expect(problems(refused)).toEqual(["body.events scan_too_large"]);
    expect(refused.json.detail[0].msg).toContain("Void fewer of them in one request");
    expect(await total(id)).toBe(1200);
    for (const written of ["external_id=replacement", "source=system", "voided=true"]) {
      expect((await call("GET", `/v1/events/?${written}`, { token })).json.items).toEqual([]);
    }
    expect((await send({ events: of("12:00 0", "12:00 1") })).json.voided).toBe(2);
    expect((await send({ events: of("13:00 0"), replacements })).json.voided).toBe(1);
    expect(await total(id)).toBe(1198);
  });

  it("is answered for a customer with rollups in very many quarters of an hour", async ({ expect }) => {
    const { token, ingest } = await setUp();
    const [meter] = await makeMeters(1);
    await makeCustomers(1);
    await ingest({ ...event({ n: 5 }), timestamp: "2026-01-01T00:15:00Z", external_id: "a" });
    await catchUpAll();
    await makeRollups(meter!, 1, 260_000);
    const body = { events: [{ external_id: "a" }], reason: REASON };
    expect((await call("POST", "/v1/events/void", { token, body })).json.voided).toBe(1);
    const { json } = await call("GET", "/v1/customers/external/c1/state", { token });
    expect(json.active_meters[0].consumed_units).toBe(520_000);
  });

  it("is refused when a maximum since a reset has been the event's, and too many came after the reset", async ({
    expect,
  }) => {
    const { token, ingest, create } = await setUp();
    const { id: meter_id } = await create({ filter: clauses(), aggregation: { func: "max", property: "n" } });
    await makeCustomers(1);
    const pair = { external_customer_id: "c1", meter_id };
    await call("POST", "/v1/customer-meters/resets", { token, body: pair });
    await ingest({ ...event({ n: 9 }), external_id: "most" }, { ...event({ n: 2 }), external_id: "less" }, event());
    await catchUpAll();
    // As if others had been ingested since, and deleted.
    await execute(sql`UPDATE organizations SET last_seq = last_seq + 100000`);
    await execute(sql`UPDATE meters SET watermark = watermark + 100000`);
    const send = (external_id: string) =>
      call("POST", "/v1/events/void", { token, body: { reason: REASON, events: [{ external_id }] } });
    expect(problems(await send("most"))).toEqual(["body.events scan_too_large"]);
    expect((await send("less")).json.voided).toBe(1);
    const { json } = await call("GET", "/v1/customers/external/c1/state", { token });
    expect(json.active_meters[0].consumed_units).toBe(9);
  });
});
