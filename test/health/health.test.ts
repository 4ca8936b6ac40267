import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it, type ExpectStatic, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { opened } from "../../src/http/store.ts";
import { openStore } from "../../src/store/open.ts";
import type { OpenStore } from "../../src/store/store.ts";
import { call, grant } from "../support/api.ts";
import { STORE } from "../support/stores.ts";

type Asked = { method?: string; open?: OpenStore; bindings?: object };

/** Asks without a token; the document does not know these paths. */
async function ask(path: string, { method = "GET", open = openStore, bindings }: Asked = {}) {
  const answer = await createApp(open).request(path, { method }, { ...env, ...bindings });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: text === "" ? null : JSON.parse(text) };
}

const checked = (expect: ExpectStatic, status = "ok") => ({ status, duration_ms: expect.any(Number) });
let minutes = 0;
/** Makes the clock later than for any other test: what an isolate has found is forgotten. */
function later() {
  const start = Date.now() + ++minutes * 60_000;
  return { start, now: vi.spyOn(Date, "now").mockReturnValue(start) };
}
const broken =
  (store: string, error = new Error("Network connection lost.")): OpenStore =>
  (bindings, home, usage) => {
    if (home.store !== store) return openStore(bindings, home, usage);
    const fail = () => Promise.reject(error);
    return { organizationId: home.organizationId, kind: () => home.store, read: fail, write: fail };
  };

describe("GET /healthz", () => {
  it("answers 200 without a token and whatever else is broken", async ({ expect }) => {
    const bindings = { DB: null, TOKENS: null, ORGANIZATIONS: null, STORE: "nonsense" };
    const answer = await ask("/healthz", { bindings });
    expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
  });

  it("answers HEAD and OPTIONS, and 405 to other methods", async ({ expect }) => {
    for (const path of ["/healthz", "/readyz"]) {
      expect([(await ask(path, { method: "HEAD" })).status, (await ask(path, { method: "OPTIONS" })).status]).toEqual([200, 204]); // prettier-ignore
      const refused = await ask(path, { method: "POST" });
      expect([refused.status, refused.headers.get("Allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    }
  });
});

describe("GET /readyz", () => {
  it("names each dependency of the deployment with its time, without a token", async ({ expect }) => {
    later();
    // Other tests share this isolate, and some of them use objects.
    opened.objects = false;
    const answer = await ask("/readyz");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    const ok = checked(expect);
    const checks = { d1: ok, kv: ok, ...(STORE === "object" && { object: ok }) };
    expect(answer.json).toEqual({ status: "ok", checks });
  });

  it("checks no object where none is used, and one where a token names the store", async ({ expect }) => {
    if (STORE === "object") return;
    later();
    const before = await listDurableObjectIds(env.ORGANIZATIONS);
    await ask("/readyz");
    expect(await listDurableObjectIds(env.ORGANIZATIONS)).toHaveLength(before.length);
    vi.restoreAllMocks();
    await call("GET", "/v1/meters/", { token: await grant({ store: "object" }) });
    later();
    expect((await ask("/readyz")).json.checks.object).toEqual(checked(expect));
  });

  it.for([
    ["D1 is down", "d1", { open: broken("d1") }, "ConnectionLost"],
    ["KV is down", "kv", { bindings: { TOKENS: { get: () => Promise.reject(new Error("KV GET failed: 500")) } } }, undefined], // prettier-ignore
    ["an object is down", "object", { open: broken("object"), bindings: { STORE: "object" } }, "ConnectionLost"],
    ["STORE is wrong", "object", { open: broken("object"), bindings: { STORE: "objects" } }, undefined],
  ] as const)("answers 503 when %s, and only the log says why", async ([, name, asked, failure], { expect }) => {
    later();
    const log = vi.spyOn(console, "error");
    const answer = await ask("/readyz", asked);
    expect(answer.status).toBe(503);
    expect(answer.json.checks[name]).toEqual(checked(expect, "failed"));
    const failed = Object.values<{ status: string }>(answer.json.checks).filter(({ status }) => status === "failed");
    expect([answer.json.status, failed.length]).toEqual(["failed", 1]);
    expect(answer.text).not.toMatch(/lost|KV GET/);
    const lines = log.mock.calls.map(([line]) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ error: "NotReady", check: name, cause: expect.any(String) });
    expect(lines[0].failure).toBe(failure);
    expect(lines[1]).toMatchObject({ status: 503, route: "/readyz" });
  });

  it("answers 503 when the newest migration is not applied: SchemaOutdated", async ({ expect }) => {
    later();
    const log = vi.spyOn(console, "error");
    await env.DB.prepare("DELETE FROM d1_migrations WHERE id = (SELECT max(id) FROM d1_migrations)").run();
    expect((await ask("/readyz")).json.checks.d1.status).toBe("failed");
    later();
    await env.DB.prepare("DROP TABLE d1_migrations").run();
    expect((await ask("/readyz")).status).toBe(503);
    const failures = log.mock.calls.map(([line]) => JSON.parse(line)).filter(({ check }) => check === "d1");
    expect(failures.map(({ failure }) => failure)).toEqual(["SchemaOutdated", "SchemaOutdated"]);
  });

  it("is ready on a schema that is newer than the code", async ({ expect }) => {
    later();
    await env.DB.prepare("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')").run();
    expect((await ask("/readyz")).status).toBe(200);
  });

  it("counts a dependency that does not answer within 5 seconds as failed", async ({ expect }) => {
    later();
    const setTimer = globalThis.setTimeout;
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((run: () => void, milliseconds: number) =>
      setTimer(run, milliseconds === 5000 ? 1 : milliseconds)) as never);
    const TOKENS = { get: () => new Promise(() => {}) };
    expect((await ask("/readyz", { bindings: { TOKENS } })).json.checks.kv.status).toBe("failed");
  });

  it("asks the dependencies once in 5 seconds, however often it is called", async ({ expect }) => {
    const { start, now } = later();
    let reads = 0;
    const open: OpenStore = (bindings, home, usage) => {
      if (home.store === "d1") reads++;
      return openStore(bindings, home, usage);
    };
    const get = vi.spyOn(env.TOKENS, "get");
    for (let i = 0; i < 3; i++) expect((await ask("/readyz", { open })).status).toBe(200);
    expect([reads, get.mock.calls.length]).toEqual([1, 1]);
    now.mockReturnValue(start + 5000);
    await Promise.all(Array.from({ length: 10 }, () => ask("/readyz", { open })));
    expect([reads, get.mock.calls.length]).toEqual([2, 2]);
  });
});
