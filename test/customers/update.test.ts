import { describe, it } from "vitest";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpCustomers } from "../support/customers.ts";
import { conflicting, counting } from "../support/stores.ts";

const FULL = { name: "Ada", external_id: "c1", metadata: { plan: "pro" } };

describe("PATCH of a customer", () => {
  it("answers 401, 403 and 404", async ({ expect }) => {
    const { create, patch } = await setUpCustomers();
    const { id } = await create(FULL);
    for (const path of [`/v1/customers/${id}`, "/v1/customers/external/c1"]) {
      const ask = async (token?: string) => (await call("PATCH", path, { token: token ?? null, body: {} })).status;
      expect(await ask()).toBe(401);
      expect(await ask(await grant({ scopes: ["customers:read"] }))).toBe(403);
      expect(await ask(await grant({ organization_id: OTHER_ORGANIZATION }))).toBe(404);
    }
    expect((await patch(NOBODY, { email: "b@example.com" })).status).toBe(404);
    expect(problems(await patch("x", { name: 5 }))).toEqual(["path.id uuid_parsing", "body.name string_type"]);
  });

  it.for<[body: object, changed: object]>([
    [{}, {}],
    [{ email: null, type: "individual", owner: null, unknown: 1 }, {}],
    [{ email: "ada@EXAMPLE.com" }, {}],
    [{ email: "ADA@example.com" }, { email: "ADA@example.com" }],
    [{ email: "b@example.com" }, { email: "b@example.com" }],
    [{ name: " Grace " }, { name: "Grace", billing_name: "Grace" }],
    [{ name: "Ada" }, { name: "Ada" }],
    [{ name: null }, { name: null, billing_name: null }],
    [{ name: " " }, { name: null, billing_name: null }],
    [{ metadata: {} }, { metadata: {} }],
    [{ external_id: " c1 " }, { external_id: "c1" }],
  ])("%j", async ([body, changed], { expect }) => {
    const { create, patch, get } = await setUpCustomers();
    const before = await create(FULL);
    const answer = await patch(before.id, body);
    const isChange = Object.keys(changed).length > 0;
    const modified_at = isChange ? expect.stringMatching(/Z$/) : null;
    const { avatar_url: _, ...rest } = before;
    expect(answer.json).toMatchObject({ ...rest, ...changed, modified_at });
    expect(answer.headers.get("ETag")).toBe(isChange ? '"2"' : '"1"');
    expect((await get(before.id)).json).toEqual(answer.json);
  });

  it.for<[body: object, found: string[]]>([
    [{ metadata: null }, ["body.metadata dict_type"]],
    [
      { email: "x", name: 5, metadata: 5 },
      ["body.metadata dict_type", "body.email value_error", "body.name string_type"],
    ],
    [{ type: "team" }, ["body.type value_error"]],
    [{ type: "company" }, ["body.type enum"]],
    [{ external_id: "c2" }, ["body.external_id value_error"]],
    [{ external_id: null, email: "B@example.com" }, ["body.email value_error", "body.external_id value_error"]],
    [{ email: "b@EXAMPLE.com" }, ["body.email value_error"]],
    [{ billing_address: {}, owner: 1 }, ["body.billing_address value_error", "body.owner value_error"]],
  ])("refuses %j, and changes nothing", async ([body, found], { expect }) => {
    const { create, patch, get } = await setUpCustomers();
    const before = await create(FULL);
    await create({ email: "b@example.com", external_id: "b" });
    expect(problems(await patch(before.id, body))).toEqual(found);
    expect((await get(before.id)).json).toEqual(before);
  });

  it("sets an external id once, unless another customer has it", async ({ expect }) => {
    const { create, patch } = await setUpCustomers();
    await create({ email: "b@example.com", external_id: "b" });
    const { id } = await create();
    expect(problems(await patch(id, { external_id: "b" }))).toEqual(["body.external_id value_error"]);
    expect((await patch(id, { external_id: null })).json.external_id).toBeNull();
    expect((await patch(id, { external_id: "c" })).json.external_id).toBe("c");
    expect(problems(await patch(id, { external_id: "" }))).toEqual(["body.external_id value_error"]);
  });

  it("by external id ignores an external id in the body", async ({ expect }) => {
    const { token, create } = await setUpCustomers();
    const { id } = await create(FULL);
    const body = { external_id: 5, name: "Grace" };
    const answer = await call("PATCH", "/v1/customers/external/c1", { token, body });
    expect(answer.json).toMatchObject({ id, external_id: "c1", name: "Grace" });
  });

  it("gives one of sixteen customers at once the same e-mail address", async ({ expect }) => {
    const { create, patch } = await setUpCustomers();
    const made = await Promise.all(Array.from({ length: 16 }, (_, i) => create({ email: `${i}@example.com` })));
    const answers = await Promise.all(made.map(({ id }) => patch(id, { email: "one@example.com" })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(15);
  });

  it("merges concurrent updates, in two round trips each", async ({ expect }) => {
    const { token, create, patch, get } = await setUpCustomers();
    const { id } = await create();
    await Promise.all([patch(id, { name: "Ada" }), patch(id, { metadata: { a: 1 } }), patch(id, { external_id: "c" })]);
    expect((await get(id)).json).toMatchObject({ name: "Ada", metadata: { a: 1 }, external_id: "c" });
    const { open, count } = counting();
    await call("PATCH", `/v1/customers/${id}`, { token, body: { name: "B" }, open });
    expect(count.trips).toBe(2);
    const refused = await call("PATCH", `/v1/customers/${id}`, { token, body: { name: "C" }, open: conflicting() });
    expect([refused.status, refused.json.error]).toEqual([409, "Conflict"]);
  });

  it("changes only the version in If-Match, whatever events came since", async ({ expect }) => {
    const { create, patch, ingest } = await setUpCustomers();
    const { id } = await create(FULL);
    await ingest({ name: "e", external_customer_id: "c1" });
    const changed = await patch(id, { name: "B" }, { "If-Match": '"1"' });
    expect(changed.status).toBe(200);
    expect((await patch(id, { name: "C" }, { "If-Match": '"1"' })).status).toBe(412);
    expect((await patch(id, { name: "C" }, { "If-Match": changed.headers.get("ETag")! })).status).toBe(200);
    expect((await patch(id, { name: "D" }, { "If-Match": `W/${changed.headers.get("ETag")}` })).status).toBe(412);
    expect((await patch(id, { name: "D" }, { "If-Match": 'W/"3.1767225600000"' })).status).toBe(200);
  });
});
