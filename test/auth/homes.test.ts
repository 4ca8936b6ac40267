import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { listHomes } from "../../src/auth/homes.ts";
import { findRecord } from "../../src/auth/records.ts";
import { openD1 } from "../../src/store/d1.ts";
import { inKv } from "../support/access-tokens.ts";
import { call, grant, METER, ORGANIZATION } from "../support/api.ts";

const OBJECT = { STORE: "object" };
const named = async () => (await listHomes(env.TOKENS, null)).homes;
const create = (token: string, bindings = {}) => call("POST", "/v1/meters/", { token, body: METER, bindings });
const count = async (token: string, bindings = {}) =>
  (await call("GET", "/v1/meters/", { token, bindings })).json.pagination.total_count;

describe("The store of an organization whose token names none", () => {
  it("is decided by STORE once, whatever STORE says later, and the token's record names it then", async ({
    expect,
  }) => {
    const [token, later] = [await grant({ store: undefined }), await grant({ store: undefined })];
    expect((await create(token, OBJECT)).status).toBe(201);
    expect(await named()).toEqual([{ organizationId: ORGANIZATION, store: "object" }]);
    expect((await findRecord(env.TOKENS, token))?.store).toBe("object");
    expect(await count(token, { STORE: "d1" })).toBe(1);
    expect(await count(later, { STORE: "d1" })).toBe(1);
  });

  it("is D1 when D1 has the organization, although KV has nothing of it", async ({ expect }) => {
    await create(await grant({ store: "d1" }));
    await env.TOKENS.delete(`organization:${ORGANIZATION}`);
    expect(await count(await grant({ store: undefined }), OBJECT)).toBe(1);
    expect(await named()).toEqual([{ organizationId: ORGANIZATION, store: "d1" }]);
  });

  it("is the one that was decided a moment ago, although KV does not show that yet", async ({ expect }) => {
    await create(await grant({ store: undefined }), OBJECT);
    await env.TOKENS.delete(`organization:${ORGANIZATION}`);
    expect(await count(await grant({ store: undefined }), { STORE: "d1" })).toBe(1);
  });

  it("is not left undecided: without KV the request is a 503, and repeated it is answered", async ({ expect }) => {
    const token = await grant({ store: undefined });
    vi.spyOn(env.TOKENS, "put").mockRejectedValueOnce(new Error("KV PUT failed"));
    expect((await create(token)).status).toBe(503);
    expect((await create(token)).status).toBe(201);
  });
});

describe("A token that only KV knows", () => {
  it("works, and is adopted by its first request, with the store of its organization", async ({ expect }) => {
    const id = crypto.randomUUID();
    const token = await grant({ id, store: "d1" });
    expect((await create(token)).status).toBe(201);
    const [rows] = await openD1(env, ORGANIZATION).read([
      sql<{ id: string }>`SELECT id FROM organization_access_tokens`,
    ]);
    expect(rows).toEqual([{ id }]);
    expect(await named()).toEqual([{ organizationId: ORGANIZATION, store: "d1" }]);
    expect(await inKv(id)).toMatchObject({ store: "d1", comment: "a comment of its owner" }); // prettier-ignore
  });

  it("is written to KV once, however often it is used", async ({ expect }) => {
    const token = await grant();
    await create(token);
    const put = vi.spyOn(env.TOKENS, "put");
    for (let i = 0; i < 3; i++) await create(token);
    expect(put).not.toHaveBeenCalled();
  });
});
