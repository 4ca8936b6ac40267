import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpCustomers } from "../support/customers.ts";
import { execute } from "../support/stores.ts";

const FULL = { email: "secret@example.com", name: "Secret Name", external_id: "c1", metadata: { note: "secret" } };

/** Every text in the database. */
async function everything(): Promise<string> {
  const tables = [
    "customers",
    "idempotency_keys",
    "events",
    "customer_activity",
    "meter_rollups",
    "meter_totals",
    "organizations",
  ];
  const found = await Promise.all(tables.map((table) => execute(sql.raw(`SELECT * FROM ${table}`))));
  return JSON.stringify(found).toLowerCase();
}

describe("DELETE of a customer", () => {
  it("answers 401, 403, 404 and 422", async ({ expect }) => {
    const { create, remove } = await setUpCustomers();
    const { id } = await create(FULL);
    for (const path of [`/v1/customers/${id}`, "/v1/customers/external/c1"]) {
      const ask = async (token?: string) => (await call("DELETE", path, { token: token ?? null })).status;
      expect(await ask()).toBe(401);
      expect(await ask(await grant({ scopes: ["customers:read"] }))).toBe(403);
      expect(await ask(await grant({ organization_id: OTHER_ORGANIZATION }))).toBe(404);
    }
    expect((await remove(NOBODY)).status).toBe(404);
    expect(problems(await remove("x"))).toEqual(["path.id uuid_parsing"]);
    expect(problems(await remove(id, "?anonymize="))).toEqual(["query.anonymize bool_parsing"]);
    const collection = await remove("");
    expect([collection.status, collection.headers.get("Allow")]).toEqual([405, "GET, HEAD, POST, OPTIONS"]);
  });

  it.for(["", "external/"])("by %sid: nothing finds the customer any more", async (external, { expect }) => {
    const { create, remove, get, getExternal, patch, list } = await setUpCustomers();
    const { id } = await create(FULL);
    const named = external === "" ? id : "external/c1";
    const answer = await remove(named);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect((await get(id)).status).toBe(404);
    expect((await getExternal("c1")).status).toBe(404);
    expect((await patch(id, { name: "x" })).status).toBe(404);
    expect((await remove(named)).status).toBe(404);
    expect((await list()).json.pagination.total_count).toBe(0);
    expect(await everything()).toContain("secret@example.com");
  });

  it("anonymizes: no personal data is left, in the row or in the answer to its creation", async ({ expect }) => {
    const { post, remove, ingest } = await setUpCustomers();
    const { json } = await post(FULL, { "Idempotency-Key": "signup" });
    await post({ email: "other@example.com" }, { "Idempotency-Key": "other" });
    await ingest({ name: "e", external_customer_id: "c1" });
    expect(await everything()).toContain("secret");
    expect((await remove(json.id, "?anonymize=yes")).status).toBe(204);
    expect(await everything()).not.toContain("secret");
    const rows = await execute(sql`SELECT id, deleted_at, external_id FROM customers WHERE id = ${json.id}`);
    expect(rows).toEqual([{ id: json.id, deleted_at: expect.any(Number), external_id: "c1" }]);
    expect(await execute(sql`SELECT key FROM idempotency_keys`)).toEqual([{ key: "other" }]);
  });

  it("frees the values for others, more than once", async ({ expect }) => {
    const { create, remove } = await setUpCustomers();
    for (let i = 0; i < 3; i++) expect((await remove((await create(FULL)).id, "?anonymize=true")).status).toBe(204);
  });
});

describe("The log", () => {
  it("has no e-mail address, name or external id of a request", async ({ expect }) => {
    const { post, patch, remove, list, token } = await setUpCustomers();
    const lines = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    const customer = { ...FULL, external_id: "secret-1" };
    const { json } = await post(customer);
    await post(customer);
    await patch(json.id, { email: "secret" });
    await list("?email=secret@example.com&query=Secret");
    await call("GET", "/v1/customers/external/secret%40example.com", { token });
    await call("GET", "/v1/customers/external/secret/extra", { token });
    await remove("external/secret-1");
    await execute(sql`DROP TABLE customers`);
    expect((await post(customer)).status).toBe(503);
    expect((await list("?email=secret@example.com")).status).toBe(503);
    const text = lines.flatMap(({ mock }) => mock.calls.flat()).join("\n");
    expect(text).toContain('"route":"/v1/customers/external/:external_id"');
    expect(text.toLowerCase()).not.toContain("secret");
  });
});
