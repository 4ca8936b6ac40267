import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { SCOPES } from "../../src/auth/principal.ts";
import { putToken } from "../../src/auth/records.ts";
import { newToken } from "../../src/auth/token.ts";
import { create, TOKENS } from "../support/access-tokens.ts";
import { call, grant, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { execute } from "../support/stores.ts";

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

  it("lists the organization's own tokens only, those that KV had alone since their first use", async ({ expect }) => {
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    const token = await grant({ id: first, created_at: "2026-01-01T00:00:00.000Z", comment: "first" });
    const other = await grant({
      id: second,
      comment: null,
      created_at: "2026-01-02T00:00:00.000Z",
      expires_at: "2126-01-02T00:00:00.000Z",
    });
    await grant({ organization_id: OTHER_ORGANIZATION });
    expect(idsOf(await list(token))).toEqual([first]);
    await call("GET", "/v1/meters/", { token: other });
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
});

describe("last_used_at", () => {
  const lastUsed = async (token: string, id: string) =>
    (await list(token)).items.find((each: { id: string }) => each.id === id).last_used_at;
  const today = () => new Date(Date.now() - (Date.now() % DAY)).toISOString();

  it("is null before the first request, then the day of the last one, however the token was made", async ({
    expect,
  }) => {
    const [token, made] = [await grant(), await create(await grant())];
    const [byHand, id] = [newToken(), crypto.randomUUID()];
    const record = { id, organization_id: ORGANIZATION, scopes: ["meters:read"], expires_at: null, created_at: today() }; // prettier-ignore
    await putToken(env.TOKENS, byHand, record);
    expect(await lastUsed(token, made.id)).toBeNull();
    for (const used of [made.token, byHand]) await call("GET", "/v1/meters/", { token: used });
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
