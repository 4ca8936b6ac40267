import { describe, it } from "vitest";
import { call, grant, METER, OTHER_ORGANIZATION, problems } from "../support/api.ts";

/** Texts that would end a literal, a name, a path into JSON or a statement, if they were ever part of one. */
const HOSTILE = [
  "x'; DROP TABLE events; --",
  "x' OR '1'='1",
  'x" OR 1=1 --',
  '$"',
  '"x"',
  "x'))--",
  "$[0]",
  "#-1",
  "?1",
  "${x}",
  "%",
  "x\\",
  "\\u0027",
  "`x`",
  "x/*",
  "*/ OR 1",
  "x\n; --",
  "ｘ＇ OR 1",
];
const RANGE = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";
const AT = "2026-01-01T12:00:00Z";

/** An organization in which one event has a text in each place, beside others that have none of it. */
async function setUp(text: string) {
  const token = await grant();
  const post = async (path: string, body: object) => (await call("POST", path, { token, body })).json;
  const own = {
    name: text,
    external_customer_id: text,
    external_id: text,
    timestamp: AT,
    metadata: { [text]: text, [`n${text}`]: 3 },
  };
  const plain = { name: "plain", external_customer_id: "plain", timestamp: AT, metadata: { x: "1" } };
  await post("/v1/events/ingest", { events: [plain, own, { ...plain, external_id: "plain" }] });
  await call("POST", "/v1/events/ingest", {
    token: await grant({ organization_id: OTHER_ORGANIZATION }),
    body: { events: [plain, own] },
  });
  const total = async (clause: object, aggregation: object, query = "") => {
    const filter = { conjunction: "and", clauses: [clause] };
    const meter = await post("/v1/meters/", { ...METER, filter, aggregation });
    return (await call("GET", `/v1/meters/${meter.id}/quantities?${RANGE}&${query}`, { token })).json.total;
  };
  const count = async (name: string, value: string) => {
    const query = new URLSearchParams({ [name]: value, source: "user" });
    return (await call("GET", `/v1/events/?${String(query)}`, { token })).json.pagination.total_count;
  };
  return { token, post, total, count };
}

describe("A hostile text", () => {
  it.for(HOSTILE)("is a value wherever it is taken: %j", async (text, { expect }) => {
    const { total, count, post, token } = await setUp(text);
    const equal = { property: text, operator: "eq", value: text };
    // In properties a dot separates names, which none of these texts has.
    expect(await total(equal, { func: "count" })).toBe(1);
    expect(await total({ ...equal, operator: "like" }, { func: "sum", property: `n${text}` })).toBe(3);
    expect(await total(equal, { func: "unique", property: text })).toBe(1);
    expect(await total({ property: "name", operator: "ne", value: text }, { func: "count" })).toBe(2);
    const customer = new URLSearchParams({ external_customer_id: text });
    expect(await total(equal, { func: "count" }, String(customer))).toBe(1);
    expect(await count("name", text)).toBe(1);
    expect(await count("external_customer_id", text)).toBe(1);
    if (!text.includes("]")) expect(await count(`metadata[${text}]`, text)).toBe(1);

    const name = `${text} a meter`;
    await post("/v1/meters/", { ...METER, name, metadata: { [text]: text } });
    const found = await call("GET", `/v1/meters/?${String(new URLSearchParams({ query: name }))}`, { token });
    expect(found.json.items).toMatchObject([{ name, metadata: { [text]: text } }]);
    await post("/v1/customers/", { email: "ada@example.com", external_id: `id ${text}`, name });
    const path = `/v1/customers/external/${encodeURIComponent(`id ${text}`)}`;
    expect((await call("GET", path, { token })).json).toMatchObject({ name });
    const customers = await call("GET", `/v1/customers/?${String(new URLSearchParams({ query: name }))}`, { token });
    expect(customers.json.items).toHaveLength(1);
  });

  it.for(HOSTILE)("is refused where only names of ours are taken: %j", async (text, { expect }) => {
    const token = await grant();
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
    const ask = async (path: string, name: string) =>
      problems(await call("GET", `${path}${String(new URLSearchParams({ [name]: text }))}`, { token }));
    for (const path of ["meters", "events", "events/names", "customers", "customer-meters"]) {
      expect(await ask(`/v1/${path}/?`, "sorting")).toEqual(["query.sorting.0 enum"]);
    }
    const quantities = `/v1/meters/${meter.id}/quantities?${RANGE}&`;
    expect(await ask(quantities, "timezone")).toEqual(["query.timezone value_error"]);
    expect(await ask(quantities, "interval")).toEqual(["query.interval enum"]);
    expect(await ask(quantities, "customer_aggregation_function")).toEqual([
      "query.customer_aggregation_function enum",
    ]);
  });
});
