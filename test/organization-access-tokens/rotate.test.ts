import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { StoreTimeout } from "../../src/store/failures.ts";
import { create, inKv, TOKENS, WRITE } from "../support/access-tokens.ts";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { conflicting, decorated } from "../support/stores.ts";
import { begins } from "../support/statements.ts";

const DAY = 86_400_000;
const ID = "a1111111-1111-4111-8111-111111111111";
const rotate = (token: string, id: string, body: unknown = {}, more: object = {}) =>
  call("POST", `${TOKENS}${id}/rotate`, { token, body, ...more });
const write = async (token: string) => (await call("POST", "/v1/meters/", { token, body: METER })).status;
const shown = async (token: string, id: string) =>
  (await call("GET", TOKENS, { token })).json.items.find((each: { id: string }) => each.id === id);

/** The statement that stores a successor, which looks whether the request's own token may do that. */
const isRotation = (text: string) => begins(text, "INSERT INTO organization_access_tokens") && text.includes("caller");

describe("POST /v1/organization-access-tokens/{id}/rotate", () => {
  it("answers 403 without the scope, and to a token that lacks one of the old one's scopes", async ({ expect }) => {
    const { id } = await create(await grant(), { scopes: ["meters:read", "events:read"] });
    expect((await rotate(await grant({ scopes: ["meters:read", "events:read"] }), id)).status).toBe(403);
    const caller = await grant({ scopes: [WRITE, "meters:read"] });
    await call("GET", TOKENS, { token: caller });
    const put = vi.spyOn(env.TOKENS, "put");
    const answer = await rotate(caller, id);
    expect(put).not.toHaveBeenCalled();
    expect([answer.status, answer.json.detail]).toEqual([403, "The token lacks the required scope: events:read."]);
  });

  it("answers 404 for what is another organization's, deleted or not there; 422 for what has expired", async ({
    expect,
  }) => {
    const token = await grant();
    const [made, deleted, expired] = [await create(token), await create(token), await create(token, { expires_in: 1 })];
    await call("DELETE", TOKENS + deleted.id, { token });
    vi.setSystemTime(Date.now() + 2000);
    expect((await rotate(await grant({ organization_id: OTHER_ORGANIZATION }), made.id)).status).toBe(404);
    for (const id of [deleted.id, NOBODY]) expect((await rotate(token, id)).status).toBe(404);
    expect(problems(await rotate(token, expired.id))).toEqual(["path.id value_error"]);
  });

  it("makes a successor; both work for a day by default, then the successor alone", async ({ expect }) => {
    const token = await grant();
    const old = await create(token, { comment: "ci", scopes: ["meters:write"] });
    const { status, json } = await rotate(token, old.id);
    expect(status).toBe(201);
    expect(json).toEqual({
      organization_access_token: expect.objectContaining({ comment: "ci", scopes: ["meters:write"], expires_at: null, modified_at: null }),
      token: expect.stringMatching(/^em_oat_/),
    }); // prettier-ignore
    expect(json.organization_access_token.id).not.toBe(old.id);
    const { expires_at, modified_at } = await shown(token, old.id);
    expect(Date.parse(expires_at) - Date.parse(modified_at)).toBe(DAY);
    expect((await inKv(old.id))?.expires_at).toBe(expires_at);
    expect([await write(old.token), await write(json.token)]).toEqual([201, 201]);
    vi.setSystemTime(Date.parse(expires_at) + 1);
    expect([await write(old.token), await write(json.token)]).toEqual([401, 201]);
    expect((await shown(token, old.id)).expires_at).toBe(expires_at);
  });

  it("takes a grace period, but lets no token live longer than it would have; the successor lives as long as the old one was to", async ({
    expect,
  }) => {
    const token = await grant();
    const old = await create(token, { expires_in: "PT2H" });
    const { expires_at: end } = await shown(token, old.id);
    const lifetime = async (json: any) => {
      const { created_at, expires_at } = json.organization_access_token;
      return Date.parse(expires_at) - Date.parse(created_at);
    };
    expect(await lifetime((await rotate(token, old.id, { grace_period: "P1D" })).json)).toBe(7_200_000);
    expect((await shown(token, old.id)).expires_at).toBe(end);
    const second = await rotate(token, old.id, { grace_period: 120 });
    expect(await lifetime(second.json)).toBe(7_200_000);
    const { expires_at, modified_at } = await shown(token, old.id);
    expect(Date.parse(expires_at) - Date.parse(modified_at)).toBe(120_000);
  });

  it("rotates the request's own token, the last one that may change tokens too", async ({ expect }) => {
    const token = await grant({ id: ID });
    const { json } = await rotate(token, ID, { grace_period: "PT10M" });
    vi.setSystemTime(Date.now() + 601_000);
    expect((await call("GET", TOKENS, { token })).status).toBe(401);
    expect((await rotate(json.token, json.organization_access_token.id)).status).toBe(201);
  });

  it("makes one successor when two requests rotate at once; the other is a 409", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token);
    const answers = await Promise.all([1, 2, 3].map(() => rotate(token, id)));
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    const { pagination } = (await call("GET", TOKENS, { token })).json;
    expect(pagination.total_count).toBe(2 + made.length);
    expect((await env.TOKENS.list({ prefix: "token:" })).keys).toHaveLength(2 + made.length);
    for (const { json } of made) expect(await write(json.token)).toBe(201);
  });

  it("leaves a token revoked that is deleted at the same moment", async ({ expect }) => {
    const token = await grant();
    for (const [statement, isPublished] of [
      ["INSERT INTO organization_access_tokens", false],
      ["SELECT organization_id", true],
    ] as const) {
      const old = await create(token);
      let isDone = false;
      const open = decorated(async (carryOut, texts) => {
        const isReached = texts.some((text) => begins(text, statement) && (isPublished || text.includes("caller")));
        if (!isDone && isReached && ((await inKv(old.id))?.expires_at != null) === isPublished) {
          isDone = true;
          expect((await call("DELETE", TOKENS + old.id, { token })).status).toBe(204);
        }
        return carryOut();
      });
      expect((await rotate(token, old.id, {}, { open })).status).toBe(isPublished ? 201 : 409);
      expect([isDone, (await inKv(old.id))?.revoked_at]).toEqual([true, expect.any(String)]);
      expect(await write(old.token)).toBe(401);
    }
  });

  it.for([1, 2])(
    "answers 503 when KV fails at write %i, and nothing has changed; repeated, it rotates",
    async (nth, { expect }) => {
      const token = await grant();
      const old = await create(token);
      const original = env.TOKENS.put.bind(env.TOKENS);
      let writes = 0;
      vi.spyOn(env.TOKENS, "put").mockImplementation(async (...of: any[]) => {
        if (++writes === nth) throw new Error("KV PUT failed");
        return (original as any)(...of);
      });
      expect((await rotate(token, old.id)).status).toBe(503);
      expect((await shown(token, old.id)).expires_at).toBeNull();
      expect(await inKv(old.id)).toMatchObject({ expires_at: null });
      expect((await env.TOKENS.list({ prefix: "token:" })).keys).toHaveLength(2);
      expect((await call("GET", TOKENS, { token })).json.pagination.total_count).toBe(2);
      const { status, json } = await rotate(token, old.id);
      expect([status, await write(json.token)]).toEqual([201, 201]);
      expect((await inKv(old.id))?.expires_at).toBe((await shown(token, old.id)).expires_at);
    },
  );

  it("leaves the old token as it was when the store stops answering for good", async ({ expect }) => {
    const token = await grant();
    const old = await create(token);
    let isDown = false;
    const open = decorated(async (carryOut, texts) => {
      isDown ||= texts.some(isRotation);
      if (isDown) throw new StoreTimeout();
      return carryOut();
    });
    expect((await rotate(token, old.id, {}, { open })).status).toBe(503);
    expect([(await shown(token, old.id)).expires_at, (await inKv(old.id))?.expires_at]).toEqual([null, null]);
    vi.setSystemTime(Date.now() + DAY + 1000);
    expect(await write(old.token)).toBe(201);
  });

  it("takes it all back when it was stored, but the store's answer was lost", async ({ expect }) => {
    const token = await grant();
    const old = await create(token);
    let isStored = false;
    const open = decorated(async (carryOut, texts) => {
      const results = await carryOut();
      if (!texts.some(isRotation)) return results;
      isStored = true;
      throw new StoreTimeout();
    });
    expect((await rotate(token, old.id, {}, { open })).status).toBe(503);
    const { pagination } = (await call("GET", TOKENS, { token })).json;
    const { expires_at, modified_at } = await shown(token, old.id);
    expect([isStored, pagination.total_count, expires_at, modified_at]).toEqual([true, 2, null, null]);
    expect((await env.TOKENS.list({ prefix: "token:" })).keys).toHaveLength(2);
    expect((await rotate(token, old.id)).status).toBe(201);
  });

  it("answers 503 when the store fails, 409 when another request is first, and nothing has changed", async ({
    expect,
  }) => {
    const token = await grant();
    const old = await create(token);
    const broken = decorated(async (carryOut, texts) => {
      if (texts.some((text) => begins(text, "INSERT"))) throw new Error("D1_ERROR: overloaded");
      return carryOut();
    });
    for (const [open, status] of [
      [broken, 503],
      [conflicting(), 409],
    ] as const) {
      expect((await rotate(token, old.id, {}, { open })).status).toBe(status);
      expect(await inKv(old.id)).toMatchObject({ expires_at: null });
      expect((await env.TOKENS.list({ prefix: "token:" })).keys).toHaveLength(2);
    }
  });

  it.for([
    [{ grace_period: 119 }, ["body.grace_period greater_than_equal"]],
    [{ grace_period: "P400D" }, ["body.grace_period less_than_equal"]],
    [{ grace_period: "soon" }, ["body.grace_period time_delta_parsing"]],
    [undefined, ["body missing"]],
  ] as [unknown, string[]][])("answers 422 to %j", async ([body, expected], { expect }) => {
    const token = await grant();
    expect(problems(await call("POST", `${TOKENS}${NOBODY}/rotate`, { token, body }))).toEqual(expected);
  });
});
