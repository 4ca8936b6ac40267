import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { goOnMoving, type MoveState, START } from "../../src/operator/move.ts";
import { nameStore } from "../../src/organization-access-tokens/sync.ts";
import { openD1 } from "../../src/store/d1.ts";
import { openObject } from "../../src/store/object.ts";
import type { Store } from "../../src/store/store.ts";
import { findToken, revokeToken, type TokenNamespace } from "../../src/auth/records.ts";
import { create, TOKENS } from "../support/access-tokens.ts";
import { call, grant, METER, NOBODY, ORGANIZATION } from "../support/api.ts";
import { STORE, storeOf } from "../support/stores.ts";

const OTHER = STORE === "d1" ? "object" : "d1";
/** The organization's store, as if it had just become the other kind. */
const renamed = (): Store => ({ ...storeOf(), kind: () => OTHER });

/** KV, in which something happens right after the first read of records. */
const interrupted = (happen: () => Promise<unknown>): TokenNamespace => {
  let isDone = false;
  return {
    put: env.TOKENS.put.bind(env.TOKENS),
    list: env.TOKENS.list.bind(env.TOKENS),
    get: (async (key: string, options: never) => {
      const found = await env.TOKENS.get(key, options);
      if (!isDone) {
        isDone = true;
        await happen();
      }
      return found;
    }) as TokenNamespace["get"],
  };
};

const move = () => ({ from: openD1(env, ORGANIZATION), to: openObject(env, ORGANIZATION) });
const nameNew = () => nameStore(openObject(env, ORGANIZATION), env.TOKENS);
const moveAll = async () => {
  for (let state: MoveState = START; state.phase !== "done";) {
    state = await goOnMoving(move(), state, new Budget(), nameNew);
  }
};

describe("Naming the store of an organization in the records of its tokens", () => {
  it("reaches every token, those that no request has used too, and can be repeated", async ({ expect }) => {
    const tokens = [await grant(), await grant({ revoked_at: "2026-01-01T00:00:00Z" })];
    tokens.push((await create(tokens[0]!)).token);
    await nameStore(renamed(), env.TOKENS);
    const stores = async () => (await Promise.all(tokens.map((each) => findToken(env.TOKENS, each)))).map((each) => each?.store); // prettier-ignore
    expect(await stores()).toEqual([OTHER, OTHER, OTHER]);
    expect((await findToken(env.TOKENS, tokens[1]!))?.revoked_at).toEqual(expect.any(String));
    const put = vi.spyOn(env.TOKENS, "put");
    await nameStore(renamed(), env.TOKENS);
    expect(put).not.toHaveBeenCalled();
  });

  it("takes nothing back that happens meanwhile: a deletion, fewer scopes, a rotation", async ({ expect }) => {
    const token = await grant();
    const made = [await create(token), await create(token, { scopes: ["meters:read", "meters:write"] }), await create(token)] as const; // prettier-ignore
    const [deleted, reduced, rotated] = made;
    const kv = interrupted(async () => {
      expect((await call("DELETE", TOKENS + deleted.id, { token })).status).toBe(204);
      const body = { scopes: ["meters:read"] };
      expect((await call("PATCH", TOKENS + reduced.id, { token, body })).status).toBe(200);
      expect((await call("POST", `${TOKENS}${rotated.id}/rotate`, { token, body: {} })).status).toBe(201);
    });
    await nameStore(renamed(), kv);
    const records = await Promise.all(made.map((each) => findToken(env.TOKENS, each.token)));
    expect(records).toMatchObject([
      { revoked_at: expect.any(String), store: OTHER },
      { scopes: ["meters:read"], store: OTHER },
      { expires_at: expect.any(String), store: OTHER },
    ]);
  });

  it("takes no revocation on the command line back, of a token that the store does not know either", async ({
    expect,
  }) => {
    const token = await grant({ id: NOBODY });
    await nameStore(
      renamed(),
      interrupted(() => revokeToken(env.TOKENS, NOBODY, new Date())),
    );
    expect(await findToken(env.TOKENS, token)).toMatchObject({ revoked_at: expect.any(String), store: OTHER });
  });
});

describe.runIf(STORE === "d1")("Operations on tokens, and a move", () => {
  it("tokens can be listed during it, a new one appears afterwards; they can't be changed", async ({ expect }) => {
    const token = await grant();
    await call("POST", "/v1/meters/", { token, body: METER });
    await grant();
    await goOnMoving(move(), START, new Budget({ statements: 0 }), nameNew);
    const total = async () => (await call("GET", TOKENS, { token })).json.pagination?.total_count;
    expect(await total()).toBe(1);
    expect((await call("PATCH", TOKENS + NOBODY, { token, body: { comment: "new" } })).status).toBe(503);
    await moveAll();
    expect(await total()).toBe(2);
  });

  it("a revoked token can't list them", async ({ expect }) => {
    const [token, own] = [await grant(), await grant({ id: NOBODY })];
    await call("GET", TOKENS, { token: own });
    await call("DELETE", TOKENS + NOBODY, { token });
    await grant();
    expect((await call("GET", TOKENS, { token: own })).status).toBe(401);
  });

  it("write the new store into KV, although this isolate still relies on an old record", async ({ expect }) => {
    const token = await grant();
    const old = await create(token);
    await call("GET", "/v1/meters/", { token });
    await moveAll();
    expect((await call("PATCH", TOKENS + old.id, { token, body: { comment: "new" } })).status).toBe(200);
    const made = await create(token);
    const rotated = await call("POST", `${TOKENS}${made.id}/rotate`, { token, body: {} });
    for (const each of [old.token, made.token, rotated.json.token]) {
      expect((await findToken(env.TOKENS, each))?.store).toBe("object");
    }
  });

  it("write the new store into KV when the switch comes while they write", async ({ expect }) => {
    const token = await grant();
    const made = await create(token);
    const original = env.TOKENS.put.bind(env.TOKENS) as (...of: any[]) => Promise<void>;
    vi.spyOn(env.TOKENS, "put").mockImplementationOnce(async (...of: any[]) => {
      await moveAll();
      return original(...of);
    });
    expect((await call("PATCH", TOKENS + made.id, { token, body: { comment: "new" } })).status).toBe(200);
    expect(await findToken(env.TOKENS, made.token)).toMatchObject({ store: "object", comment: "new" });
  });

  it("mend records that name the old store", async ({ expect }) => {
    const token = await grant();
    const made = await create(token);
    const records = new Map<string, string>();
    for (const { name } of (await env.TOKENS.list({ prefix: "" })).keys)
      records.set(name, (await env.TOKENS.get(name))!);
    await moveAll();
    for (const [name, record] of records) await env.TOKENS.put(name, record);
    vi.setSystemTime(Date.now() + 180_000);
    await call("GET", TOKENS, { token });
    expect((await findToken(env.TOKENS, made.token))?.store).toBe("object");
  });
});
