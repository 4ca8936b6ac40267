import { describe, it } from "vitest";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpBalances, unitsOf } from "../support/customer-meters.ts";

describe("GET /v1/customer-meters/{id}", () => {
  const setUpOne = async () => {
    const set = await setUpBalances();
    const meter = await set.meter();
    const customer = await set.customer();
    const [row] = (await set.list()).json.items;
    return { ...set, meterId: meter.id, customerId: customer.id, row };
  };

  it("answers 401, 403, 404 and 422", async ({ expect }) => {
    const { row, get } = await setUpOne();
    const path = `/v1/customer-meters/${row.id}`;
    expect((await call("GET", path)).status).toBe(401);
    const scopes = ["meters:read", "meters:write", "customers:read", "customers:write", "customer_meters:write"];
    expect((await call("GET", path, { token: await grant({ scopes }) })).status).toBe(403);
    const other = await call("GET", path, { token: await grant({ organization_id: OTHER_ORGANIZATION }) });
    expect([other.status, other.json.error]).toEqual([404, "ResourceNotFound"]);
    expect((await get(NOBODY)).status).toBe(404);
    expect(problems(await get("x"))).toEqual(["path.id uuid_parsing"]);
    expect(problems(await get("b54adc00-67f9-11d9-9669-0800200c9a66"))).toEqual(["path.id uuid_version"]);
    for (const word of ["credits", "resets"]) expect((await get(word)).status).toBe(422);
  });

  it("answers what the list has, in either form of the path and any case of the id", async ({ expect }) => {
    const { row, get, list, use } = await setUpOne();
    expect(row.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect((await get(row.id)).json).toEqual(row);
    expect((await get(`${row.id.toUpperCase()}/`)).json).toEqual(row);
    await use("c1", 1, 2);
    const after = await get(row.id);
    expect(unitsOf(after.json)).toEqual([3, 0, -3]);
    const listed = await list();
    expect(after.text).toBe(listed.text.slice('{"items":['.length, listed.text.indexOf('],"pagination"')));
  });

  it("keeps the id through changes of customer and meter", async ({ expect }) => {
    const { token, row, get, meterId, customerId, archive } = await setUpOne();
    await call("PATCH", `/v1/customers/${customerId}`, { token, body: { name: "Ada L." } });
    await call("PATCH", `/v1/meters/${meterId}`, { token, body: { name: "Renamed", aggregation: { func: "count" } } });
    const { json } = await get(row.id);
    expect(json).toMatchObject({ id: row.id, customer: { name: "Ada L." }, meter: { name: "Renamed" } });
    await archive(meterId);
    expect((await get(row.id)).json.meter.archived_at).not.toBeNull();
  });

  it("answers 404 once the customer is deleted", async ({ expect }) => {
    const { token, row, get, customerId } = await setUpOne();
    await call("DELETE", `/v1/customers/${customerId}`, { token });
    expect((await get(row.id)).status).toBe(404);
  });

  it("finds each pair by its own id", async ({ expect }) => {
    const { meter, customer, list, get } = await setUpOne();
    await meter("max");
    await customer("c2", "Bo");
    const { items } = (await list("?limit=100")).json;
    expect(items).toHaveLength(4);
    for (const row of items) expect((await get(row.id)).json).toEqual(row);
  });
});
