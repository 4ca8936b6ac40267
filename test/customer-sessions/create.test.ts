import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { openSession } from "../support/sessions.ts";
import { counting, execute, losing } from "../support/stores.ts";

const CUSTOMER = { email: "ada@example.com", name: "Ada", external_id: "c1" };
const ME = "/v1/customer-portal/customers/me";

async function setUp() {
  const token = await grant();
  const { json } = await call("POST", "/v1/customers/", { token, body: CUSTOMER });
  const create = (body: object, more: object = {}) => call("POST", "/v1/customer-sessions/", { token, body, ...more });
  return { token, customer: json, create };
}

const keysInKv = async () => (await env.TOKENS.list({ prefix: "session-key:" })).keys.map(({ name }) => name);

describe("POST /v1/customer-sessions/", () => {
  it("answers 201 with a token that is valid for an hour, and the page that has it behind the #", async ({
    expect,
  }) => {
    const { customer, create } = await setUp();
    vi.setSystemTime("2026-01-31T12:00:00.000Z");
    const return_url = "https://app.example.com/account";
    const { status, json } = await create({ customer_id: customer.id, return_url });
    expect(status).toBe(201);
    expect(json).toEqual({
      created_at: "2026-01-31T12:00:00.000Z",
      modified_at: null,
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      token: expect.stringMatching(/^em_cst_[\w-]+\.[\w-]{43}$/),
      expires_at: "2026-01-31T13:00:00.000Z",
      return_url,
      customer_portal_url: `https://edgemeter.test/portal/#token=${json.token}`,
      customer_id: customer.id,
      customer,
    });
    const introspected = await call("GET", "/v1/customer-portal/customer-session/introspect", { token: json.token });
    expect(introspected.json).toEqual({ expires_at: json.expires_at, return_url });
  });

  it("takes the customer's external id, and how long the session is to be valid", async ({ expect }) => {
    const { customer, create } = await setUp();
    vi.setSystemTime("2026-01-31T12:00:00.000Z");
    const { json } = await create({ external_customer_id: "c1", expires_in: 86_400, member_id: null });
    expect(json).toMatchObject({
      customer_id: customer.id,
      expires_at: "2026-02-01T12:00:00.000Z",
      return_url: null,
    });
  });

  it.for<[body: object, problem: string]>([
    [{}, "body.customer_id missing"],
    [{ customer_id: NOBODY, external_customer_id: "c1" }, "body value_error"],
    [{ customer_id: NOBODY }, "body.customer_id customer_id"],
    [{ external_customer_id: "nobody" }, "body.external_customer_id external_customer_id"],
    [{ external_customer_id: "c1", expires_in: 59 }, "body.expires_in greater_than_equal"],
    [{ external_customer_id: "c1", expires_in: 86_401 }, "body.expires_in less_than_equal"],
    [{ external_customer_id: "c1", member_id: NOBODY }, "body.member_id value_error"],
    [{ external_customer_id: "c1", external_member_id: "m" }, "body.external_member_id value_error"],
    ...[
      "",
      "example.com",
      "/account",
      "http://example.com",
      "javascript:alert(1)",
      "data:text/html,x",
      "ftp://a.example",
    ]
      .concat("http://localhost.example.com", "blob:https://example.com/x", `https://example.com/${"x".repeat(2064)}`)
      .map((return_url): [object, string] => [
        { external_customer_id: "c1", return_url },
        `body.return_url ${return_url === "" ? "string_too_short" : return_url.length > 2083 ? "string_too_long" : "value_error"}`,
      ]),
  ])("answers 422 at the field: %#", async ([body, problem], { expect }) => {
    const { create } = await setUp();
    const answer = await create(body);
    expect([answer.status, problems(answer)]).toEqual([422, [problem]]);
    expect(await keysInKv()).toEqual([]);
  });

  it.for(["https://example.com", "http://localhost:3000/a?b=c#d", "http://127.0.0.1", "http://[::1]:8080/"])(
    "takes the return_url %s",
    async (return_url, { expect }) => {
      const { create } = await setUp();
      expect((await create({ external_customer_id: "c1", return_url })).json.return_url).toBe(return_url);
    },
  );

  it("answers 422 for a customer of another organization, and for one that was deleted", async ({ expect }) => {
    const { token, customer, create } = await setUp();
    const body = { customer_id: customer.id };
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    expect((await call("POST", "/v1/customer-sessions/", { token: other, body })).status).toBe(422);
    await call("DELETE", `/v1/customers/${customer.id}`, { token });
    expect((await create(body)).status).toBe(422);
  });

  it("takes one round trip and writes nothing, except for the first one of an organization", async ({ expect }) => {
    const { create } = await setUp();
    const put = vi.spyOn(env.TOKENS, "put");
    for (const [trips, puts] of [
      [2, 1],
      [1, 0],
      [1, 0],
    ]) {
      put.mockClear();
      const { open, count } = counting();
      await create({ external_customer_id: "c1" }, { open });
      expect([count.trips, put.mock.calls.length]).toEqual([trips, puts]);
    }
    expect(await keysInKv()).toHaveLength(1);
  });

  it("keeps one key, of several that are made at the same moment", async ({ expect }) => {
    const { create } = await setUp();
    const made = await Promise.all(Array.from({ length: 5 }, () => create({ external_customer_id: "c1" })));
    for (const { json } of made) expect((await call("GET", ME, { token: json.token })).status).toBe(200);
    const [stored] = await execute(sql<{ id: string }>`SELECT id FROM session_keys`);
    expect(await keysInKv()).toEqual([expect.stringMatching(new RegExp(`:${stored!.id}$`))]);
  });

  it("keeps one key when the connection is lost after it was stored", async ({ expect }) => {
    const { create } = await setUp();
    const { json } = await create({ external_customer_id: "c1" }, { open: losing({ after: true, skip: 1 }) });
    expect((await call("GET", ME, { token: json.token })).status).toBe(200);
  });

  it("answers 503 while KV fails, and makes a session that passes afterwards", async ({ expect }) => {
    const { create } = await setUp();
    vi.spyOn(env.TOKENS, "put").mockRejectedValueOnce(new Error("KV PUT failed"));
    const failed = await create({ external_customer_id: "c1" });
    expect([failed.status, failed.headers.get("Retry-After")]).toEqual([503, "1"]);
    const { json } = await create({ external_customer_id: "c1" });
    expect((await call("GET", ME, { token: json.token })).status).toBe(200);
  });

  it("is known to each isolate for five seconds without a read of KV", async ({ expect }) => {
    const { token } = await setUp();
    const session = await openSession(token, { external_customer_id: "c1" });
    const get = vi.spyOn(env.TOKENS, "get");
    for (const reads of [1, 0, 0]) {
      get.mockClear();
      await call("GET", ME, { token: session });
      expect(get).toHaveBeenCalledTimes(reads);
    }
    vi.setSystemTime(Date.now() + 5000);
    await call("GET", ME, { token: session });
    expect(get).toHaveBeenCalledTimes(1);
  });

  it("is not in the log, except for the id of the session", async ({ expect }) => {
    const { create, token } = await setUp();
    await call("POST", "/v1/meters/", { token, body: METER });
    const { json } = await create({ external_customer_id: "c1", return_url: "https://app.example.com/private" });
    const log = vi.spyOn(console, "log");
    await call("GET", "/v1/customer-portal/meters/", { token: json.token });
    const [line] = log.mock.calls[0] as [string];
    expect(JSON.parse(line)).toMatchObject({ route: "/v1/customer-portal/meters", token_id: json.id });
    for (const part of ["em_cst_", "private", "ada"]) expect(line).not.toContain(part);
  });
});
