import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, grant, NOBODY, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { namesOf, setUpCustomers } from "../support/customers.ts";
import { counting, execute } from "../support/stores.ts";

describe("GET of one customer", () => {
  it("answers 401, 403 and 404", async ({ expect }) => {
    const { create, get } = await setUpCustomers();
    const { id } = await create({ external_id: "c1" });
    for (const path of [`/v1/customers/${id}`, "/v1/customers/external/c1"]) {
      expect((await call("GET", path)).status).toBe(401);
      expect((await call("GET", path, { token: await grant({ scopes: ["customer_meters:read"] }) })).status).toBe(403);
      expect((await call("GET", path, { token: await grant({ organization_id: OTHER_ORGANIZATION }) })).status).toBe(
        404,
      );
      expect((await call("GET", path, { token: await grant({ scopes: ["customers:read"] }) })).json.id).toBe(id);
    }
    expect((await get(NOBODY)).status).toBe(404);
    expect(problems(await get("x"))).toEqual(["path.id uuid_parsing"]);
    expect((await get(`${id.toUpperCase()}/`)).json.id).toBe(id);
  });

  it.for(["a b", "a/b", "a/", "/", "a%2Fb", "%", "a?b#c", "é", "external", "a+b", "ada@example.com", "%41"])(
    "finds the external id %j, percent-encoded once",
    async (external_id, { expect }) => {
      const { create, getExternal } = await setUpCustomers();
      const { id } = await create({ external_id });
      expect((await getExternal(external_id)).json).toMatchObject({ id, external_id });
    },
  );

  it("does not find what only resembles an external id", async ({ expect }) => {
    const { token, create } = await setUpCustomers();
    await create({ external_id: "c1" });
    await create({ external_id: "a/b", email: "b@example.com" });
    const status = async (id: string) => (await call("GET", `/v1/customers/external/${id}`, { token })).status;
    expect(await status("%631")).toBe(200);
    const others = ["C1", "%20c1", "c1/", "c1//", "/c1", "a/b", "a%252Fb", ""];
    for (const id of others) expect([id, await status(id)]).toEqual([id, 404]);
    for (const id of ["%", "%f", "%ff", "c1%zz", "%00"]) expect([id, await status(id)]).toEqual([id, 422]);
  });

  it("answers 304 while nothing has changed, the first event included", async ({ expect }) => {
    const { token, create, ingest } = await setUpCustomers();
    const { id } = await create({ external_id: "c1" });
    const get = (etag: string) => call("GET", `/v1/customers/${id}`, { token, headers: { "If-None-Match": etag } });
    expect((await get('"1"')).status).toBe(304);
    await ingest({ name: "e", external_customer_id: "c1", timestamp: "2026-01-01T00:00:00Z" });
    const changed = await get('"1"');
    expect([changed.status, changed.headers.get("ETag")]).toEqual([200, '"1.1767225600000"']);
    expect((await get('W/"1.1767225600000"')).status).toBe(304);
  });
});

describe("GET /v1/customers/", () => {
  const setUpList = async () => {
    const set = await setUpCustomers();
    const bodies = [
      { name: "Anna", email: "anna@example.com", external_id: "usr_1", metadata: { plan: "pro", seats: 5 } },
      { name: "bob", email: "Bob@example.com", external_id: "USR_2", metadata: { plan: "free" } },
      { email: "straße@example.org", metadata: { plan: "pro" } },
      { name: "ÉVA 100%", email: "e_va@example.net", external_id: "x_usr" },
    ];
    for (const body of bodies) await set.create(body);
    // Times that differ, whatever the clock does.
    await execute(sql`UPDATE customers SET created_at = rowid`);
    return set;
  };

  it("answers 401 and 403, and nothing of another organization", async ({ expect }) => {
    const { create } = await setUpCustomers();
    await create();
    expect((await call("GET", "/v1/customers/")).status).toBe(401);
    expect((await call("GET", "/v1/customers/", { token: await grant({ scopes: ["meters:read"] }) })).status).toBe(403);
    const answer = await call("GET", "/v1/customers", { token: await grant({ organization_id: OTHER_ORGANIZATION }) });
    expect(answer.json).toEqual({ items: [], pagination: { total_count: 0, max_page: 0 } });
  });

  it.for<[query: string, names: (string | null)[]]>([
    ["", ["ÉVA 100%", null, "bob", "Anna"]],
    ["?sorting=created_at", ["Anna", "bob", null, "ÉVA 100%"]],
    ["?sorting=name", ["Anna", "bob", "ÉVA 100%", null]],
    ["?sorting=-name", [null, "ÉVA 100%", "bob", "Anna"]],
    ["?sorting=email", ["bob", "Anna", "ÉVA 100%", null]],
    ["?sorting=-email&limit=1", [null]],
    ["?page=2&limit=3", ["Anna"]],
    ["?email=BOB@EXAMPLE.COM", ["bob"]],
    ["?email=%20bob@example.com", []],
    ["?query=éva", ["ÉVA 100%"]],
    ["?query=USR", ["bob", "Anna"]],
    ["?query=example.o", [null]],
    ["?query=%25", ["ÉVA 100%"]],
    ["?query=_va", ["ÉVA 100%"]],
    ["?query=b%25b", []],
    ["?metadata[plan]=pro", [null, "Anna"]],
    ["?metadata[plan]=pro&metadata[seats]=5", ["Anna"]],
    [`?organization_id=${ORGANIZATION}&query=anna`, ["Anna"]],
    [`?organization_id=${OTHER_ORGANIZATION}`, []],
  ])("%s", async ([query, names], { expect }) => {
    const { list } = await setUpList();
    expect(namesOf(await list(query))).toEqual(names);
  });

  it("refuses what is not a parameter's value", async ({ expect }) => {
    const { list } = await setUpCustomers();
    expect(problems(await list("?sorting=size&limit=0&email=%00&query=%00"))).toEqual([
      "query.email value_error",
      "query.query value_error",
      "query.limit greater_than",
      "query.sorting.0 enum",
    ]);
  });

  it("is one round trip, and refuses a page that is too large", async ({ expect }) => {
    const { token, create } = await setUpCustomers();
    const { open, count } = counting();
    await create({ name: "Ada" });
    expect(namesOf(await call("GET", "/v1/customers/", { token, open }))).toEqual(["Ada"]);
    expect(count.trips).toBe(1);
    await execute(
      sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
      INSERT INTO customers (id, organization_id, email, email_folded, metadata, created_at, version)
      SELECT 'id' || i, ${ORGANIZATION}, i || '@x.example', i || '@x.example', '{"a":"' || hex(zeroblob(150000)) || '"}', i, 1 FROM n`,
    );
    expect(problems(await call("GET", "/v1/customers/?limit=100", { token }))).toEqual(["query.limit value_error"]);
  });
});
