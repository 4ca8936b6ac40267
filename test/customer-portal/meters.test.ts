import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { call, grant, METER, NOBODY, problems } from "../support/api.ts";
import { makeCustomer } from "../support/sessions.ts";
import { execute } from "../support/stores.ts";
import { customerMeterId } from "../../src/engine/reading/customer-meter-id.ts";

const LIST = "/v1/customer-portal/meters/";
const SUM = { func: "sum", property: "v" };

/** A customer with meters: of tokens, with a credit; of seconds, without use; archived ones with and without use. */
async function setUp() {
  const token = await grant();
  const { customer_id, session } = await makeCustomer(token);
  const make = async (name: string, more: object = {}) => {
    const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: name }] };
    const { json } = await call("POST", "/v1/meters/", { token, body: { ...METER, name, filter, aggregation: SUM, ...more } }); // prettier-ignore
    return json.id as string;
  };
  const use = (name: string, v: number, of = "c1") =>
    call("POST", "/v1/events/ingest", {
      token,
      body: { events: [{ name, external_customer_id: of, timestamp: "2026-01-01T12:00:00Z", metadata: { v } }] },
    });
  const tokens = await make("AI tokens", { unit: "token" });
  const seconds = await make("Seconds", { unit: "custom", custom_label: "s", metadata: { private: "yes" } });
  const [used, unused] = [await make("Used before"), await make("Never used")];
  await use("AI tokens", 40);
  await use("AI tokens", 500, "somebody else");
  await use("Used before", 3);
  for (const id of [used, unused]) await call("PATCH", `/v1/meters/${id}`, { token, body: { is_archived: true } });
  const enter = (path: string, more: object) =>
    call("POST", `/v1/customer-meters/${path}`, { token, body: { customer_id, meter_id: tokens, ...more } });
  await enter("credits", { units: 100 });
  const list = async (query = "") => (await call("GET", `${LIST}?${query}`, { token: session })).json;
  return { token, session, customer_id, tokens, seconds, used, unused, enter, list };
}

const namesOf = ({ items }: any) => items.map(({ meter }: any) => meter.name);

describe("GET /v1/customer-portal/meters/", () => {
  it("lists the customer's balances, and of the meters nothing but name and times", async ({ expect }) => {
    const { customer_id, tokens, list, token } = await setUp();
    const { items, pagination } = await list("sorting=meter_name");
    expect(namesOf({ items })).toEqual(["AI tokens", "Seconds", "Used before"]);
    expect(pagination).toEqual({ total_count: 3, max_page: 1 });
    const { json } = await call("GET", `/v1/customer-meters/?customer_id=${customer_id}&meter_id=${tokens}`, { token });
    const [{ meter, customer: _, ...balance }] = json.items;
    const { id, created_at, modified_at, name } = meter;
    const own = { unit: "token", custom_label: null, reset_at: null };
    expect(items[0]).toEqual({ ...balance, meter: { id, created_at, modified_at, name }, ...own });
    expect(items[0]).toMatchObject({ consumed_units: 40, credited_units: 100, balance: 60 });
    expect(items[1]).toMatchObject({ unit: "custom", custom_label: "s", consumed_units: 0, modified_at: null });
  });

  it("says when a balance was reset last", async ({ expect }) => {
    vi.setSystemTime("2027-02-03T04:05:06.789Z");
    const { enter, list } = await setUp();
    await enter("resets", { rollover: true });
    const { items } = await list("sorting=meter_name");
    expect(items[0]).toMatchObject({ reset_at: "2027-02-03T04:05:06.789Z", consumed_units: 0, credited_units: 60 });
  });

  it.for<[query: string, names: string[]]>([
    ["", ["Seconds", "AI tokens", "Used before"]],
    ["sorting=modified_at", ["Used before", "AI tokens", "Seconds"]],
    ["sorting=-meter_name", ["Used before", "Seconds", "AI tokens"]],
    ["sorting=balance", ["Used before", "Seconds", "AI tokens"]],
    ["sorting=-consumed_units", ["AI tokens", "Used before", "Seconds"]],
    ["sorting=credited_units&sorting=-meter_name", ["Used before", "Seconds", "AI tokens"]],
    ["query=SEC", ["Seconds"]],
    ["query=nothing", []],
    ["sorting=meter_name&limit=1&page=2", ["Seconds"]],
    ["page=9", []],
  ])("sorts, filters and pages as Polar does: %s", async ([query, names], { expect }) => {
    const { list } = await setUp();
    const { items } = await list(query);
    // Both of the last ones were changed at nearly the same moment.
    if (query === "") expect(namesOf({ items })[0]).toBe("Seconds");
    else if (query === "sorting=modified_at") expect(namesOf({ items }).at(-1)).toBe("Seconds");
    else expect(namesOf({ items })).toEqual(names);
  });

  it("filters by meters, and finds none that are others' or never had anything", async ({ expect }) => {
    const { list, seconds, used, unused } = await setUp();
    const ids = [seconds, used, unused, NOBODY].map((id) => `meter_id=${id}`);
    expect(namesOf(await list(`sorting=meter_name&${ids.join("&")}`))).toEqual(["Seconds", "Used before"]);
  });

  it("answers 422 to orders and pages that there are not", async ({ expect }) => {
    const { session } = await setUp();
    for (const [query, problem] of [
      ["sorting=customer_name", "query.sorting.0 enum"],
      ["page=0", "query.page greater_than"],
      ["meter_id=x", "query.meter_id.0 uuid_parsing"],
    ]) {
      expect(problems(await call("GET", `${LIST}?${query}`, { token: session }))).toEqual([problem]);
    }
  });

  it("answers 422 when the names of all meters would be too much for an answer", async ({ expect }) => {
    const token = await grant();
    const { session } = await makeCustomer(token);
    for (let count = 0; count < 10; count++) await call("POST", "/v1/meters/", { token, body: METER });
    await execute(sql`UPDATE meters SET name = hex(zeroblob(900000))`);
    const answer = await call("GET", LIST, { token: session });
    expect([answer.status, problems(answer)]).toEqual([422, ["query too_long"]]);
  });
});

describe("GET /v1/customer-portal/meters/{id}", () => {
  it("answers what the list has, also of an archived meter that was used", async ({ expect }) => {
    const { list, session } = await setUp();
    for (const item of (await list()).items) {
      expect((await call("GET", `${LIST}${item.id}`, { token: session })).json).toEqual(item);
    }
  });

  it("answers 404 for a meter's own id, and for an archived meter that was never used", async ({ expect }) => {
    const { session, tokens, unused, customer_id } = await setUp();
    for (const id of [tokens, customerMeterId(unused, customer_id), NOBODY]) {
      expect((await call("GET", `${LIST}${id}`, { token: session })).status).toBe(404);
    }
  });
});

describe("GET /v1/customer-portal/meters/{id}/quantities", () => {
  const RANGE = "start_timestamp=2025-12-31T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";

  it("answers the customer's own quantities, by the id of the balance or of the meter", async ({ expect }) => {
    const { session, token, tokens, customer_id } = await setUp();
    const ask = (id: string, query = RANGE) => call("GET", `${LIST}${id}/quantities?${query}`, { token: session });
    const whole = await call("GET", `/v1/meters/${tokens}/quantities?${RANGE}&customer_id=${customer_id}`, { token });
    expect(whole.json.total).toBe(40);
    for (const id of [tokens, customerMeterId(tokens, customer_id)]) expect((await ask(id)).json).toEqual(whole.json);
    // What would show others is ignored, as any parameter that there is not.
    expect((await ask(tokens, `${RANGE}&external_customer_id=somebody+else`)).json.total).toBe(40);
  });

  it("takes intervals and time zones as meters do", async ({ expect }) => {
    const { session, tokens } = await setUp();
    const zone = `${RANGE}&timezone=America/Los_Angeles`;
    // In Los Angeles both are times of 30 and 31 December.
    expect((await call("GET", `${LIST}${tokens}/quantities?${zone}`, { token: session })).json.total).toBe(0);
    const bad = await call("GET", `${LIST}${tokens}/quantities?${RANGE}&timezone=Mars`, { token: session });
    expect(problems(bad)).toEqual(["query.timezone value_error"]);
  });

  it("groups by the meter's dimensions alone, the events of its customer", async ({ expect }) => {
    const token = await grant();
    const { session } = await makeCustomer(token);
    const body = { ...METER, dimensions: ["model", "_llm.model"] };
    const [{ id }, plain] = [(await call("POST", "/v1/meters/", { token, body })).json, (await call("POST", "/v1/meters/", { token, body: METER })).json]; // prettier-ignore
    const events = ["a", "b", "a"].map((model, i) => ({ name: "n", external_customer_id: i === 2 ? "other" : "c1", timestamp: "2026-01-01T12:00:00Z", metadata: { model } })); // prettier-ignore
    await call("POST", "/v1/events/ingest", { token, body: { events } });
    const ask = (meter: string, groupBy: string) =>
      call("GET", `${LIST}${meter}/quantities?${RANGE}&group_by=${groupBy}`, { token: session });
    for (const name of ["model", "metadata.model"]) {
      const { json } = await ask(id, name);
      expect([json.total, json.groups.map(({ key, total }: any) => [key, total])]).toEqual([2, [["a", 1], ["b", 1]]]); // prettier-ignore
    }
    for (const name of ["customer", "name", "other"])
      expect(problems(await ask(id, name))).toEqual(["query.group_by value_error"]);
    expect((await ask(id, "name")).text).toContain("Use one of: model, _llm.model.");
    expect((await ask(plain.id, "model")).text).toContain("This meter has no dimensions.");
  });

  it("answers 404 for an archived meter that the customer never used", async ({ expect }) => {
    const { session, used, unused } = await setUp();
    const status = async (id: string) => (await call("GET", `${LIST}${id}/quantities?${RANGE}`, { token: session })).status; // prettier-ignore
    expect([await status(used), await status(unused), await status(NOBODY)]).toEqual([200, 404, 404]);
  });
});

describe("GET /v1/customer-portal/customers/me", () => {
  it("answers the customer, without metadata and external id; user and me agree", async ({ expect }) => {
    const token = await grant();
    const { customer_id, session } = await makeCustomer(token);
    await call("PATCH", `/v1/customers/${customer_id}`, { token, body: { metadata: { note: "private" } } });
    const { json } = await call("GET", "/v1/customer-portal/customers/me", { token: session });
    expect(json).toMatchObject({ id: customer_id, email: "c1@example.com", name: "c1", oauth_accounts: {} });
    for (const name of ["metadata", "external_id", "organization_id"]) expect(json).not.toHaveProperty(name);
    const user = await call("GET", "/v1/customer-portal/customer-session/user", { token: session });
    expect(user.json).toEqual({ type: "customer", name: "c1", email: "c1@example.com", customer_id, member_id: null, role: null }); // prettier-ignore
  });
});
