import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { deleteOperatorKey, OPERATIONS, putOperatorKey } from "../../src/auth/operator-keys.ts";
import { hashToken, newToken } from "../../src/auth/token.ts";
import { inKv } from "../support/access-tokens.ts";
import { call, grant, METER, NOBODY, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { ask, asOperator } from "../support/operator.ts";
import { STORE } from "../support/stores.ts";

const PATH = `/operator/organizations/${ORGANIZATION}/tokens`;
const body = async (token: string, fields: object = {}) => ({
  id: crypto.randomUUID(),
  hash: await hashToken(token),
  comment: "ci",
  scopes: ["meters:read", "meters:write"],
  expires_in: null,
  store: null,
  ...fields,
});
const write = async (token: string) => (await call("POST", "/v1/meters/", { token, body: METER })).status;

describe("The tokens that the command line makes", () => {
  it("work at once, in a store that is decided then; the list shows them", async ({ expect }) => {
    const [post, token] = [await asOperator(), newToken()];
    const sent = await body(token, { expires_in: 90 * 86_400_000 });
    const { status, json } = await post(`${PATH}/create`, sent);
    expect([status, json.id, json.scopes]).toEqual([200, sent.id, sent.scopes]);
    expect(Date.parse(json.expires_at) - Date.parse(json.created_at)).toBe(90 * 86_400_000);
    expect(await inKv(sent.id)).toMatchObject({ store: STORE, comment: "ci" });
    expect(await write(token)).toBe(201);
    const { tokens, cursor } = (await post(`${PATH}/list`)).json;
    expect([tokens.length, tokens[0], cursor]).toEqual([1, expect.objectContaining({ id: sent.id, store: STORE }), null]); // prettier-ignore
  });

  it("are one when the command repeats its request, also after KV has failed", async ({ expect }) => {
    const [post, token] = [await asOperator(), newToken()];
    const sent = await body(token);
    await post(`${PATH}/create`, await body(newToken()));
    vi.spyOn(env.TOKENS, "put").mockRejectedValueOnce(new Error("KV PUT failed"));
    expect((await post(`${PATH}/create`, sent)).status).toBe(503);
    for (let i = 0; i < 2; i++) expect((await post(`${PATH}/create`, sent)).status).toBe(200);
    expect((await post(`${PATH}/list`)).json.tokens).toHaveLength(2);
    expect(await write(token)).toBe(201);
  });

  it("keep a new organization in the store that is named, and refuse another for it afterwards", async ({ expect }) => {
    const post = await asOperator();
    const [first, second] = [await body(newToken(), { store: "object" }), await body(newToken())];
    for (const sent of [first, second]) {
      expect((await post(`${PATH}/create`, sent)).status).toBe(200);
      expect((await inKv(sent.id))?.store).toBe("object");
    }
    const refused = await post(`${PATH}/create`, await body(newToken(), { store: "d1" }));
    expect([refused.status, refused.json.detail[0].msg]).toEqual([422, expect.stringContaining("omit --store")]);
  });

  it("are listed of all organizations, some in each answer", async ({ expect }) => {
    const post = await asOperator();
    const ids = Array.from({ length: 21 }, () => crypto.randomUUID());
    for (const id of ids)
      await post(`/operator/organizations/${id}/tokens/create`, await body(newToken(), { store: "d1" }));
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page: any = (await post("/operator/tokens/list", { cursor })).json;
      found.push(...page.tokens.map((token: any) => token.organization_id));
      ({ cursor } = page);
    } while (cursor !== null);
    expect(found.toSorted()).toEqual(ids.toSorted());
  });

  it("write nothing from the moment at which they were revoked, the last one that may change tokens too", async ({
    expect,
  }) => {
    const post = await asOperator();
    const token = await grant({ id: NOBODY });
    expect(await write(token)).toBe(201);
    for (let i = 0; i < 2; i++) expect((await post(`${PATH}/revoke`, { token_id: NOBODY })).status).toBe(200);
    expect(await write(token)).toBe(401);
    expect((await inKv(NOBODY))?.revoked_at).toEqual(expect.any(String));
    expect((await post(`${PATH}/list`)).json.tokens).toEqual([]);
    expect((await post(`${PATH}/revoke`, { token_id: crypto.randomUUID() })).status).toBe(404);
  });

  it("cannot be listed for an organization that does not exist: a 404", async ({ expect }) => {
    const post = await asOperator();
    for (const [operation, sent] of [["list"], ["revoke", { token_id: NOBODY }]] as const) {
      expect((await post(`${PATH}/${operation}`, sent)).status).toBe(404);
    }
  });
});

describe("An operator's key", () => {
  it("is for one organization and one operation", async ({ expect }) => {
    await grant().then(write);
    const post = await asOperator({ organization_id: ORGANIZATION, operation: "tokens/list" });
    expect((await post(`${PATH}/list`)).status).toBe(200);
    const others = OPERATIONS.filter((operation) => operation !== "tokens/list");
    const paths = [
      ...others.map((operation) => `/operator/organizations/${ORGANIZATION}/${operation}`),
      `/operator/organizations/${OTHER_ORGANIZATION}/tokens/list`,
      "/operator/tokens/list",
      `${PATH}/nope`,
    ];
    for (const path of paths) expect([path, (await post(path)).status]).toEqual([path, 401]);
  });

  it("can allow reading the tokens of all organizations, and nothing else", async ({ expect }) => {
    await grant().then(write);
    const post = await asOperator({ organization_id: null, operation: "tokens/list" });
    expect((await post("/operator/tokens/list", { cursor: null })).json.tokens).toHaveLength(1);
    for (const operation of ["tokens/create", "tokens/revoke", "move", "verify"]) {
      expect((await post(`/operator/organizations/${ORGANIZATION}/${operation}`)).status).toBe(401);
    }
  });

  it("is refused after its deletion, with a damaged record, and by the API", async ({ expect }) => {
    const key = newToken();
    await putOperatorKey(env.TOKENS, key, { organization_id: null, operation: null }, 600);
    expect((await call("GET", "/v1/meters/", { token: key })).status).toBe(401);
    await deleteOperatorKey(env.TOKENS, key);
    expect((await ask(`${PATH}/list`, null, key)).status).toBe(401);
    await env.TOKENS.put(`operator:${await hashToken(key)}`, "{}");
    expect((await ask(`${PATH}/list`, null, key)).status).toBe(401);
  });

  it("is in the log with its organization and operation, not with its text", async ({ expect }) => {
    const log = vi.spyOn(console, "log");
    await grant().then(write);
    log.mockClear();
    const post = await asOperator({ organization_id: ORGANIZATION, operation: "tokens/list" });
    await post(`${PATH}/list`);
    const lines = log.mock.calls.map(([line]) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({
      route: "/operator/organizations/:id/tokens/list",
      organization_id: ORGANIZATION,
      operation: "tokens/list",
      store_trips: expect.any(Number),
    });
    expect(lines.at(-1).store_trips).toBeGreaterThan(0);
  });
});
