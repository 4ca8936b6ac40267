import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { append } from "../../src/events/append.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { call, grant, METER } from "../support/api.ts";
import { openSession } from "../support/sessions.ts";
import { emptyStores } from "../support/empty.ts";
import { recording } from "../support/statements.ts";
import { HOME, measuring, storeOf } from "../support/stores.ts";
import { toQuery } from "../../src/store/db.ts";

/** What a request costs; bench/costs.json has the expected ones, from which docs/performance.md computes prices. */
type Cost = { kv_reads: number; round_trips: number; rows_read: number; rows_written: number };

const START = Date.parse("2026-01-01T00:00:00Z");
const RANGE = { start_timestamp: "2026-01-01T00:00:00Z", end_timestamp: "2026-01-30T00:00:00Z", interval: "day" };
const QUANTITIES = new URLSearchParams(RANGE).toString();
const AGGREGATION = { func: "sum", property: "total_tokens" };

/** Events of 30 days and ten customers; with external_ids of their own where a prefix is given. */
const events = (count: number, prefix?: string) =>
  Array.from({ length: count }, (_, i) => ({
    name: "ai_usage",
    external_customer_id: `customer ${i % 10}`,
    timestamp: new Date(START + Math.floor((i / count) * 30 * 96) * 900_000).toISOString(),
    metadata: { total_tokens: i % 100, model: `model ${i % 4}` },
    ...(prefix !== undefined && { external_id: `${prefix} ${i}` }),
  }));

/** Sends a request with a token that no isolate has seen, and returns its cost, with what runs after the answer. */
async function costOf(method: string, path: string, body?: unknown, session?: string): Promise<Cost> {
  const token = session ?? (await grant());
  const kv = vi.spyOn(env.TOKENS, "get");
  const { open, cost } = measuring();
  const { status } = await call(method, path, { token, body, open });
  if (status >= 300) throw new Error(`${method} ${path} was answered with ${status}`);
  const reads = kv.mock.calls.length;
  kv.mockRestore();
  return { kv_reads: reads, round_trips: cost.trips, rows_read: cost.read, rows_written: cost.written };
}

/** Catches all meters up. */
async function costOfCatchUp(): Promise<Cost> {
  const { open, cost } = measuring();
  await catchUp(open(env, HOME), new Budget({ statements: 900 }));
  return { kv_reads: 0, round_trips: cost.trips, rows_read: cost.read, rows_written: cost.written };
}

/** Catches up one meter, and returns its id with what that cost. */
async function costOfMeter(body: object) {
  await emptyStores();
  const token = await grant();
  await call("POST", "/v1/events/ingest", { token, body: { events: events(1000) } });
  const { json } = await call("POST", "/v1/meters/", { token, body: { ...METER, ...body } });
  return { id: json.id as string, cost: await costOfCatchUp() };
}

const UNIQUE = { func: "unique", property: "total_tokens" };

/** What meters with a dimension cost: their catch-up, and quantities in groups. */
async function costsOfDimension(): Promise<Record<string, Cost>> {
  const ofUnique = "catch up 1,000 events in one meter of unique";
  const costs: Record<string, Cost> = {
    [ofUnique]: (await costOfMeter({ aggregation: UNIQUE })).cost,
    [`${ofUnique} with a dimension`]: (await costOfMeter({ aggregation: UNIQUE, dimensions: ["model"] })).cost,
  };
  const { id, cost } = await costOfMeter({ aggregation: AGGREGATION, dimensions: ["model"] });
  costs["catch up 1,000 events in one meter with a dimension"] = cost;
  const groups = { customer: "customer", "a dimension": "model", "another property": "total_tokens" };
  for (const [by, name] of Object.entries(groups)) {
    const path = `/v1/meters/${id}/quantities?${QUANTITIES}&group_by=${name}`;
    costs[`quantities by ${by}, 30 days`] = await costOf("GET", path);
  }
  return costs;
}

/** What events and a credit cost while ten alerts watch a meter of ten customers, who reach thresholds. */
async function costsOfAlerts(): Promise<Record<string, Cost>> {
  await emptyStores();
  const token = await grant();
  const { json: meter } = await call("POST", "/v1/meters/", { token, body: { ...METER, aggregation: AGGREGATION } });
  for (let i = 0; i < 10; i++) {
    const alert = { name: "Alert", meter_id: meter.id, basis: "consumed_units", thresholds: [1000 * (i + 1), 50_000] };
    await call("POST", "/v1/alerts", { token, body: alert });
    const customer = { email: `${i}@example.com`, external_id: `customer ${i}` };
    await call("POST", "/v1/customers/", { token, body: customer });
  }
  const ingested = await costOf("POST", "/v1/events/ingest", { events: events(1) });
  const more = events(1000).map((event) => ({ ...event, timestamp: Date.parse(event.timestamp), ...UNNAMED }));
  await append(storeOf(), more, { source: "user", compare: false, now: START });
  const caughtUp = await costOfCatchUp();
  const credit = { external_customer_id: "customer 1", meter_id: meter.id, units: 10_000 };
  return {
    "ingest 1 event, and catch up for 10 alerts": ingested,
    "catch up 1,000 events in one meter with 10 alerts": caughtUp,
    "credit a customer, 10 alerts": await costOf("POST", "/v1/customer-meters/credits", credit),
  };
}

const UNNAMED = { customer_id: null, external_id: null, parent_id: null };

/** Stores 1,000 events and ten meters that are caught up with them; returns the id of one of either, and one's catch-up. */
async function setUp(): Promise<Stored> {
  const token = await grant();
  await call("POST", "/v1/events/ingest", { token, body: { events: events(1000) } });
  const create = () => call("POST", "/v1/meters/", { token, body: { ...METER, aggregation: AGGREGATION } });
  const { json: first } = await create();
  const caughtUp = await costOfCatchUp();
  const {
    json: { id: another },
  } = await create();
  for (let i = 2; i < 10; i++) await create();
  await catchUp(storeOf(), new Budget({ statements: 900 }));
  const { json } = await call("GET", "/v1/events/?limit=2", { token });
  const customer = { email: "one@example.com", external_id: "customer 1" };
  const { json: created } = await call("POST", "/v1/customers/", { token, body: customer });
  // The first state finds out the organization's meters; an isolate then knows them.
  await call("GET", `/v1/customers/${created.id}/state`, { token });
  const session = await openSession(token, { customer_id: created.id, expires_in: 86_400 });
  return {
    meter: first.id,
    another,
    event: json.items[0].id,
    replaced: json.items[1].id,
    customer: created.id,
    session,
    caughtUp,
  };
}

/** Ids of what is stored, and what it cost to catch up the first meter. */
type Stored = {
  meter: string;
  another: string;
  event: string;
  replaced: string;
  customer: string;
  session: string;
  caughtUp: Cost;
};

const USED = { name: "ai_usage", external_id: "used", metadata: { total_tokens: 1 } };
const consumption = (meter_id: string, minimum_balance: number) => ({
  external_customer_id: "customer 1",
  meter_id,
  minimum_balance,
  event: { ...USED, external_id: `consumed ${minimum_balance}` },
});
const sumOf = (a: Cost, b: Cost): Cost => ({
  kv_reads: a.kv_reads + b.kv_reads,
  round_trips: a.round_trips + b.round_trips,
  rows_read: a.rows_read + b.rows_read,
  rows_written: a.rows_written + b.rows_written,
});

const preview = { filter: METER.filter, aggregation: AGGREGATION, ...RANGE };
const WITH_METERS: Record<string, (stored: Stored) => Promise<Cost>> = {
  "create a customer": () => costOf("POST", "/v1/customers/", { email: "new@example.com" }),
  "state of a customer, 10 meters": ({ customer }) => costOf("GET", `/v1/customers/${customer}/state`),
  "create a customer's session": ({ customer }) => costOf("POST", "/v1/customer-sessions/", { customer_id: customer }),
  "list 10 balances, as their customer": ({ session }) =>
    costOf("GET", "/v1/customer-portal/meters/", undefined, session),
  "quantities, 30 days, as their customer": ({ session, another }) =>
    costOf("GET", `/v1/customer-portal/meters/${another}/quantities?${QUANTITIES}`, undefined, session),
  "list 10 balances": () => costOf("GET", "/v1/customer-meters/?limit=10"),
  "credit a customer": ({ customer, meter }) =>
    costOf("POST", "/v1/customer-meters/credits", { customer_id: customer, meter_id: meter, units: 10_000 }),
  "create a meter": () => costOf("POST", "/v1/meters/", METER),
  "get a meter": ({ meter }) => costOf("GET", `/v1/meters/${meter}`),
  "list 10 meters": () => costOf("GET", "/v1/meters/?limit=10"),
  "rename a meter": ({ meter }) => costOf("PATCH", `/v1/meters/${meter}`, { name: "Tokens" }),
  "quantities, 30 days": ({ meter }) => costOf("GET", `/v1/meters/${meter}/quantities?${QUANTITIES}`),
  "preview, 30 days": () => costOf("POST", "/v1/meters/preview", preview),
  "get an event": ({ event }) => costOf("GET", `/v1/events/${event}`),
  "list 10 events": () => costOf("GET", "/v1/events/?limit=10"),
  "introspect a token": () => costOf("GET", "/v1/organization-access-tokens/introspect"),
  "organization, 10 meters": () => costOf("GET", "/v1/organization"),
  "list names of events": () => costOf("GET", "/v1/events/names"),
  check: ({ meter }) => costOf("GET", `/v1/customer-meters/check?external_customer_id=customer%201&meter_id=${meter}`),
  consume: ({ meter }) => costOf("POST", "/v1/customer-meters/consume", consumption(meter, 0)),
  "consume, denied": ({ meter }) => costOf("POST", "/v1/customer-meters/consume", consumption(meter, 1e9)),
  "hold and settle": async ({ meter }) => {
    const pair = { external_customer_id: "customer 1", meter_id: meter };
    const held = await costOf("POST", "/v1/customer-meters/holds", { ...pair, units: 5 });
    const { json } = await call("GET", "/v1/customer-meters/holds", { token: await grant() });
    const path = `/v1/customer-meters/holds/${json.items[0].id}/settle`;
    return sumOf(held, await costOf("POST", path, { event: USED }));
  },
  "explain an event, 10 meters": ({ event }) => costOf("GET", `/v1/events/${event}/meters`),
  "explain an event that is not stored": ({ meter }) =>
    costOf("POST", `/v1/meters/${meter}/explain`, { event: events(1)[0] }),
  "void an event, 10 meters": ({ event }) => costOf("POST", "/v1/events/void", voidOf(event, [])),
  "void and replace an event, 10 meters": ({ replaced }) =>
    costOf("POST", "/v1/events/void", voidOf(replaced, events(1))),
};
const voidOf = (id: string, replacements: object[]) => ({ events: [{ id }], reason: "Sent twice.", replacements });
const ingest = (count: number, prefix?: string) =>
  costOf("POST", "/v1/events/ingest", { events: events(count, prefix) });
const WITHOUT_METERS: Record<string, () => Promise<Cost>> = {
  "ingest 1 event": () => ingest(1),
  "ingest 1 event with external_id": () => ingest(1, "one"),
  "ingest 1,000 events": () => ingest(1000),
  "ingest 1,000 events with external_ids": () => ingest(1000, "many"),
};

/** After a change that is meant: npx vitest run --project worker test/costs -u, then npm run bench -- --report. */
describe("What requests and catching up cost", () => {
  it("is what bench/costs.json says, from which docs/performance.md computes prices", async ({ expect }) => {
    const costs: Record<string, Cost> = {};
    const token = await grant();
    // The organization's first events write less than later ones: its row is new.
    await call("POST", "/v1/events/ingest", { token, body: { events: events(1) } });
    for (const [name, measure] of Object.entries(WITHOUT_METERS)) costs[name] = await measure();
    Object.assign(costs, await costsOfDimension());
    await emptyStores();
    const stored = await setUp();
    costs["catch up 1,000 events in one meter"] = stored.caughtUp;
    for (const [name, measure] of Object.entries(WITH_METERS)) costs[name] = await measure(stored);
    Object.assign(costs, await costsOfAlerts());
    await expect(`${JSON.stringify(costs, null, 2)}\n`).toMatchFileSnapshot("../../bench/costs.json");
  });

  it("has no part that only dimensions and voids need, where there are none", async ({ expect }) => {
    const token = await grant();
    const { open, statements } = recording();
    const { id } = (await call("POST", "/v1/meters/", { token, open, body: { ...METER, aggregation: AGGREGATION } }))
      .json;
    await call("POST", "/v1/events/ingest", { token, open, body: { events: events(10, "kept") } });
    await catchUp(open(env, HOME), new Budget({ statements: 100 }));
    const customer = { email: "one@example.com", external_id: "customer 1" };
    await call("POST", "/v1/customers/", { token, open, body: customer });
    const pair = { external_customer_id: "customer 1", meter_id: id };
    for (const path of ["credits", "resets"]) {
      const body = { ...pair, ...(path === "credits" && { units: 5 }) };
      expect((await call("POST", `/v1/customer-meters/${path}`, { token, open, body })).status).toBeLessThan(300);
    }
    const consumed = await call("POST", "/v1/customer-meters/consume", { token, open, body: consumption(id, -5) });
    expect(consumed.status).toBe(200);
    const quantities = `/v1/meters/${id}/quantities?${QUANTITIES}`;
    const paths = [quantities, `${quantities}&group_by=customer`, `${quantities}&group_by=model`, "/v1/customer-meters/", "/v1/customers/external/customer%201/state", "/v1/events/?name=ai_usage"]; // prettier-ignore
    for (const path of paths) expect((await call("GET", path, { token, open })).status).toBe(200);
    const texts = statements.map((statement) => toQuery(statement).sql);
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.filter((text) => /\b(?:voids|meter_dimensions|meter_dimension_uniques)\b/.test(text))).toEqual([]);
  });
});
