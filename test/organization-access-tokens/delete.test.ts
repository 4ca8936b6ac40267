import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { create, inKv, TOKENS, WRITE } from "../support/access-tokens.ts";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems, storedMeters } from "../support/api.ts";
import { conflicting, decorated, execute, losing } from "../support/stores.ts";
import { begins } from "../support/statements.ts";

const ID = "a1111111-1111-4111-8111-111111111111";
const remove = (token: string, id: string, more: object = {}) => call("DELETE", TOKENS + id, { token, ...more });
const write = async (token: string) => (await call("POST", "/v1/meters/", { token, body: METER })).status;
const read = async (token: string) => (await call("GET", "/v1/meters/", { token })).status;
const isRevoked = async (id: string) => (await inKv(id))?.revoked_at != null;

describe("DELETE /v1/organization-access-tokens/{id}", () => {
  it("answers 403 without the scope, 404 for what is another organization's or not there, 422 to no id", async ({
    expect,
  }) => {
    const token = await grant();
    const { id, token: made } = await create(token);
    expect((await remove(await grant({ scopes: ["meters:write"] }), id)).status).toBe(403);
    expect((await remove(await grant({ organization_id: OTHER_ORGANIZATION }), id)).status).toBe(404);
    expect((await remove(token, NOBODY)).status).toBe(404);
    expect(problems(await remove(token, "x"))).toEqual(["path.id uuid_parsing"]);
    expect(await write(made)).toBe(201);
  });

  it("stops writes at once, although this isolate still uses the token's record, and reads when it no longer does", async ({
    expect,
  }) => {
    const token = await grant();
    const made = await create(token, { scopes: ["meters:write"] });
    expect(await write(made.token)).toBe(201);
    expect((await remove(token, made.id)).status).toBe(204);
    const answer = await call("POST", "/v1/meters/", { token: made.token, body: METER });
    expect([answer.status, answer.json.error, answer.json.detail]).toEqual([401, "invalid_token", "The token was revoked."]); // prettier-ignore
    expect([await read(made.token), await storedMeters()]).toEqual([200, 1]);
    vi.setSystemTime(Date.now() + 6000);
    expect([await read(made.token), await isRevoked(made.id)]).toEqual([401, true]);
  });

  it("ends a write that has begun before it", async ({ expect }) => {
    const token = await grant();
    const made = await create(token);
    const open = decorated(async (carryOut, texts) => {
      if (texts.some((text) => begins(text, "INSERT INTO meters"))) await remove(token, made.id);
      return carryOut();
    });
    expect((await call("POST", "/v1/meters/", { token: made.token, body: METER, open })).status).toBe(401);
    expect(await storedMeters()).toBe(0);
  });

  it("answers 204 twice, also at once, and to a token that deletes itself", async ({ expect }) => {
    const [token, own] = [await grant(), await grant({ id: ID })];
    const { id } = await create(token);
    const answers = await Promise.all([1, 2, 3].map(() => remove(token, id)));
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect((await remove(token, id)).status).toBe(204);
    expect([(await remove(own, ID)).status, await isRevoked(ID), await write(own)]).toEqual([204, true, 401]);
  });

  it("keeps the last token that may change tokens, unless it is forced", async ({ expect }) => {
    const token = await grant({ id: ID });
    await create(token, { scopes: ["meters:write"] });
    const second = await create(token, { scopes: [WRITE] });
    expect((await remove(token, second.id)).status).toBe(204);
    const answer = await remove(token, ID);
    expect([answer.status, answer.json.error]).toEqual([409, "Conflict"]);
    expect(answer.json.detail).toContain("?force=true");
    expect(await write(token)).toBe(201);
    expect((await remove(token, `${ID}?force=true`)).status).toBe(204);
    expect([await write(token), await isRevoked(ID)]).toEqual([401, true]);
  });

  it.for<[string, object, number]>([
    ["that ends within a week", { expires_in: 6 * 86_400 }, 409],
    ["that ends later", { expires_in: 8 * 86_400 }, 204],
    ["that never ends", {}, 204],
  ])("takes a writer %s for another one: %s", async ([, body, status], { expect }) => {
    const token = await grant({ id: ID });
    await create(token, { scopes: [WRITE], ...body });
    expect((await remove(token, ID)).status).toBe(status);
  });

  it("counts a writer that expires soon if it lasts as long as the deleted one", async ({ expect }) => {
    const token = await grant();
    const [shorter, longer] = [
      await create(token, { scopes: [WRITE], expires_in: 3600 }),
      await create(token, { scopes: [WRITE], expires_in: 7200 }),
    ];
    await execute(sql`DELETE FROM organization_access_tokens WHERE id NOT IN (${shorter.id}, ${longer.id})`);
    expect((await remove(longer.token, longer.id)).status).toBe(409);
    expect((await remove(longer.token, shorter.id)).status).toBe(204);
  });

  it("does not count a rotated token as another writer, however long its grace period is", async ({ expect }) => {
    const token = await grant({ id: ID });
    for (const grace_period of [120, 30 * 86_400]) {
      const { json } = await call("POST", `${TOKENS}${ID}/rotate`, { token, body: { grace_period } });
      const { id } = json.organization_access_token;
      expect((await remove(token, id)).status).toBe(409);
      expect((await remove(token, `${id}?force=true`)).status).toBe(204);
    }
  });

  it("answers 403 for a token that may do more, but not to one that deletes itself", async ({ expect }) => {
    const stronger = await create(await grant(), { scopes: ["meters:write", "events:read"] });
    const caller = await grant({ id: ID, scopes: [WRITE, "meters:write"] });
    const answer = await remove(caller, `${stronger.id}?force=true`);
    expect([answer.status, answer.json.detail]).toEqual([403, "The token lacks the required scope: events:read."]);
    expect(await write(stronger.token)).toBe(201);
    await execute(sql`UPDATE organization_access_tokens SET scopes = ${JSON.stringify([WRITE])} WHERE id = ${ID}`);
    expect((await remove(caller, ID)).status).toBe(204);
  });

  it("takes away a token whose scopes this release does not know", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token);
    await execute(
      sql`UPDATE organization_access_tokens SET scopes = ${JSON.stringify(["later:write"])} WHERE id = ${id}`,
    );
    expect((await remove(token, id)).status).toBe(204);
  });

  it("leaves one of two writers when each deletes the other, or itself, at once", async ({ expect }) => {
    const ids = [ID, "b1111111-1111-4111-8111-111111111111"];
    const tokens = await Promise.all(ids.map((id) => grant({ id })));
    for (const token of tokens) await call("GET", TOKENS, { token });
    await Promise.all(ids.map((id, i) => remove(tokens[1 - i]!, id)));
    const left = await Promise.all(tokens.map(write));
    expect(left.toSorted((a, b) => a - b)).toEqual([201, 401]);
  });

  it("lets a token that may no longer change tokens delete none", async ({ expect }) => {
    const [token, caller] = [await grant(), await grant({ id: ID })];
    const { id, token: made } = await create(caller);
    await call("PATCH", TOKENS + ID, { token, body: { scopes: ["meters:read"] } });
    expect((await remove(caller, id)).status).toBe(403);
    expect(await write(made)).toBe(201);
  });

  it("answers 503 when KV fails: writes are refused already; repeated, it is done", async ({ expect }) => {
    const token = await grant({ id: ID });
    const made = await create(token);
    await read(made.token);
    for (const [caller, target] of [
      [token, made.id],
      [token, ID],
    ] as const) {
      const put = vi.spyOn(env.TOKENS, "put").mockRejectedValueOnce(new Error("KV PUT failed"));
      expect((await remove(caller, `${target}?force=true`)).status).toBe(503);
      put.mockRestore();
      expect(await write(target === ID ? token : made.token)).toBe(401);
      expect((await remove(caller, target)).status).toBe(204);
      expect(await isRevoked(target)).toBe(true);
    }
  });

  it.for([true, false])("survives a lost connection (carried out: %s)", async (after, { expect }) => {
    const token = await grant();
    for (const skip of [0, 1, 2, 3]) {
      const made = await create(token);
      await read(made.token);
      const { status } = await remove(token, made.id, { open: losing({ after, skip, times: 1 }) });
      if (status !== 204) expect([status, (await remove(token, made.id)).status]).toEqual([503, 204]);
      expect([await write(made.token), await isRevoked(made.id)]).toEqual([401, true]);
    }
  });

  it("is done when a token has deleted itself and the connection was lost after it", async ({ expect }) => {
    await call("GET", TOKENS, { token: await grant() });
    for (const skip of [0, 1, 2, 3]) {
      const id = crypto.randomUUID();
      const token = await grant({ id });
      const { status } = await remove(token, id, { open: losing({ after: true, skip, times: 1 }) });
      if (status !== 204) expect([status, (await remove(token, id)).status]).toEqual([503, 204]);
      expect([await write(token), await isRevoked(id)]).toEqual([401, true]);
    }
  });

  it("answers 409 when other requests are first each time", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token);
    expect((await remove(token, id, { open: conflicting() })).status).toBe(409);
  });
});
