import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { SCOPES } from "../../src/auth/principal.ts";
import { findToken, putToken, revokeToken } from "../../src/auth/records.ts";
import { newToken } from "../../src/auth/token.ts";
import { create, TOKENS } from "../support/access-tokens.ts";
import { call, grant, METER, NOBODY, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { execute, measuring } from "../support/stores.ts";

const DAY = 86_400_000;
const list = async (token: string, query = "") => (await call("GET", `${TOKENS}${query}`, { token })).json;
const idsOf = ({ items }: any) => items.map(({ id }: { id: string }) => id);

describe("GET /v1/organization-access-tokens/", () => {
  it.for(["organization_access_tokens:read", "organization_access_tokens:write"])(
    "takes %s",
    async (scope, { expect }) => {
      expect((await call("GET", TOKENS, { token: await grant({ scopes: [scope] }) })).status).toBe(200);
      expect((await call("GET", TOKENS, { token: await grant({ scopes: ["meters:write"] }) })).status).toBe(403);
    },
  );

  it("lists the organization's own tokens only, those from the command line too", async ({ expect }) => {
    const [first, second] = ["a1111111-1111-4111-8111-111111111111", "b1111111-1111-4111-8111-111111111111"];
    const token = await grant({ id: first, created_at: "2026-01-01T00:00:00.000Z", comment: "first" });
    await grant({
      id: second,
      comment: null,
      created_at: "2026-01-02T00:00:00.000Z",
      expires_at: "2126-01-02T00:00:00.000Z",
    });
    await grant({ organization_id: OTHER_ORGANIZATION });
    const made = await create(token, { comment: "made" });
    const { items, pagination } = await list(token);
    expect(idsOf({ items })).toEqual([first, second, made.id]);
    expect(pagination).toEqual({ total_count: 3, max_page: 1 });
    expect(items[0]).toMatchObject({ comment: "first", scopes: [...SCOPES], organization_id: ORGANIZATION });
    expect(items[1]).toMatchObject({ comment: "", expires_at: "2126-01-02T00:00:00.000Z" });
  });

  it("pages and sorts", async ({ expect }) => {
    const token = await grant({ comment: "m", created_at: "2026-01-01T00:00:00.000Z" });
    const [own] = idsOf(await list(token));
    const [b, a] = [await create(token, { comment: "b" }), await create(token, { comment: "a" })];
    expect(idsOf(await list(token, "?sorting=comment"))).toEqual([a.id, b.id, own]);
    expect(idsOf(await list(token, "?sorting=-comment"))).toEqual([own, b.id, a.id]);
    expect(idsOf(await list(token, "?sorting=-created_at&sorting=comment")).at(-1)).toBe(own);
    expect(idsOf(await list(token, "?sorting=-last_used_at"))[0]).toBe(own);
    expect(idsOf(await list(token, "?sorting=comment&limit=2&page=2"))).toEqual([own]);
    expect(idsOf(await list(token, `?organization_id=${OTHER_ORGANIZATION}`))).toEqual([]);
    expect(problems(await call("GET", `${TOKENS}?sorting=hash`, { token }))).toEqual(["query.sorting.0 enum"]);
  });

  it("shows expired tokens, not deleted ones, nor scopes that this release does not have", async ({ expect }) => {
    const token = await grant({ scopes: ["organization_access_tokens:write", "meters:write", "products:read"] });
    const [expiring, deleted] = [await create(token, { expires_in: 1 }), await create(token)];
    await call("DELETE", TOKENS + deleted.id, { token });
    vi.setSystemTime(Date.now() + 2000);
    const { items } = await list(token);
    expect(idsOf({ items })).toContain(expiring.id);
    expect(idsOf({ items })).not.toContain(deleted.id);
    expect(items[0].scopes).toEqual(["meters:write", "organization_access_tokens:write"]);
  });

  it("takes a revocation on the command line over: from then on it holds for writes everywhere", async ({ expect }) => {
    const [token, other] = [await grant(), await grant({ id: NOBODY })];
    await call("GET", "/v1/meters/", { token: other });
    await revokeToken(env.TOKENS, NOBODY, new Date());
    // This isolate relies on what it has read before.
    expect((await call("POST", "/v1/meters/", { token: other, body: METER })).status).toBe(201);
    expect(idsOf(await list(token))).not.toContain(NOBODY);
    expect((await call("POST", "/v1/meters/", { token: other, body: METER })).status).toBe(401);
  });

  it("restores a revocation on the command line that was overwritten in KV", async ({ expect }) => {
    const [token, other] = [await grant(), await grant({ id: NOBODY })];
    const records = new Map<string, string>();
    for (const { name } of (await env.TOKENS.list()).keys) records.set(name, (await env.TOKENS.get(name))!);
    await revokeToken(env.TOKENS, NOBODY, new Date());
    for (const [name, record] of records) await env.TOKENS.put(name, record);
    expect(idsOf(await list(token))).not.toContain(NOBODY);
    expect((await findToken(env.TOKENS, other))?.revoked_at).toEqual(expect.any(String));
  });

  it("adopts any number of tokens in one round trip more", async ({ expect }) => {
    const token = await grant();
    for (let i = 0; i < 110; i++) await grant({ comment: `'${i}`, revoked_at: i % 2 ? null : "2026-01-01T00:00:00Z" });
    const { open, cost } = measuring();
    const { json } = await call("GET", `${TOKENS}?limit=100`, { token, open });
    expect([json.pagination.total_count, cost.trips]).toEqual([56, 3]);
    const count = sql<{ n: number }>`SELECT count(*) AS n FROM write_refusals WHERE reason = 'revoked'`;
    expect((await execute(count))[0]!.n).toBe(55);
  });

  it("goes on when a record in KV is damaged", async ({ expect }) => {
    const token = await grant();
    await env.TOKENS.put(`organization:${ORGANIZATION}:token:${NOBODY}`, "{");
    expect((await list(token)).pagination.total_count).toBe(1);
  });

  it("answers 503 when KV fails", async ({ expect }) => {
    const token = await grant();
    vi.spyOn(env.TOKENS, "list").mockRejectedValueOnce(new Error("KV LIST failed"));
    expect((await call("GET", TOKENS, { token })).status).toBe(503);
  });

  it("mends in KV what an interrupted change has left there", async ({ expect }) => {
    const token = await grant();
    const made = await create(token);
    await execute(sql`UPDATE organization_access_tokens SET revoked_at = 1, version = 2 WHERE id = ${made.id}`);
    await call("GET", TOKENS, { token });
    const revoked = async () => (await env.TOKENS.get(`organization:${ORGANIZATION}:token:${made.id}`))?.includes("revoked_at"); // prettier-ignore
    expect(await revoked()).toBe(false);
    vi.setSystemTime(Date.now() + 180_000);
    await call("GET", TOKENS, { token });
    expect(await revoked()).toBe(true);
    expect((await call("GET", "/v1/meters/", { token: made.token })).status).toBe(401);
  });
});

describe("last_used_at", () => {
  const lastUsed = async (token: string, id: string) =>
    (await list(token)).items.find((each: { id: string }) => each.id === id).last_used_at;
  const today = () => new Date(Date.now() - (Date.now() % DAY)).toISOString();

  it("is null before the first request, then the day of the last one, however the token was made", async ({
    expect,
  }) => {
    const [token, made] = [await grant(), await create(await grant())];
    const [onCommandLine, id] = [newToken(), crypto.randomUUID()];
    const record = { id, organization_id: ORGANIZATION, scopes: ["meters:read"], expires_at: null, created_at: today() }; // prettier-ignore
    await putToken(env.TOKENS, onCommandLine, record);
    for (const each of [made.id, id]) expect(await lastUsed(token, each)).toBeNull();
    for (const used of [made.token, onCommandLine]) await call("GET", "/v1/meters/", { token: used });
    for (const each of [made.id, id]) expect(await lastUsed(token, each)).toBe(today());
    vi.setSystemTime(Date.now() + DAY);
    await call("GET", "/v1/nope", { token: made.token });
    expect([await lastUsed(token, made.id), await lastUsed(token, id)]).toEqual([
      today(),
      new Date(Date.parse(today()) - DAY).toISOString(),
    ]);
  });

  it("is noted for a token that is adopted by its first request", async ({ expect }) => {
    const token = await grant();
    await call("GET", "/v1/meters/", { token });
    const rows = await execute(sql<{ last_used_at: number; hash: string }>`SELECT * FROM organization_access_tokens`);
    expect(rows).toMatchObject([{ last_used_at: Date.parse(today()), hash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  it("is written once a day, and asks the store once", async ({ expect }) => {
    const token = await grant();
    await call("GET", "/v1/meters/", { token });
    await execute(sql`UPDATE organization_access_tokens SET last_used_at = NULL`);
    for (let i = 0; i < 3; i++) await call("GET", "/v1/meters/", { token });
    const [row] = await execute(sql<{ last_used_at: null }>`SELECT last_used_at FROM organization_access_tokens`);
    expect(row!.last_used_at).toBeNull();
  });

  it("keeps no request from being answered when it can't be noted", async ({ expect }) => {
    const token = await grant();
    await execute(sql`ALTER TABLE organization_access_tokens RENAME TO away`);
    expect((await call("GET", "/v1/meters/", { token })).status).toBe(200);
  });
});
