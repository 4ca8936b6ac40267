import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, grant, NOBODY, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { rowsOf, setUpBalances, unitsOf } from "../support/customer-meters.ts";
import { execute } from "../support/stores.ts";

describe("GET /v1/customer-meters/", () => {
  /** Anna used 1 and 2, bob −7 and 3, and somebody without a name 5. */
  const setUpThree = async () => {
    const set = await setUpBalances();
    const [count, sum, archived] = [
      await set.meter("count"),
      await set.meter("sum"),
      await set.meter("count", "m_old"),
    ];
    const [anna, bob, nameless] = [
      await set.customer("ext-a", "Anna"),
      await set.customer(null, "bob"),
      await set.customer("ext-z", null),
    ];
    await set.use("ext-a", 1, 2);
    await set.use("ext-z", 5);
    await set.ingest(...[-7, 3].map((v) => ({ name: "use", customer_id: bob.id, metadata: { v } })));
    await set.archive(archived.id);
    return { ...set, count, sum, archived, anna, bob, nameless };
  };

  it("answers 401, 403, and nothing of another organization", async ({ expect }) => {
    const { meter, customer } = await setUpBalances();
    await meter();
    await customer();
    const status = async (token?: string) =>
      (await call("GET", "/v1/customer-meters/", { token: token ?? null })).status;
    expect(await status()).toBe(401);
    for (const scopes of [["customers:read", "meters:read"], ["customer_meters:write"]]) {
      expect(await status(await grant({ scopes }))).toBe(403);
    }
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    const { json } = await call("GET", "/v1/customer-meters/", { token: other });
    expect(json).toEqual({ items: [], pagination: { total_count: 0, max_page: 0 } });
    expect(await status(await grant({ scopes: ["customer_meters:read"] }))).toBe(200);
  });

  it("refuses too many long filters, and not because of meters that somebody else has archived since", async ({
    expect,
  }) => {
    const token = await grant();
    const clause = { property: "model", operator: "like", value: "x" };
    const filter = { conjunction: "or", clauses: Array.from({ length: 100 }, () => clause) };
    const body = { name: "Long filter", filter, aggregation: { func: "count" } };
    for (let count = 0; count < 5; count++) await call("POST", "/v1/meters/", { token, body });
    const refused = await call("GET", "/v1/customer-meters/", { token });
    expect([refused.status, problems(refused)]).toEqual([422, ["query.meter_id too_long"]]);
    await execute(sql`UPDATE meters SET archived_at = 1`);
    expect((await call("GET", "/v1/customer-meters/", { token })).status).toBe(200);
  });

  it("has customer and meter whole, in the documented order of keys", async ({ expect }) => {
    const { token, anna, sum, list } = await setUpThree();
    const { json } = await list(`?customer_id=${anna.id}&meter_id=${sum.id}`);
    const [row] = json.items;
    const customer = (await call("GET", `/v1/customers/${anna.id}`, { token })).json;
    const meter = (await call("GET", `/v1/meters/${sum.id}`, { token })).json;
    const numbers = { consumed_units: 3, credited_units: 0, balance: -3, held_units: 0 };
    expect(row).toEqual({
      id: row.id,
      created_at: customer.created_at,
      modified_at: row.modified_at,
      customer_id: anna.id,
      meter_id: sum.id,
      ...numbers,
      customer,
      meter,
    });
    expect(row.modified_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Object.keys(row).join()).toBe(
      "id,created_at,modified_at,customer_id,meter_id,consumed_units,credited_units,balance,held_units,customer,meter",
    );
    expect(Object.keys(row.customer)).toEqual(Object.keys(customer));
    expect(Object.keys(row.meter)).toEqual(Object.keys(meter));
  });

  it("has a row for each customer and each meter that is not archived, also of zeros", async ({ expect }) => {
    const { list, meter, customer } = await setUpBalances();
    const EMPTY = { items: [], pagination: { total_count: 0, max_page: 0 } };
    expect((await list()).json).toEqual(EMPTY);
    const { created_at, id } = await meter();
    expect((await list()).json).toEqual(EMPTY);
    const { id: customerId } = await customer();
    const { json } = await list();
    expect(json.items).toMatchObject([{ customer_id: customerId, meter_id: id, modified_at: null, balance: 0 }]);
    expect(json.items[0].created_at >= created_at).toBe(true);
  });

  it("leaves out archived meters unless they are named, and counts them on", async ({ expect }) => {
    const { list, archived, use, archive } = await setUpThree();
    const before = await list(`?meter_id=${archived.id}&external_customer_id=ext-a`);
    expect(before.json.items.map(unitsOf)).toEqual([[2, 0, -2]]);
    expect(before.json.items[0].meter.archived_at).not.toBeNull();
    await use("ext-a", 1);
    const after = await list(`?meter_id=${archived.id}&external_customer_id=ext-a`);
    expect(after.json.items.map(unitsOf)).toEqual([[3, 0, -3]]);
    expect((await list()).json.pagination.total_count).toBe(6);
    await archive(archived.id, false);
    expect((await list()).json.pagination.total_count).toBe(9);
  });

  it("leaves out deleted customers, whose external id can be another's afterwards", async ({ expect }) => {
    const { token, meter, customer, use, list } = await setUpBalances();
    await meter();
    const { id } = await customer();
    await use("c1", 4);
    await call("DELETE", `/v1/customers/${id}`, { token });
    expect((await list()).json.pagination.total_count).toBe(0);
    expect((await list(`?customer_id=${id}`)).json.items).toEqual([]);
    const { id: next } = await customer();
    expect((await list()).json.items).toMatchObject([{ customer_id: next, consumed_units: 0 }]);
  });

  it("joins both ids, an external id linked later too", async ({ expect }) => {
    const { token, meter, customer, use, ingest, list } = await setUpBalances();
    await meter();
    const { id } = await customer(null);
    await ingest({ name: "use", customer_id: id, metadata: { v: 10 } });
    await use("later", 5);
    expect((await list()).json.items.map(unitsOf)).toEqual([[10, 0, -10]]);
    await call("PATCH", `/v1/customers/${id}`, { token, body: { external_id: "later" } });
    expect((await list()).json.items.map(unitsOf)).toEqual([[15, 0, -15]]);
    // Of an event with both, the id counts.
    await ingest({ name: "use", customer_id: id, external_customer_id: "somebody else", metadata: { v: 1 } });
    expect((await list("?external_customer_id=later")).json.items.map(unitsOf)).toEqual([[16, 0, -16]]);
  });

  it("filters by customer, meter and organization, and-ed", async ({ expect }) => {
    const { list, anna, bob, sum, count } = await setUpThree();
    const order = "sorting=customer_name&sorting=meter_name";
    const ask = async (query: string) => rowsOf(await list(`?${query}&${order}`));
    expect(await ask(`customer_id=${anna.id}`)).toEqual(["Anna m_count", "Anna m_sum"]);
    expect(await ask(`customer_id=${anna.id}&customer_id=${bob.id}&meter_id=${sum.id}`)).toEqual([
      "Anna m_sum",
      "bob m_sum",
    ]);
    expect(await ask(`meter_id=${sum.id.toUpperCase()}`)).toEqual(["Anna m_sum", "bob m_sum", "null m_sum"]);
    expect(await ask(`meter_id=${sum.id}&meter_id=${count.id}&external_customer_id=ext-z`)).toEqual([
      "null m_count",
      "null m_sum",
    ]);
    expect(await ask(`customer_id=${anna.id}&external_customer_id=ext-a`)).toHaveLength(2);
    expect(await ask(`organization_id=${ORGANIZATION}`)).toHaveLength(6);
    for (const nothing of [
      `customer_id=${bob.id}&external_customer_id=ext-a`,
      "external_customer_id=",
      `customer_id=${NOBODY}`,
      `meter_id=${NOBODY}`,
      `organization_id=${OTHER_ORGANIZATION}`,
    ]) {
      expect([nothing, await ask(nothing)]).toEqual([nothing, []]);
    }
  });

  it.for([
    ["customer_name", ["Anna", "Anna", "bob", "bob", null, null]],
    ["consumed_units", [-4, 1, 2, 2, 3, 5]],
    ["balance", [-5, -3, -2, -2, -1, 4]],
    ["meter_name", ["m_count", "m_count", "m_count", "m_sum", "m_sum", "m_sum"]],
    ["credited_units", [0, 0, 0, 0, 0, 0]],
  ] as const)("sorts by %s, null last ascending and first descending", async ([name, ascending], { expect }) => {
    const { list } = await setUpThree();
    const values = async (sorting: string) =>
      (await list(`?sorting=${sorting}`)).json.items.map(({ customer, meter, ...row }: any) => {
        return { ...row, customer_name: customer.name, meter_name: meter.name }[name];
      });
    expect(await values(name)).toEqual(ascending);
    expect(await values(`-${name}`)).toEqual(ascending.toReversed());
  });

  it.for(["created_at", "customer_id", "meter_id"])("sorts by %s", async (name, { expect }) => {
    const { list } = await setUpThree();
    const values = async (sorting: string) =>
      (await list(`?sorting=${sorting}`)).json.items.map((row: any) => row[name]);
    const ascending = await values(name);
    expect(ascending).toEqual(ascending.toSorted());
    expect(await values(`-${name}`)).toEqual(ascending.toReversed());
  });

  it("sorts by modified_at, the default descending; null first then, last ascending", async ({ expect }) => {
    const { meter, customer, use, list, credit } = await setUpBalances();
    const { id } = await meter();
    for (const name of ["a", "b", "c"]) await customer(name, name);
    await execute(sql`UPDATE customers SET created_at = 0`);
    await use("a", 1);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await credit({ external_customer_id: "b", meter_id: id, units: 1 });
    const names = async (query: string) => (await list(query)).json.items.map(({ customer: { name } }: any) => name);
    expect(await names("")).toEqual(["c", "b", "a"]);
    expect(await names("?sorting=-modified_at")).toEqual(["c", "b", "a"]);
    expect(await names("?sorting=modified_at")).toEqual(["a", "b", "c"]);
  });

  it("pages without a duplicate or a hole, ties included", async ({ expect }) => {
    const { list } = await setUpThree();
    const ids: string[] = [];
    for (let page = 1; page <= 4; page++) {
      const { json } = await list(`?sorting=credited_units&limit=2&page=${page}`);
      expect(json.pagination).toEqual({ total_count: 6, max_page: 3 });
      ids.push(...json.items.map(({ id }: any) => id));
    }
    expect([ids.length, new Set(ids).size]).toEqual([6, 6]);
    expect((await list("?limit=1000")).json.pagination).toEqual({ total_count: 6, max_page: 1 });
    expect((await list("?page=9")).json.items).toEqual([]);
  });

  it("refuses a bad query, all of it at once", async ({ expect }) => {
    const { list } = await setUpBalances();
    const v1 = "b54adc00-67f9-11d9-9669-0800200c9a66";
    const answer = await list(
      `?sorting=balance&sorting=foo&limit=0&page=x&meter_id=x&customer_id=${v1}&external_customer_id=%00`,
    );
    expect(problems(answer).toSorted()).toEqual(
      [
        "query.customer_id.0 uuid_version",
        "query.external_customer_id.0 value_error",
        "query.limit greater_than",
        "query.meter_id.0 uuid_parsing",
        "query.page int_parsing",
        "query.sorting.1 enum",
      ].toSorted(),
    );
  });

  it("refuses to compute more than 10,000 balances to sort them, and to sort more than 100,000 pairs unless of one meter", async ({
    expect,
  }) => {
    const { list, meter } = await setUpBalances();
    const { id } = await meter();
    const rows = sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100001)`;
    await execute(
      sql`INSERT INTO customers (id, organization_id, email, email_folded, metadata, created_at, version)
      ${rows} SELECT format('%08x-0000-4000-8000-000000000000', i), ${ORGANIZATION}, i, i, '{}', 0, 1 FROM n`,
    );
    const answer = await list();
    expect(problems(answer)).toEqual(["query scan_too_large"]);
    expect(answer.json.error).toBe("PolarRequestValidationError");
    expect(answer.json.detail[0].msg).toContain("Filter by customer_id");
    expect(problems(await list(`?meter_id=${id}&sorting=balance`))).toEqual(["query scan_too_large"]);
    expect((await list(`?meter_id=${id}&sorting=-created_at&limit=2`)).json.pagination.total_count).toBe(100_001);
    const { id: other } = await meter();
    for (const filter of ["", `&meter_id=${id}&meter_id=${other}`])
      expect(problems(await list(`?sorting=meter_id${filter}`))).toEqual(["query too_long"]);
    await execute(sql`UPDATE meters SET archived_at = 1 WHERE id = ${other}`);
    const filtered = await list("?customer_id=00000001-0000-4000-8000-000000000000");
    expect(filtered.json.pagination.total_count).toBe(1);
    await execute(sql`UPDATE customers SET deleted_at = 1 WHERE email = '1'`);
    expect((await list(`?sorting=meter_id&limit=1`)).json.pagination.total_count).toBe(100_000);
    expect(id).toBeTypeOf("string");
  });
});
