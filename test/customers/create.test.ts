import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { call, grant, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { CUSTOMER, setUpCustomers } from "../support/customers.ts";
import { countRows, counting, losing } from "../support/stores.ts";

const post = async (body: unknown, token?: string | null) =>
  call("POST", "/v1/customers/", { token: token === undefined ? await grant() : token, body });
const stored = (organizationId?: string) => countRows("customers", organizationId);

describe("POST /v1/customers/", () => {
  it("answers 401 without a token, and 403 without the scope", async ({ expect }) => {
    expect((await post("{", null)).status).toBe(401);
    for (const scopes of [["customers:read"], ["meters:write", "customer_meters:write"]]) {
      expect((await post("{", await grant({ scopes }))).status).toBe(403);
    }
    expect((await post(CUSTOMER, await grant({ scopes: ["customers:write"] }))).status).toBe(201);
  });

  it("creates a customer, with every field that Polar's has, in its order", async ({ expect }) => {
    const body = { ...CUSTOMER, name: "Ada", external_id: "c1", metadata: { plan: "pro" }, type: "individual" };
    const answer = await post({ ...body, organization_id: ORGANIZATION, owner: null, locale: null, unknown: 1 });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("ETag")).toBe('"1"');
    expect(Object.entries(answer.json)).toEqual([
      ["id", expect.stringMatching(/^[0-9a-f-]{36}$/)],
      ["created_at", expect.stringMatching(/Z$/)],
      ["modified_at", null],
      ["metadata", { plan: "pro" }],
      ["external_id", "c1"],
      ["email", "ada@example.com"],
      ["email_verified", false],
      ["type", "individual"],
      ["name", "Ada"],
      ["billing_name", "Ada"],
      ["billing_address", null],
      ["tax_id", null],
      ["locale", null],
      ["organization_id", ORGANIZATION],
      ["default_payment_method_id", null],
      ["deleted_at", null],
      ["first_user_event_at", null],
      ["avatar_url", `https://www.gravatar.com/avatar/${await sha256("ada@example.com")}?d=404`],
    ]);
  });

  it("trims names and external ids; blank is none", async ({ expect }) => {
    const { create } = await setUpCustomers();
    expect(await create({ name: " \u00a0Ada\n", external_id: "\ufeff c 1 " })).toMatchObject({
      name: "Ada",
      external_id: "c 1",
    });
    expect(await create({ email: "b@example.com", name: " ", external_id: "\t" })).toMatchObject({
      name: null,
      external_id: null,
    });
    expect(await create({ email: "c@example.com", external_id: ` ${"😀".repeat(900)} ` })).toMatchObject({
      external_id: "😀".repeat(900),
    });
  });

  it.for<[body: object, found: string[]]>([
    [{ email: undefined }, ["body.email missing"]],
    [{ email: null }, ["body.email string_type"]],
    [{ metadata: null }, ["body.metadata dict_type"]],
    [{ name: 5, external_id: [] }, ["body.external_id string_type", "body.name string_type"]],
    [{ name: "x".repeat(257) }, ["body.name string_too_long"]],
    [{ name: "a\0b", external_id: "\0" }, ["body.external_id value_error", "body.name value_error"]],
    [{ external_id: "x".repeat(901) }, ["body.external_id string_too_long"]],
    [{ external_id: "." }, ["body.external_id value_error"]],
    [{ external_id: " .. " }, ["body.external_id value_error"]],
    [{ type: null }, ["body.type enum"]],
    [{ type: "company" }, ["body.type enum"]],
    [{ type: "team" }, ["body.type value_error"]],
    [
      { billing_address: {}, tax_id: "", locale: "fr", owner: { email: "o@example.com" } },
      ["billing_address", "tax_id", "locale", "owner"].map((field) => `body.${field} value_error`),
    ],
    [{ organization_id: OTHER_ORGANIZATION, email: "x" }, ["body.email value_error"]],
    [{ organization_id: OTHER_ORGANIZATION }, ["body.organization_id organization_token"]],
  ])("refuses %j", async ([body, found], { expect }) => {
    const answer = await post({ ...CUSTOMER, ...body });
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual(found);
    expect(await stored()).toBe(0);
  });

  it("refuses an e-mail address and an external id that another customer has, both at once", async ({ expect }) => {
    const { create, post: again, remove } = await setUpCustomers();
    const { id } = await create({ email: "ÉVA@example.com", external_id: "c1" });
    const refused = await again({ email: "éva@EXAMPLE.com", external_id: "c1" });
    expect([refused.status, refused.json.error]).toEqual([422, "PolarRequestValidationError"]);
    expect(problems(refused)).toEqual(["body.email value_error", "body.external_id value_error"]);
    expect(problems(await again({ email: "b@example.com", external_id: "c1" }))).toEqual([
      "body.external_id value_error",
    ]);
    await create({ email: "b@example.com", external_id: "C1" });
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    expect((await post({ email: "éva@example.com", external_id: "c1" }, other)).status).toBe(201);
    await remove(id);
    await create({ email: "éva@example.com", external_id: "c1" });
  });

  it("creates one of sixteen at once with the same e-mail address", async ({ expect }) => {
    const { post: create } = await setUpCustomers();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => create({ email: i % 2 ? "ADA@example.com" : "ada@example.com" })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(15);
    expect(await stored()).toBe(1);
  });

  it("is one KV read and one transaction, also when the connection is lost", async ({ expect }) => {
    const token = await grant();
    const get = vi.spyOn(env.TOKENS, "get");
    const { open, count } = counting();
    expect((await call("POST", "/v1/customers/", { token, body: CUSTOMER, open })).status).toBe(201);
    expect([get.mock.calls.length, count.trips]).toEqual([1, 1]);
    for (const after of [false, true]) {
      const body = { email: `${after}@example.com`, external_id: String(after) };
      const answer = await call("POST", "/v1/customers/", { token, body, open: losing({ after }) });
      expect(answer.status).toBe(201);
    }
    expect(await stored()).toBe(3);
  });
});

describe("POST /v1/customers/ with an Idempotency-Key", () => {
  const KEY = { "Idempotency-Key": "signup 17" };

  it("answers again with the first answer, in one round trip, even after a change", async ({ expect }) => {
    const { post: create, patch, ingest, token } = await setUpCustomers();
    await ingest({ name: "e", external_customer_id: "c1", timestamp: "2026-01-01T00:00:00.500Z" });
    const body = { ...CUSTOMER, external_id: "c1", name: '"first_user_event_at":null' };
    const { open, count } = counting();
    const first = await call("POST", "/v1/customers/", { token, body, headers: KEY, open });
    expect([first.status, first.headers.get("Idempotent-Replayed"), count.trips]).toEqual([201, null, 1]);
    expect(first.json.first_user_event_at).toBe("2026-01-01T00:00:00.500Z");
    await patch(first.json.id, { name: "Changed" });
    const second = await create(
      { ...body, organization_id: ORGANIZATION, email: " ada@EXAMPLE.com", tax_id: null },
      KEY,
    );
    expect([second.status, second.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("ETag")).toBe(first.headers.get("ETag"));
    expect(await stored()).toBe(1);
  });

  it("refuses another body, keeps no refusal, and survives a lost connection", async ({ expect }) => {
    const { post: create, token } = await setUpCustomers();
    await create(CUSTOMER);
    expect(problems(await create({ ...CUSTOMER, name: "Ada" }, KEY))).toEqual(["body.email value_error"]);
    const body = { email: "b@example.com" };
    const answer = await call("POST", "/v1/customers/", { token, body, headers: KEY, open: losing({ after: true }) });
    expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
    expect((await create(body, KEY)).text).toBe(answer.text);
    expect(problems(await create({ email: "c@example.com" }, KEY))).toEqual([
      "header.idempotency-key idempotency_key_reuse",
    ]);
    const many = await Promise.all(
      Array.from({ length: 10 }, () => create({ email: "d@example.com" }, { "Idempotency-Key": "many" })),
    );
    expect(new Set(many.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await stored()).toBe(3);
  });
});

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
