import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { goOnMoving } from "../../src/operator/move.ts";
import { publishNext } from "../../src/organization-access-tokens/kv.ts";
import { openD1 } from "../../src/store/d1.ts";
import { openObject } from "../../src/store/object.ts";
import type { Store } from "../../src/store/store.ts";
import { findRecord, type TokenNamespace } from "../../src/auth/records.ts";
import { create, TOKENS } from "../support/access-tokens.ts";
import { call, grant, METER, ORGANIZATION } from "../support/api.ts";
import { STORE, storeOf } from "../support/stores.ts";

const OTHER = STORE === "d1" ? "object" : "d1";
/** The organization's store, as if it had just become the other kind. */
const renamed = (): Store => ({ ...storeOf(), kind: () => OTHER });

/** KV, in which something happens right before the first write. */
const interrupted = (happen: () => Promise<unknown>): TokenNamespace => {
  let isDone = false;
  const put: TokenNamespace["put"] = async (...of) => {
    if (!isDone) {
      isDone = true;
      await happen();
    }
    return env.TOKENS.put(...of);
  };
  return Object.assign(Object.create(env.TOKENS) as TokenNamespace, { put });
};

const move = () => ({ from: openD1(env, ORGANIZATION), to: openObject(env, ORGANIZATION) });
const nameNew = (after: string) =>
  publishNext({ store: openObject(env, ORGANIZATION), kv: env.TOKENS }, Date.now(), after);
const moveAll = async () => {
  while ((await goOnMoving(move(), new Budget(), nameNew)).phase !== "done");
};

describe("Naming the store of an organization in the records of its tokens", () => {
  it("reaches every valid token, and can be repeated", async ({ expect }) => {
    const token = await grant();
    const made = [await create(token), await create(token)] as const;
    for (let i = 0; i < 2; i++) {
      await publishNext({ store: renamed(), kv: env.TOKENS }, Date.now(), "");
      for (const each of [token, ...made.map((of) => of.token)]) {
        expect((await findRecord(env.TOKENS, each))?.store).toBe(OTHER);
      }
    }
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
    await publishNext({ store: renamed(), kv }, Date.now(), "");
    const records = await Promise.all(made.map((each) => findRecord(env.TOKENS, each.token)));
    expect(records).toMatchObject([
      { revoked_at: expect.any(String), store: OTHER },
      { scopes: ["meters:read"], store: OTHER },
      { expires_at: expect.any(String), store: OTHER },
    ]);
  });
});

describe.runIf(STORE === "d1")("Operations on tokens, and a move", () => {
  it("tokens can be listed during it, by a new one too, which is adopted afterwards; they can't be changed", async ({
    expect,
  }) => {
    const id = crypto.randomUUID();
    const token = await grant({ id });
    await call("POST", "/v1/meters/", { token, body: METER });
    const late = await grant();
    await goOnMoving(move(), new Budget({ statements: 0 }), nameNew);
    const total = async () => (await call("GET", TOKENS, { token: late })).json.pagination?.total_count;
    expect(await total()).toBe(1);
    expect((await call("PATCH", TOKENS + id, { token, body: { comment: "new" } })).status).toBe(503);
    await moveAll();
    expect(await total()).toBe(2);
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
      expect((await findRecord(env.TOKENS, each))?.store).toBe("object");
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
    expect(await findRecord(env.TOKENS, made.token)).toMatchObject({ store: "object", comment: "new" });
  });
});
