import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { StoreTimeout } from "../../src/store/failures.ts";
import { create, TOKENS, WRITE } from "../support/access-tokens.ts";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { countRows, decorated, execute, failing, losing, measuring } from "../support/stores.ts";
import { begins } from "../support/statements.ts";

const BODY = { comment: "ingestion", scopes: ["meters:write", "events:write"] };
const post = (token: string, body: unknown, headers: Record<string, string> = {}) =>
  call("POST", TOKENS, { token, body, headers });
const stored = () => countRows("organization_access_tokens");
/** The records in KV that let a token pass. */
const valid = async () => (await env.TOKENS.list({ prefix: "token:" })).keys.length;

describe("POST /v1/organization-access-tokens/", () => {
  it("answers 403 to a token that may only read tokens", async ({ expect }) => {
    const answer = await post(await grant({ scopes: ["organization_access_tokens:read"] }), BODY);
    expect([answer.status, answer.json.error]).toEqual([403, "insufficient_scope"]);
  });

  it("answers 403 for a scope that the request's own token lacks, and names what is missing", async ({ expect }) => {
    const caller = await grant({ scopes: [WRITE, "meters:write"] });
    const answer = await post(caller, { ...BODY, scopes: ["meters:write", "events:write", "meters:read"] });
    expect([answer.status, answer.json.detail]).toEqual([
      403,
      "The token lacks the required scope: meters:read and events:write.",
    ]);
    expect(answer.headers.get("WWW-Authenticate")).toMatch(/scope="meters:read events:write"$/);
    expect([await stored(), await valid()]).toEqual([1, 1]);
  });

  it("judges by what the request's own token may do now, not by what KV still says", async ({ expect }) => {
    const [other, caller] = [await grant(), await grant({ scopes: [WRITE, "meters:write"] })];
    await post(caller, { ...BODY, scopes: ["meters:write"] });
    const { json } = await call("GET", TOKENS, { token: other });
    const { id } = json.items.find(({ scopes }: { scopes: string[] }) => scopes.length === 2);
    await call("PATCH", TOKENS + id, { token: other, body: { scopes: [WRITE] } });
    const answer = await post(caller, { ...BODY, scopes: ["meters:write"] });
    expect([answer.status, answer.json.detail]).toEqual([403, "The token lacks the required scope: meters:write."]);
  });

  it("judges by what it may do when the token is stored, whatever happened until then", async ({ expect }) => {
    const caller = await grant({ scopes: [WRITE, "meters:write"] });
    await call("GET", TOKENS, { token: caller });
    const open = decorated(async (carryOut, texts) => {
      const isInsert = texts.some((text) => begins(text, "INSERT INTO organization_access_tokens"));
      if (isInsert) await execute(sql`UPDATE organization_access_tokens SET scopes = ${JSON.stringify([WRITE])}`);
      return carryOut();
    });
    const answer = await call("POST", TOKENS, { token: caller, body: { ...BODY, scopes: ["meters:write"] }, open });
    expect([answer.status, await stored(), await valid()]).toEqual([403, 1, 1]);
  });

  it("answers 409 beyond 500 valid tokens, a rotation too; deleted and expired ones do not count, and deleting goes on", async ({
    expect,
  }) => {
    const caller = await grant();
    const [{ id }, second] = [await create(caller), await create(caller)];
    const copy = (count: number, revoked: number | null, expires: number | null) => sql`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
      INSERT INTO organization_access_tokens (organization_id, id, hash, scopes, created_at, expires_at, revoked_at, version)
      SELECT organization_id, hex(randomblob(16)), hex(randomblob(16)), scopes, created_at, ${expires}, ${revoked}, 1
      FROM organization_access_tokens, n WHERE id = ${id}`;
    for (const statement of [copy(600, 1, null), copy(600, null, 1), copy(496, null, null)]) await execute(statement);
    expect((await post(caller, BODY)).status).toBe(201);
    const before = [await stored(), await valid()];
    for (const [path, body, headers] of [
      [TOKENS, BODY, {}],
      [TOKENS, BODY, { "Idempotency-Key": "one too many" }],
      [`${TOKENS}${id}/rotate`, {}, {}],
    ] as const) {
      const answer = await call("POST", path, { token: caller, body, headers });
      expect([answer.status, answer.json.detail]).toEqual([409, "An organization has at most 500 valid tokens. Delete those that are not needed."]); // prettier-ignore
    }
    expect([await stored(), await valid()]).toEqual(before);
    expect((await call("DELETE", TOKENS + second.id, { token: caller })).status).toBe(204);
    expect((await post(caller, BODY, { "Idempotency-Key": "one too many" })).status).toBe(201);
  });

  it("reads no deleted token, however many there are", async ({ expect }) => {
    const caller = await grant();
    const { id } = await create(caller);
    const rowsOf = async () => {
      const rows: number[] = [];
      for (const [method, path, body] of [
        ["GET", TOKENS, undefined],
        ["POST", TOKENS, BODY],
        ["DELETE", `${TOKENS}${id}`, undefined],
      ] as const) {
        const { open, cost } = measuring();
        await call(method, path, { token: caller, open, ...(body && { body }) });
        rows.push(cost.read);
      }
      return rows;
    };
    const few = await rowsOf();
    await execute(sql`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
      INSERT INTO organization_access_tokens (organization_id, id, hash, scopes, created_at, revoked_at, version)
      SELECT organization_id, hex(randomblob(16)), hex(randomblob(16)), scopes, created_at, 1, 1
      FROM organization_access_tokens, n WHERE id = ${id}`);
    const many = await rowsOf();
    // One more token was created, and read by the list and the count.
    for (const [index, rows] of many.entries()) expect(rows - few[index]!).toBeLessThan(20);
  });

  it("creates a token that works at once, and shows it only here", async ({ expect }) => {
    const caller = await grant();
    const { status, json } = await post(caller, BODY);
    expect(status).toBe(201);
    expect(json).toEqual({
      organization_access_token: {
        id: expect.any(String),
        created_at: expect.any(String),
        modified_at: null,
        scopes: ["meters:write", "events:write"],
        expires_at: null,
        comment: "ingestion",
        last_used_at: null,
        organization_id: ORGANIZATION,
      },
      token: expect.stringMatching(/^em_oat_[0-9A-Za-z]{43}$/),
    });
    expect((await call("POST", "/v1/meters/", { token: json.token, body: METER })).status).toBe(201);
    expect((await call("GET", "/v1/customers/", { token: json.token })).status).toBe(403);
    const listed = await call("GET", TOKENS, { token: caller });
    expect(listed.text).toContain(json.organization_access_token.id);
    expect(listed.text).not.toContain(json.token);
  });

  it.for([
    [3600, 3_600_000],
    [0.5e1, 5000],
    ["PT30M", 1_800_000],
    ["P90D", 90 * 86_400_000],
    ["P1W", 7 * 86_400_000],
    ["P1Y1M", 395 * 86_400_000],
    ["P1DT1H1M1.5S", 90_061_500],
    // Beyond 2038, KV itself does not let it expire.
    ["P100Y", 36_500 * 86_400_000],
  ] as [unknown, number][])("lets a token expire after %s", async ([expires_in, lifetime], { expect }) => {
    const { json } = await post(await grant(), { ...BODY, expires_in });
    const { created_at, expires_at } = json.organization_access_token;
    expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(lifetime);
  });

  it("stores scopes once each, in one order", async ({ expect }) => {
    const scopes = ["events:write", "meters:read", "events:write"];
    const { json } = await post(await grant(), { ...BODY, scopes });
    expect(json.organization_access_token.scopes).toEqual(["meters:read", "events:write"]);
  });

  it("answers a key again without the token, and refuses it for another request", async ({ expect }) => {
    const caller = await grant();
    const headers = { "Idempotency-Key": "k" };
    const first = await post(caller, BODY, headers);
    const again = await post(caller, { ...BODY, scopes: BODY.scopes.toReversed() }, headers);
    expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
    expect(again.json).toEqual({ ...first.json, token: null });
    expect(first.headers.get("Idempotent-Replayed")).toBeNull();
    const other = await post(caller, { ...BODY, comment: "other" }, headers);
    expect([other.status, problems(other)]).toEqual([422, ["header.idempotency-key idempotency_key_reuse"]]);
    expect([await stored(), await valid()]).toEqual([2, 2]);
  });

  it("creates one token for a key that two requests carry at once", async ({ expect }) => {
    const caller = await grant();
    const answers = await Promise.all([1, 2, 3].map(() => post(caller, BODY, { "Idempotency-Key": "k" })));
    expect(new Set(answers.map(({ json }) => json.organization_access_token.id)).size).toBe(1);
    expect(answers.filter(({ json }) => json.token !== null)).toHaveLength(1);
    expect([await stored(), await valid()]).toEqual([2, 2]);
  });

  it.for([
    [{}, ["body.comment missing", "body.scopes missing"]],
    [{ ...BODY, comment: 1, scopes: "meters:read" }, ["body.comment string_type", "body.scopes list_type"]],
    [{ ...BODY, comment: "x".repeat(1001) }, ["body.comment string_too_long"]],
    [{ ...BODY, comment: "a\0" }, ["body.comment value_error"]],
    [{ ...BODY, scopes: [] }, ["body.scopes too_short"]],
    [{ ...BODY, scopes: ["meters:read", "products:read"] }, ["body.scopes.1 enum"]],
    [{ ...BODY, expires_in: true }, ["body.expires_in time_delta_type"]],
    [{ ...BODY, expires_in: "90d" }, ["body.expires_in time_delta_parsing"]],
    [{ ...BODY, expires_in: "P" }, ["body.expires_in time_delta_parsing"]],
    [{ ...BODY, expires_in: "P1DT" }, ["body.expires_in time_delta_parsing"]],
    [{ ...BODY, expires_in: 0 }, ["body.expires_in greater_than_equal"]],
    [{ ...BODY, expires_in: -1 }, ["body.expires_in greater_than_equal"]],
    [{ ...BODY, expires_in: "P101Y" }, ["body.expires_in less_than_equal"]],
    [{ ...BODY, expires_in: 1e300 }, ["body.expires_in less_than_equal"]],
    [{ ...BODY, organization_id: OTHER_ORGANIZATION }, ["body.organization_id organization_token"]],
  ] as [unknown, string[]][])("answers 422 to %j", async ([body, expected], { expect }) => {
    const answer = await post(await grant(), body);
    expect([answer.status, problems(answer)]).toEqual([422, expected]);
  });

  it("answers 503 when KV fails, and has created nothing; repeated, it creates", async ({ expect }) => {
    const caller = await grant();
    await call("GET", TOKENS, { token: caller });
    const headers = { "Idempotency-Key": "k" };
    vi.spyOn(env.TOKENS, "put").mockRejectedValueOnce(new Error("KV PUT failed: 429 Too Many Requests"));
    const answer = await post(caller, BODY, headers);
    expect([answer.status, await stored(), await valid()]).toEqual([503, 1, 1]);
    const again = await post(caller, BODY, headers);
    expect([again.status, typeof again.json.token, await stored(), await valid()]).toEqual([201, "string", 2, 2]);
  });

  it("answers 503 when the store fails, and leaves no valid record in KV", async ({ expect }) => {
    const caller = await grant();
    await call("GET", TOKENS, { token: caller });
    const error = new Error("D1_ERROR: overloaded");
    const open = decorated(async (carryOut, texts) => {
      if (texts.some((text) => begins(text, "INSERT"))) throw error;
      return carryOut();
    });
    const answer = await call("POST", TOKENS, { token: caller, body: BODY, open });
    expect([answer.status, await stored(), await valid()]).toEqual([503, 1, 1]);
    expect((await call("POST", TOKENS, { token: caller, body: BODY, open: failing(error) })).status).toBe(503);
  });

  it("leaves no unknown writer when it was stored but the store's answer was lost", async ({ expect }) => {
    const id = "a1111111-1111-4111-8111-111111111111";
    const caller = await grant({ id, scopes: [WRITE] });
    await call("GET", TOKENS, { token: caller });
    const open = decorated(async (carryOut, texts) => {
      const results = await carryOut();
      if (texts.some((text) => begins(text, "INSERT INTO organization_access_tokens"))) throw new StoreTimeout();
      return results;
    });
    const body = { ...BODY, scopes: [WRITE] };
    expect((await call("POST", TOKENS, { token: caller, body, open })).status).toBe(503);
    expect([await stored(), await valid()]).toEqual([2, 1]);
    expect((await call("DELETE", TOKENS + id, { token: caller })).status).toBe(409);
    expect((await call("GET", TOKENS, { token: caller })).json.pagination.total_count).toBe(1);
  });

  it("can be repeated with its key when it was stored, but the store's answer was lost", async ({ expect }) => {
    const caller = await grant();
    await call("GET", TOKENS, { token: caller });
    const open = decorated(async (carryOut, texts) => {
      const results = await carryOut();
      if (texts.some((text) => begins(text, "INSERT INTO organization_access_tokens"))) throw new StoreTimeout();
      return results;
    });
    const headers = { "Idempotency-Key": "k" };
    expect((await call("POST", TOKENS, { token: caller, body: BODY, headers, open })).status).toBe(503);
    const { status, json } = await post(caller, BODY, headers);
    expect([status, await valid()]).toEqual([201, 2]);
    expect((await call("POST", "/v1/meters/", { token: json.token, body: METER })).status).toBe(201);
  });

  it.for([true, false])("survives a lost connection (carried out: %s)", async (after, { expect }) => {
    const caller = await grant();
    await call("GET", TOKENS, { token: caller });
    for (const skip of [0, 1, 2]) {
      const answer = await call("POST", TOKENS, { token: caller, body: BODY, open: losing({ after, skip, times: 1 }) });
      if (answer.status === 201) {
        expect((await call("GET", "/v1/meters/", { token: answer.json.token })).status).toBe(200);
      } else expect(answer.status).toBe(503);
    }
    expect(await stored()).toBe(await valid());
  });
});
