import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpBalances, unitsOf } from "../support/customer-meters.ts";
import { counting, execute } from "../support/stores.ts";

describe("GET of a customer's state", () => {
  it("answers 401, 403, 404 and 422, by either id", async ({ expect }) => {
    const { token, customer, state } = await setUpBalances();
    const { id } = await customer();
    for (const path of [`/v1/customers/${id}/state`, "/v1/customers/external/c1/state"]) {
      const status = async (of: string | null) => (await call("GET", path, { token: of })).status;
      expect(await status(null)).toBe(401);
      expect(await status(await grant({ scopes: ["customer_meters:read", "meters:read"] }))).toBe(403);
      expect(await status(await grant({ organization_id: OTHER_ORGANIZATION }))).toBe(404);
      for (const scope of ["customers:read", "customers:write"]) {
        expect(await status(await grant({ scopes: [scope] }))).toBe(200);
      }
    }
    expect((await state(NOBODY)).status).toBe(404);
    expect(problems(await state("x"))).toEqual(["path.id uuid_parsing"]);
    const external = (encoded: string) => call("GET", `/v1/customers/external/${encoded}/state`, { token });
    expect((await external("c2")).status).toBe(404);
    expect((await external("%ff")).status).toBe(422);
  });

  it("is the customer, then empty lists and the meters, in the documented order of keys", async ({ expect }) => {
    const { token, customer, meter, state, use, get } = await setUpBalances();
    const { id } = await customer();
    const { id: meterId } = await meter();
    await use("c1", 3);
    const { json, text } = await state(id);
    const own = (await call("GET", `/v1/customers/${id}`, { token })).json;
    const [row] = json.active_meters;
    expect(json).toEqual({ ...own, active_subscriptions: [], granted_benefits: [], active_meters: [row] });
    expect(Object.keys(json)).toEqual([
      ...Object.keys(own),
      "active_subscriptions",
      "granted_benefits",
      "active_meters",
    ]);
    const { customer_id, customer: _, meter: __, ...pair } = (await get(row.id)).json;
    expect(row).toEqual(pair);
    expect(Object.keys(row).join()).toBe(
      "id,created_at,modified_at,meter_id,consumed_units,credited_units,balance,held_units",
    );
    expect([customer_id, row.meter_id, ...unitsOf(row)]).toEqual([id, meterId, 3, 0, -3]);
    expect((await call("GET", "/v1/customers/external/c1/state", { token })).text).toBe(text);
    expect(json.first_user_event_at).not.toBeNull();
  });

  it("lists meters by age, of zeros too", async ({ expect }) => {
    const { customer, meter, state } = await setUpBalances();
    const { id } = await customer();
    expect((await state(id)).json.active_meters).toEqual([]);
    const ids: string[] = [];
    for (const func of ["sum", "count", "avg", "unique"]) {
      ids.push((await meter(func)).id);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const { active_meters: meters } = (await state(id)).json;
    expect(meters.map(({ meter_id }: any) => meter_id)).toEqual(ids);
    expect(meters.map(unitsOf)).toEqual(ids.map(() => [0, 0, 0]));
    expect(meters.map(({ modified_at }: any) => modified_at)).toEqual(ids.map(() => null));
  });

  it("has an archived meter where something was counted, credited or reset", async ({ expect }) => {
    const { customer, meter, state, archive, use, credit, reset } = await setUpBalances();
    const ids: string[] = [];
    for (const external_id of ["used", "credited", "reset", "idle"]) ids.push((await customer(external_id)).id);
    const { id: meterId } = await meter();
    await archive(meterId);
    expect((await state(ids[0]!)).json.active_meters).toEqual([]);
    await use("used", 1);
    await credit({ external_customer_id: "credited", meter_id: meterId, units: 5 });
    await reset({ external_customer_id: "reset", meter_id: meterId });
    const units = [];
    for (const id of ids) units.push((await state(id)).json.active_meters.map(unitsOf));
    expect(units).toEqual([[[1, 0, -1]], [[0, 5, 5]], [[0, 0, 0]], []]);
    await archive(meterId, false);
    expect((await state(ids[3]!)).json.active_meters.map(unitsOf)).toEqual([[0, 0, 0]]);
  });

  it("shows what happened to customer and meters at once", async ({ expect }) => {
    const { token, customer, meter, state, use, credit } = await setUpBalances();
    const { id } = await customer();
    const { id: meterId } = await meter();
    await state(id);
    await use("c1", 2);
    await credit({ customer_id: id, meter_id: meterId, units: 10 });
    await call("PATCH", `/v1/customers/${id}`, { token, body: { name: "New" } });
    const { json } = await state(id);
    expect([json.name, json.active_meters.map(unitsOf)]).toEqual(["New", [[2, 10, 8]]]);
    await meter("count");
    expect((await state(id)).json.active_meters.map(unitsOf)).toEqual([
      [2, 10, 8],
      [1, 0, -1],
    ]);
  });

  it("follows a change of the meter's definition", async ({ expect }) => {
    const { token, customer, meter, state, ingest } = await setUpBalances();
    const { id } = await customer();
    const { id: meterId } = await meter();
    await ingest({ name: "other", external_customer_id: "c1" });
    expect((await state(id)).json.active_meters.map(unitsOf)).toEqual([[0, 0, 0]]);
    const body = { filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } };
    expect((await call("PATCH", `/v1/meters/${meterId}`, { token, body })).status).toBe(200);
    expect((await state(id)).json.active_meters.map(unitsOf)).toEqual([[1, 0, -1]]);
  });

  it("answers 404 once the customer is deleted, and another one with its external id has a state", async ({
    expect,
  }) => {
    const { token, customer, meter, state, use, credit } = await setUpBalances();
    const { id } = await customer();
    const { id: meterId } = await meter();
    await use("c1", 4);
    await credit({ customer_id: id, meter_id: meterId, units: 10 });
    await call("DELETE", `/v1/customers/${id}`, { token });
    expect((await state(id)).status).toBe(404);
    const external = () => call("GET", "/v1/customers/external/c1/state", { token });
    expect((await external()).status).toBe(404);
    await customer();
    expect((await external()).json.active_meters.map(unitsOf)).toEqual([[0, 0, 0]]);
  });

  it.for(["state", "a/b", "external", "é", "a b"])("finds the external id %j", async (external_id, { expect }) => {
    const { token, customer } = await setUpBalances();
    const { id } = await customer(external_id);
    const answer = await call("GET", `/v1/customers/external/${encodeURIComponent(external_id)}/state`, { token });
    expect(answer.json).toMatchObject({ id, external_id, active_meters: [] });
    const { json } = await call("GET", `/v1/customers/external/${encodeURIComponent(external_id)}`, { token });
    expect([json.id, json.active_meters]).toEqual([id, undefined]);
  });

  it("reads as many meters at once as fit into a statement, by the length of what they aggregate", async ({ expect }) => {
    const { token, customer, state, meter } = await setUpBalances();
    await meter();
    const copied = sql`substr(id, 1, 31) || iif(substr(id, 32, 1) = '0', '1', '0') || format('%04d', i), organization_id, name, name_folded, unit, '{"conjunction":"and","clauses":[]}',
      json_object('func', iif(i % 2, 'unique', 'sum'), 'property', iif(i % 2, '_cost.amount', '_llm.n' || i))`;
    await execute(sql`
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 280)
      INSERT INTO meters (id, organization_id, name, name_folded, unit, filter, aggregation, metadata, created_at, version, definition_version, watermark)
      SELECT ${copied}, metadata, created_at, 1, 1, 0 FROM meters CROSS JOIN n`);
    const { id } = await customer();
    expect((await state(id)).json.active_meters).toHaveLength(281);
    const list = await call("GET", "/v1/customer-meters/", { token });
    expect(problems(list)).toEqual(["query.meter_id too_long"]);
  }); // prettier-ignore

  it("takes one round trip once the meters are known", async ({ expect }) => {
    const { token, customer, meter, state } = await setUpBalances();
    const { id } = await customer();
    await meter();
    await state(id);
    const { open, count } = counting();
    await call("GET", `/v1/customers/${id}/state`, { token, open });
    expect(count.trips).toBe(1);
  });
});
