import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import type { OpenStore } from "../../src/store/store.ts";
import { openStore } from "../../src/store/open.ts";
import { API_ROUTES, APP, call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { DAY, event } from "../support/metering.ts";
import { STORE } from "../support/stores.ts";

/** Stores, and which databases their statements reach. */
function watching(): { open: OpenStore; reached: Set<string> } {
  const reached = new Set<string>();
  const DB = { prepare: env.DB.prepare.bind(env.DB), batch: (of: D1PreparedStatement[]) => (reached.add("D1"), env.DB.batch(of)) }; // prettier-ignore
  const getByName = (name: string) => (reached.add(name), env.ORGANIZATIONS.getByName(name));
  const bindings = { DB, ORGANIZATIONS: { getByName } } as unknown as Env;
  return { open: (_, home, usage) => openStore({ ...env, ...bindings }, home, usage), reached };
}

/** A body for each route that creates or computes something, with the ids that others made; a new one adds its line. */
const bodiesOf = (ids: Record<string, string>): Record<string, object> => ({
  "/v1/meters": METER,
  "/v1/meters/preview": { ...METER, ...Object.fromEntries(new URLSearchParams(DAY)) },
  "/v1/customers": { email: "ada@example.com", external_id: "c1" },
  "/v1/events/ingest": { events: [event()] },
  "/v1/customer-meters/credits": { external_customer_id: "c1", meter_id: ids["meters"], units: 1 },
  "/v1/organization-access-tokens": { comment: "c", scopes: ["meters:read"] },
  "/v1/organization-access-tokens/:id/rotate": {},
  "/v1/customer-meters/resets": { external_customer_id: "c1", meter_id: ids["meters"] },
});
const ORDER = ["POST", "GET", "PATCH", "DELETE"];
/** Credits need what these make. */
const FIRST = ["/v1/meters", "/v1/customers"];
const ROUTES = [...new Set(API_ROUTES.map(({ method, path }) => `${method} ${path}`))]
  .map((route) => route.split(" ") as [method: string, path: string])
  .toSorted(([a, at], [b, to]) => ORDER.indexOf(a) - ORDER.indexOf(b) || FIRST.indexOf(to) - FIRST.indexOf(at)); // prettier-ignore

/** A request to every route, for what is there; returns the statuses. */
async function callAll(token: string, open: OpenStore): Promise<number[]> {
  const statuses: number[] = [];
  const ids: Record<string, string> = {};
  for (const [method, path] of ROUTES) {
    const resource = path.split("/")[2]!;
    if (path.includes(":id")) {
      ids[resource] ??= (await call("GET", `/v1/${resource}/`, { token, open })).json.items[0].id;
    }
    const target = path.replace(":id", ids[resource]!).replace(":external_id", "c1");
    const body = { POST: bodiesOf(ids)[path], PATCH: { name: "Changed" } }[method];
    const query = path.endsWith("/quantities") ? `?${DAY}` : "";
    const { status, json } = await call(method, target + query, { token, body, open });
    if (method === "POST" && path === `/v1/${resource}`) ids[resource] = json.id ?? json.organization_access_token.id;
    statuses.push(status);
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
      const statuses = await callAll(await grant(record), open);
      // The second DELETE finds no customer.
      expect(statuses.filter((status) => status >= 300)).toEqual([404]);
      expect([...reached]).toEqual([expected]);
    }
  });

  it("is the one of the variable STORE when the token names none", async ({ expect }) => {
    const { open, reached } = watching();
    await callAll(await grant({ store: undefined }), open);
    expect([...reached]).toEqual([STORE === "d1" ? "D1" : ORGANIZATION]);
  });

  it("is never an object with D1 alone", async ({ expect }) => {
    const before = await listDurableObjectIds(env.ORGANIZATIONS);
    await callAll(await grant({ store: "d1", organization_id: crypto.randomUUID() }), openStore);
    expect(await listDurableObjectIds(env.ORGANIZATIONS)).toHaveLength(before.length);
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
