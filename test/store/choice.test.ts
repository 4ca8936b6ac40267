import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import type { OpenStore } from "../../src/store/store.ts";
import { openStore } from "../../src/store/open.ts";
import { APP, call, grant, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { OPERATIONS } from "../support/document.ts";
import { filledPath, makeExamples, REQUESTS, tokenFor } from "../support/examples.ts";
import { STORE } from "../support/stores.ts";

/** Stores, and which databases their statements reach. */
function watching(): { open: OpenStore; reached: Set<string> } {
  const reached = new Set<string>();
  const DB = { prepare: env.DB.prepare.bind(env.DB), batch: (of: D1PreparedStatement[]) => (reached.add("D1"), env.DB.batch(of)) }; // prettier-ignore
  const getByName = (name: string) => (reached.add(name), env.ORGANIZATIONS.getByName(name));
  const bindings = { DB, ORGANIZATIONS: { getByName } } as unknown as Env;
  return { open: (_, home, usage) => openStore({ ...env, ...bindings }, home, usage), reached };
}

const ORDER = ["POST", "GET", "PATCH", "DELETE"];
const IN_ORDER = OPERATIONS.toSorted((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method));

/** Makes an item of each resource, and sends a request of each operation; returns the statuses. */
async function callAll(token: string, open: OpenStore): Promise<number[]> {
  const ids = await makeExamples(async (method, path, body) => (await call(method, path, { token, body, open })).json);
  const statuses: number[] = [];
  for (const { method, path, operation } of IN_ORDER) {
    const { query, body } = REQUESTS[operation.operationId]!(ids);
    const target = `${filledPath(path, ids)}?${new URLSearchParams(query).toString()}`;
    statuses.push((await call(method, target, { token: tokenFor(path, token, ids), body, open })).status);
  }
  return statuses;
}

describe("The store of an organization", () => {
  it("is the one that its token names, and no request reaches another organization's object, or D1", async ({
    expect,
  }) => {
    const homes = [
      [{ organization_id: ORGANIZATION, store: "object" }, ORGANIZATION],
      [{ organization_id: OTHER_ORGANIZATION, store: "object" }, OTHER_ORGANIZATION],
      [{ organization_id: crypto.randomUUID(), store: "d1" }, "D1"],
    ] as const;
    for (const [record, expected] of homes) {
      const { open, reached } = watching();
      const before = await listDurableObjectIds(env.ORGANIZATIONS);
      const statuses = await callAll(await grant(record), open);
      // The hold is settled before it is released, and the second DELETE finds no customer.
      expect(statuses.filter((status) => status >= 300)).toEqual([409, 404]);
      expect([...reached]).toEqual([expected]);
      // What is in D1 needs no object, however it would be opened.
      if (expected === "D1") expect(await listDurableObjectIds(env.ORGANIZATIONS)).toHaveLength(before.length);
    }
  });

  it("is the one of the variable STORE when the token names none", async ({ expect }) => {
    const { open, reached } = watching();
    await call("GET", "/v1/meters/", { token: await grant({ store: undefined }), open });
    expect([...reached]).toEqual([STORE === "d1" ? "D1" : ORGANIZATION]);
  });

  it("is not guessed when STORE or a token's record is wrong", async ({ expect }) => {
    const token = await grant({ store: undefined });
    const log = vi.spyOn(console, "error");
    const request = (bindings: object) =>
      APP.request("/v1/meters", { headers: { Authorization: `Bearer ${token}` } }, { ...env, ...bindings });
    expect((await request({ STORE: "objects" })).status).toBe(500);
    expect(JSON.parse(log.mock.calls[0]![0]).cause).toContain("STORE should be d1 or object");
    expect((await request({ STORE: undefined })).status).toBe(200);
    const unknown = await grant({ store: "kv" as never });
    expect((await call("GET", "/v1/meters/", { token: unknown })).json.error).toBe("invalid_token");
  });
});
