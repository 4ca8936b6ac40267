import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { create, inKv, TOKENS, WRITE } from "../support/access-tokens.ts";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { conflicting, decorated, execute } from "../support/stores.ts";
import { begins } from "../support/statements.ts";

const patch = (token: string, id: string, body: unknown) => call("PATCH", TOKENS + id, { token, body });

describe("PATCH /v1/organization-access-tokens/{id}", () => {
  it("answers 403 without the scope, and for a scope that the request's own token lacks", async ({ expect }) => {
    const all = await grant();
    const { id } = await create(all, { scopes: ["meters:read", "events:read"] });
    expect((await patch(await grant({ scopes: ["meters:read"] }), id, {})).status).toBe(403);
    const caller = await grant({ scopes: [WRITE, "meters:read"] });
    const answer = await patch(caller, id, { scopes: ["meters:read", "events:read"] });
    expect([answer.status, answer.json.detail]).toEqual([403, "The token lacks the required scope: events:read."]);
    expect((await patch(all, id, { scopes: ["meters:read"] })).json.scopes).toEqual(["meters:read"]);
    expect((await patch(caller, id, { scopes: [WRITE] })).json.scopes).toEqual([WRITE]);
  });

  it("answers 403 for a token that has a scope which the request's own lacks, whatever is changed", async ({
    expect,
  }) => {
    const stronger = await create(await grant(), { scopes: ["meters:read", "events:write"] });
    const caller = await grant({ scopes: [WRITE, "meters:read"] });
    for (const body of [{ scopes: ["meters:read"] }, { comment: "mine" }]) {
      const answer = await patch(caller, stronger.id, body);
      expect([answer.status, answer.json.detail]).toEqual([403, "The token lacks the required scope: events:write."]);
    }
    expect(await inKv(stronger.id)).toMatchObject({ scopes: ["meters:read", "events:write"], comment: "made" });
  });

  it("answers 404 for a token of another organization, and for one that is deleted", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token);
    const foreign = await grant({ organization_id: OTHER_ORGANIZATION });
    expect((await patch(foreign, id, { comment: "mine" })).status).toBe(404);
    await call("DELETE", TOKENS + id, { token });
    expect((await patch(token, id, { comment: "late" })).status).toBe(404);
    expect((await patch(token, NOBODY, { comment: "late" })).status).toBe(404);
  });

  it("changes what it names, in KV too; the new scopes hold", async ({ expect }) => {
    const token = await grant();
    const made = await create(token, { scopes: ["meters:read"], comment: "old" });
    const { status, json } = await patch(token, made.id, { comment: "new", scopes: ["meters:write"] });
    expect([status, json.comment, json.scopes]).toEqual([200, "new", ["meters:write"]]);
    expect(Date.parse(json.modified_at)).toBeGreaterThanOrEqual(Date.parse(json.created_at));
    expect(await inKv(made.id)).toMatchObject({ comment: "new", scopes: ["meters:write"] });
    expect((await call("POST", "/v1/meters/", { token: made.token, body: METER })).status).toBe(201);
    expect((await call("GET", "/v1/events/", { token: made.token })).status).toBe(403);
  });

  it("changes nothing for null and for what is absent", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token, { comment: "old" });
    const { json } = await patch(token, id, { comment: null, scopes: null });
    expect([json.comment, json.scopes, json.modified_at]).toEqual(["old", ["meters:write"], null]);
  });

  it("keeps the last token that may change tokens, unless it is forced", async ({ expect }) => {
    const id = "a1111111-1111-4111-8111-111111111111";
    const token = await grant({ id });
    await create(token, { scopes: [WRITE], expires_in: 1 });
    vi.setSystemTime(Date.now() + 2000);
    const answer = await patch(token, id, { scopes: ["meters:read"] });
    expect([answer.status, answer.json.error]).toEqual([409, "Conflict"]);
    expect(answer.json.detail).toContain("?force=true");
    expect((await inKv(id))?.scopes).toContain(WRITE);
    expect((await patch(token, id, { scopes: [WRITE] })).status).toBe(200);
    expect((await call("PATCH", `${TOKENS}${id}?force=true`, { token, body: { scopes: ["meters:read"] } })).status).toBe(403); // prettier-ignore
    expect((await call("PATCH", `${TOKENS}${id}?force=true`, { token, body: { comment: "last" } })).status).toBe(200);
  });

  it("lets the last one go when it is forced", async ({ expect }) => {
    const id = "a1111111-1111-4111-8111-111111111111";
    const token = await grant({ id });
    const { status, json } = await call("PATCH", `${TOKENS}${id}?force=true`, {
      token,
      body: { scopes: ["meters:read"] },
    });
    expect([status, json.scopes]).toEqual([200, ["meters:read"]]);
    expect((await patch(token, id, { comment: "again" })).status).toBe(403);
  });

  it("leaves one of two writers when both are reduced at once", async ({ expect }) => {
    const ids = ["a1111111-1111-4111-8111-111111111111", "b1111111-1111-4111-8111-111111111111"];
    const tokens = await Promise.all(ids.map((id) => grant({ id })));
    for (const token of tokens) await call("GET", TOKENS, { token });
    const answers = await Promise.all(ids.map((id, i) => patch(tokens[i]!, id, { scopes: ["meters:read"] })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });

  it("carries out concurrent changes one after the other; KV has the last one", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token);
    const original = env.TOKENS.put.bind(env.TOKENS);
    vi.spyOn(env.TOKENS, "put").mockImplementation(async (...of: any[]) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
      return (original as any)(...of);
    });
    const bodies = [{ comment: "1" }, { comment: "2" }, { scopes: ["meters:read"] }, { comment: "3" }];
    const answers = await Promise.all(bodies.map((body) => patch(token, id, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { items } = (await call("GET", TOKENS, { token })).json;
    const { comment, scopes } = items.find((each: { id: string }) => each.id === id);
    expect(scopes).toEqual(["meters:read"]);
    expect(await inKv(id)).toMatchObject({ comment, scopes });
  });

  it("does not leave an earlier change in KV that arrives there later", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token);
    const original = env.TOKENS.put.bind(env.TOKENS) as (...of: any[]) => Promise<void>;
    const [arrived, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    vi.spyOn(env.TOKENS, "put").mockImplementationOnce(async (...of: any[]) => {
      arrived.resolve();
      await held.promise;
      return original(...of);
    });
    const first = patch(token, id, { comment: "1" });
    await arrived.promise;
    expect((await patch(token, id, { comment: "2" })).status).toBe(200);
    held.resolve();
    expect((await first).status).toBe(200);
    expect((await inKv(id))?.comment).toBe("2");
  });

  it("answers 503 when KV fails, and can be repeated", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token);
    vi.spyOn(env.TOKENS, "put").mockRejectedValueOnce(new Error("KV PUT failed"));
    expect((await patch(token, id, { comment: "new" })).status).toBe(503);
    expect((await inKv(id))?.comment).toBe("made");
    expect((await patch(token, id, { comment: "new" })).status).toBe(200);
    expect((await inKv(id))?.comment).toBe("new");
  });

  it("answers 503 when other requests keep changing the token while its record is written, after five writes", async ({
    expect,
  }) => {
    const token = await grant();
    const { id } = await create(token);
    const put = vi.spyOn(env.TOKENS, "put").mockImplementation(async () => {
      await execute(sql`UPDATE organization_access_tokens SET version = version + 1 WHERE id = ${id}`);
    });
    expect((await patch(token, id, { comment: "new" })).status).toBe(503);
    expect(put).toHaveBeenCalledTimes(5);
  });

  it("answers 409 when other requests are first each time, 503 when the store fails", async ({ expect }) => {
    const token = await grant();
    const { id } = await create(token);
    const body = { comment: "new" };
    expect((await call("PATCH", TOKENS + id, { token, body, open: conflicting() })).status).toBe(409);
    const open = decorated(async (carryOut, texts) => {
      if (texts.some((text) => begins(text, "UPDATE"))) throw new Error("D1_ERROR: overloaded");
      return carryOut();
    });
    expect((await call("PATCH", TOKENS + id, { token, body, open })).status).toBe(503);
    expect((await inKv(id))?.comment).toBe("made");
  });

  it.for([
    [{ scopes: [] }, ["body.scopes too_short"]],
    [{ scopes: ["meters:fly"] }, ["body.scopes.0 enum"]],
    [{ comment: 1 }, ["body.comment string_type"]],
  ] as [unknown, string[]][])("answers 422 to %j", async ([body, expected], { expect }) => {
    expect(problems(await patch(await grant(), NOBODY, body))).toEqual(expected);
  });
});
