import { describe, it } from "vitest";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpCustomers } from "../support/customers.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { counting, storeOf } from "../support/stores.ts";

const AT = "2026-01-01T12:00:00Z";
const DAY = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";
const event = (v: number, of: object) => ({ name: "use", timestamp: AT, metadata: { v }, ...of });

describe("POST /v1/events/ingest with a customer_id", () => {
  it("refuses every id that no customer has, names them all, and stores nothing", async ({ expect }) => {
    const { token, create, remove, ingest } = await setUpCustomers();
    const { id } = await create();
    const deleted = await create({ email: "b@example.com" });
    await remove(deleted.id);
    const foreign = (
      await call("POST", "/v1/customers/", {
        token: await grant({ organization_id: OTHER_ORGANIZATION }),
        body: { email: "c@example.com" },
      })
    ).json;
    const ids = [id, NOBODY, deleted.id, foreign.id, NOBODY];
    const answer = await ingest(...ids.map((customer_id) => event(1, { customer_id })));
    expect([answer.status, answer.json.error]).toEqual([422, "PolarRequestValidationError"]);
    expect(problems(answer)).toEqual([1, 2, 3, 4].map((i) => `body.events.${i}.customer_id customer_id`));
    const both = await ingest(event(1, { customer_id: NOBODY, organization_id: OTHER_ORGANIZATION }));
    expect(problems(both)).toEqual(["body.events.0.organization_id organization_token"]);
    expect((await call("GET", "/v1/events/", { token })).json.pagination.total_count).toBe(0);
    expect((await ingest(event(1, { customer_id: id.toUpperCase() }))).json.inserted).toBe(1);
  });

  it("keeps both ids, and ignores an external id that is not text, or empty", async ({ expect }) => {
    const { token, create, ingest } = await setUpCustomers();
    const { id } = await create();
    const kept = ["ext", "", null, 5, undefined];
    const sent = kept.map((external_customer_id, v) => event(v, { customer_id: id, external_customer_id }));
    expect((await ingest(...sent)).json.inserted).toBe(5);
    const { json } = await call("GET", "/v1/events/?sorting=timestamp", { token });
    const found = json.items.toSorted((a: any, b: any) => a.metadata.v - b.metadata.v);
    expect(found.map((each: any) => each.external_customer_id)).toEqual(["ext", null, null, null, null]);
    expect(new Set(found.map((each: any) => each.customer_id))).toEqual(new Set([id]));
    expect(problems(await ingest(event(1, { customer_id: id, external_customer_id: "\0" })))).toEqual([
      "body.events.0.external_customer_id value_error",
    ]);
  });

  it("is one round trip", async ({ expect }) => {
    const { token, create } = await setUpCustomers();
    const { id } = await create();
    const trips = async (...events: object[]) => {
      const { open, count } = counting();
      expect((await call("POST", "/v1/events/ingest", { token, body: { events }, open })).status).toBe(200);
      return count.trips;
    };
    expect(await trips(event(1, { external_customer_id: "c" }))).toBe(1);
    expect(await trips(event(1, { customer_id: id }), event(1, { customer_id: id }))).toBe(1);
  });
});

/** Customers c (with an external id), d (with another one) and n (without), and events of all kinds: v is a power of two. */
async function setUpEvents() {
  const set = await setUpCustomers();
  await set.ingest(event(1, { external_customer_id: "ext" }));
  const c = await set.create({ external_id: "ext", email: "c@example.com" });
  const d = await set.create({ external_id: "other", email: "d@example.com" });
  const n = await set.create({ email: "n@example.com" });
  await set.ingest(
    event(2, { customer_id: c.id }),
    event(4, { customer_id: d.id, external_customer_id: "ext" }),
    event(8, { external_customer_id: "other" }),
    event(16, { customer_id: n.id }),
    event(32, { external_customer_id: "stranger" }),
  );
  const meter = await call("POST", "/v1/meters/", {
    token: set.token,
    body: { name: "Sum", filter: { conjunction: "and", clauses: [] }, aggregation: { func: "sum", property: "v" } },
  });
  const get = async (path: string) => (await call("GET", path, { token: set.token })).json;
  const listed = async (query: string) =>
    (await get(`/v1/events/?limit=100&${query}`)).items.reduce((sum: number, { metadata }: any) => sum + metadata.v, 0);
  const total = async (query: string) => (await get(`/v1/meters/${meter.json.id}/quantities?${DAY}&${query}`)).total;
  return { ...set, c, d, n, get, listed, total, meter: meter.json.id as string };
}

describe("Lists of events and quantities by customer", () => {
  it.for<[query: (ids: Record<"c" | "d" | "n", string>) => string, sum: number]>([
    [({ c }) => `customer_id=${c}`, 1 + 2],
    [({ c }) => `customer_id=${c.toUpperCase()}`, 1 + 2],
    [() => "external_customer_id=ext", 1 + 2],
    [({ c }) => `customer_id=${c}&external_customer_id=ext`, 1 + 2],
    [({ d }) => `customer_id=${d}`, 4 + 8],
    [({ n }) => `customer_id=${n}`, 16],
    [({ c, n }) => `customer_id=${c}&customer_id=${n}&external_customer_id=stranger`, 1 + 2 + 16 + 32],
    [() => `customer_id=${NOBODY}`, 0],
    [() => `customer_id=${NOBODY}&external_customer_id=stranger`, 32],
    [() => "external_customer_id=EXT", 0],
    [() => "external_customer_id=", 0],
  ])("join both ids: %s", async ([query, sum], { expect }) => {
    const { c, d, n, listed, total } = await setUpEvents();
    const asked = query({ c: c.id, d: d.id, n: n.id });
    expect([await listed(asked), await total(asked)]).toEqual([sum, sum]);
    await catchUp(storeOf(), new Budget({ statements: 100 }));
    expect([await listed(asked), await total(asked)]).toEqual([sum, sum]);
  });

  it("find nothing by the id of a deleted customer, and text by its external id", async ({ expect }) => {
    const { c, remove, listed, total, get, create } = await setUpEvents();
    await catchUp(storeOf(), new Budget({ statements: 100 }));
    await remove(c.id);
    expect([await listed(`customer_id=${c.id}`), await total(`customer_id=${c.id}`)]).toEqual([0, 0]);
    expect([await listed("external_customer_id=ext"), await total("external_customer_id=ext")]).toEqual([1, 1]);
    expect([await listed(""), await total("")]).toEqual([63, 63]);
    expect((await get(`/v1/events/names?customer_id=${c.id}`)).items).toEqual([]);
    const next = await create({ external_id: "ext", email: "next@example.com" });
    for (const query of [`customer_id=${next.id}`, "external_customer_id=ext"]) {
      expect([await listed(query), await total(query)]).toEqual([0, 0]);
    }
    expect([await listed(""), await total("")]).toEqual([63, 63]);
  });

  it("group by the identity that events carried", async ({ expect }) => {
    const { get, meter } = await setUpEvents();
    const path = `/v1/meters/${meter}/quantities?${DAY}&customer_aggregation_function=count`;
    expect((await get(path)).total).toBe(6);
  });

  it("are the same in a preview, and in names of events", async ({ expect }) => {
    const { token, c, get } = await setUpEvents();
    const body = {
      filter: { conjunction: "and", clauses: [] },
      aggregation: { func: "sum", property: "v" },
      ...Object.fromEntries(new URLSearchParams(DAY)),
      customer_id: [c.id],
    };
    const { json } = await call("POST", "/v1/meters/preview", { token, body });
    expect(json.total).toBe(3);
    expect(json.events.map(({ customer }: any) => customer.id)).toEqual([c.id, c.id]);
    expect((await get(`/v1/events/names?external_customer_id=ext`)).items).toMatchObject([{ occurrences: 2 }]);
  });
});

describe("The customer of an event", () => {
  it("is the whole customer, of its customer_id or else of its external id; null without", async ({ expect }) => {
    const { token, get, remove, c, d, n } = await setUpEvents();
    const owners = { 1: c, 2: c, 4: d, 8: d, 16: n, 32: null } as Record<number, any>;
    const { open, count } = counting();
    const { json } = await call("GET", "/v1/events/?limit=100", { token, open });
    expect(count.trips).toBe(1);
    expect(json.items).toHaveLength(6);
    for (const item of json.items) {
      const owner = owners[item.metadata.v];
      const expected = owner && (await get(`/v1/customers/${owner.id}`));
      expect(item.customer).toEqual(expected);
      expect(item.customer?.first_user_event_at ?? AT.replace("Z", ".000Z")).toBe("2026-01-01T12:00:00.000Z");
      const one = counting();
      const single = await call("GET", `/v1/events/${item.id}`, { token, open: one.open });
      expect(single.json).toEqual(item);
      expect(one.count.trips).toBe(1);
    }
    await remove(c.id, "?anonymize=true");
    const after = await get("/v1/events/?limit=100");
    for (const item of after.items) {
      const owner = item.metadata.v <= 2 ? null : owners[item.metadata.v];
      expect([item.customer?.id ?? null, item.customer_id]).toEqual([
        owner?.id ?? null,
        item.metadata.v === 2 ? c.id : item.metadata.v === 4 ? d.id : item.metadata.v === 16 ? n.id : null,
      ]);
    }
  });

  it("counts in the size of a page", async ({ expect }) => {
    const { token, create, ingest } = await setUpCustomers();
    const metadata = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key ${i}`, "\u0001".repeat(500)]));
    await create({ external_id: "c", metadata });
    await create({ external_id: "e", email: "e@example.com" });
    const fill = {
      _llm: { vendor: "v", model: "m", input_tokens: 1, output_tokens: 1, total_tokens: 2, prompt: "x".repeat(30_000) },
    };
    await ingest(
      ...Array.from({ length: 100 }, (_, i) => ({
        name: "a",
        external_customer_id: i < 97 ? "c" : "e",
        metadata: fill,
      })),
    );
    const list = (limit: number) => call("GET", `/v1/events/?limit=${limit}&sorting=timestamp`, { token });
    expect(problems(await list(100))).toEqual(["query.limit value_error"]);
    expect((await list(50)).json.items).toHaveLength(50);
  });
});
