import { sql } from "drizzle-orm";
import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { APP, call, grant, METER, NOBODY, ORGANIZATION } from "../support/api.ts";
import { leaksIn, watchFor } from "../support/log-watch.ts";
import { event } from "../support/metering.ts";
import { execute, failing, losing, measuring, onTransport, STORE } from "../support/stores.ts";

/** Sends a request, and returns the line that was logged about it. */
async function lineOf(...of: Parameters<typeof call>) {
  const log = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
  const answer = await call(...of);
  const lines = log.flatMap(({ mock }) => mock.calls).map(([line]) => JSON.parse(line));
  for (const spy of log) spy.mockRestore();
  return { answer, line: lines.find((line) => line.request_id === answer.headers.get("X-Request-Id")) };
}

describe("The log line of a request", () => {
  it("has the request's times, and the same rows as the database counts", async ({ expect }) => {
    const id = crypto.randomUUID();
    const token = await grant({ id });
    await call("POST", "/v1/meters/", { token, body: METER });
    const { open, cost } = measuring();
    const { answer, line } = await lineOf("POST", "/v1/events/ingest?x=1", {
      token,
      body: { events: [event()] },
      open,
    });
    expect(line).toEqual({
      level: "info",
      request_id: answer.headers.get("X-Request-Id"),
      method: "POST",
      route: "/v1/events/ingest",
      status: 200,
      duration_ms: expect.any(Number),
      kv_ms: expect.any(Number),
      store_ms: expect.any(Number),
      store_trips: cost.trips,
      rows_read: cost.read,
      rows_written: cost.written,
      organization_id: ORGANIZATION,
      token_id: id,
    });
    expect(cost.written).toBeGreaterThan(1);
    expect(line.store_ms).toBeLessThanOrEqual(line.duration_ms);
  });

  it("counts the round trips that were repeated, and the time that they took", async ({ expect }) => {
    const token = await grant();
    const slow = onTransport(async (carryOut) => {
      await scheduler.wait(60);
      return carryOut();
    });
    const { line } = await lineOf("GET", "/v1/meters", { token, open: slow });
    expect(line.store_ms).toBeGreaterThanOrEqual(50);
    const lost = await lineOf("POST", "/v1/meters", { token, body: METER, open: losing({ after: false }) });
    expect([lost.answer.status, lost.line.store_trips]).toEqual([201, 3]);
  });

  it("has the time of reading KV, once for a token", async ({ expect }) => {
    const token = await grant();
    const get = env.TOKENS.get.bind(env.TOKENS) as (...of: unknown[]) => Promise<never>;
    vi.spyOn(env.TOKENS, "get").mockImplementation(async (...of: unknown[]) => {
      await scheduler.wait(60);
      return get(...of);
    });
    expect((await lineOf("GET", "/v1/meters", { token })).line.kv_ms).toBeGreaterThanOrEqual(50);
    expect((await lineOf("GET", "/v1/meters", { token })).line.kv_ms).toBe(0);
  });

  it("has the declared route instead of the path, and none if no route matches", async ({ expect }) => {
    const token = await grant();
    const routeOf = async (path: string) => (await lineOf("GET", path, { token })).line.route;
    expect(await routeOf(`/v1/meters/${NOBODY}/`)).toBe("/v1/meters/:id");
    expect(await routeOf("/v1/customers/external/ada%40example.com/state")).toBe(
      "/v1/customers/external/:external_id/state",
    );
    expect(await routeOf("/v1/ada@example.com")).toBeUndefined();
  });

  it("counts no rows where an object still runs the release before, which does not say them", async ({ expect }) => {
    const old = onTransport(async (carryOut) => {
      const results = (await carryOut()) as { rows: unknown[]; changes: number }[];
      return (STORE === "d1" ? results : results.map(({ rows, changes }) => ({ rows, changes }))) as never;
    });
    const { answer, line } = await lineOf("POST", "/v1/meters", { token: await grant(), body: METER, open: old });
    expect(answer.status).toBe(201);
    if (STORE === "object") expect(line.rows_written).toBe(0);
    else expect(line.rows_written).toBeGreaterThan(0);
  });
});

describe("Server-Timing", () => {
  it("has the same times as the line", async ({ expect }) => {
    const { answer, line } = await lineOf("GET", "/v1/meters", { token: await grant() });
    const { duration_ms, kv_ms, store_ms } = line;
    expect(answer.headers.get("Server-Timing")).toBe(
      `total;dur=${duration_ms}, kv;dur=${kv_ms}, store;dur=${store_ms}`,
    );
    expect((await call("GET", "/nope")).headers.get("Server-Timing")).toMatch(/^total;dur=\d+, kv;dur=0, store;dur=0$/);
  });
});

describe("A data point of a request", () => {
  const ask = async (ANALYTICS: AnalyticsEngineDataset, token: string) =>
    APP.request("/v1/meters", { headers: { Authorization: `Bearer ${token}` } }, { ...env, ANALYTICS });

  it("has what the line has, in the order of docs/operations.md", async ({ expect }) => {
    const writeDataPoint = vi.fn<AnalyticsEngineDataset["writeDataPoint"]>();
    const id = crypto.randomUUID();
    expect((await ask({ writeDataPoint }, await grant({ id, scopes: [] }))).status).toBe(403);
    const numbers = Array.from({ length: 6 }, () => expect.any(Number));
    expect(writeDataPoint.mock.calls).toEqual([
      [
        {
          indexes: [ORGANIZATION],
          blobs: ["GET", "/v1/meters", "insufficient_scope", "", id],
          doubles: [403, ...numbers],
        },
      ],
    ]);
  });

  it("does not delay the answer", async ({ expect }) => {
    const writeDataPoint = () => new Promise(() => {}) as never;
    expect((await ask({ writeDataPoint }, await grant())).status).toBe(200);
  });

  it("that cannot be written fails no request, and is logged once a minute", async ({ expect }) => {
    const token = await grant();
    const warn = vi.spyOn(console, "warn");
    const broken = {
      writeDataPoint() {
        throw new Error("Analytics Engine is down");
      },
    };
    const start = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => start);
    for (let i = 0; i < 3; i++) expect((await ask(broken, token)).status).toBe(200);
    expect(warn.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "warn", warning: "AnalyticsFailed", cause: "Error: Analytics Engine is down" },
    ]);
    vi.spyOn(Date, "now").mockImplementation(() => start + 60_000);
    await ask(broken, token);
    expect(warn).toHaveBeenCalledTimes(2);
  });
});

describe("A failure in the log", () => {
  it("is not what a caller wrote into a path", async ({ expect }) => {
    for (const path of ["/overloaded", "/SQLITE_FULL", "/no such table"]) {
      const { answer, line } = await lineOf("GET", encodeURI(path));
      expect([answer.status, line.failure]).toEqual([404, undefined]);
    }
  });

  it("is SchemaOutdated when a migration is missing: 503, and the caller waits for the operator", async ({
    expect,
  }) => {
    const token = await grant();
    const create = () => lineOf("POST", "/v1/meters", { token, body: METER });
    await execute(sql`ALTER TABLE meters DROP COLUMN custom_label`);
    const column = await create();
    await execute(sql`DROP TABLE meters`);
    for (const { answer, line } of [column, await create()]) {
      expect([answer.status, answer.json.error, answer.headers.get("Retry-After")]).toEqual([503, "ServiceUnavailable", "30"]); // prettier-ignore
      expect(line).toMatchObject({ level: "error", error: "ServiceUnavailable", failure: "SchemaOutdated" });
      expect(line.cause).toMatch(/no such table|no column named/);
      expect(answer.text).not.toContain("meters");
    }
  });
});

describe("The cause in the log", () => {
  it("has nothing of an answer of D1 that broke off", async ({ expect }) => {
    const message = 'D1_ERROR: Failed to parse body as JSON, got: [{"results":[{"email":"ada@example.com"';
    const { answer, line } = await lineOf("GET", "/v1/customers", {
      token: await grant(),
      open: failing(new Error(message)),
    });
    expect([answer.status, line.failure]).toEqual([503, "ConnectionLost"]);
    expect(line.cause.split("\n")[0]).toBe("Error: D1_ERROR: Failed to parse body as JSON");
  });
});

describe("What watches the log of every test", () => {
  it("finds what was sent, e-mail addresses, tokens and unknown fields, and nothing else", ({ expect }) => {
    const line = (fields: object) => leaksIn(JSON.stringify({ level: "info", ...fields }));
    watchFor({ metadata: { planted: "a secret plan" } });
    expect(line({ cause: "Error: a secret plan is wrong" })).toEqual(["a secret plan"]);
    expect(line({ cause: "Error: planted is wrong" })).toEqual(["planted"]);
    expect(line({ cause: "Error: x\n    at planted (planted.ts)" })).toEqual([]);
    expect(line({ cause: "ada@example.com" })).toEqual(["ada@example.c"]);
    expect(line({ cause: "em_oat_1" })).toEqual(["em_oat_"]);
    expect(line({ path: "/x" })).toEqual(["path: /x"]);
    expect(line({ route: "/v1/meters/x" })).toEqual(["route: /v1/meters/x"]);
    expect(line({ route: "/v1/meters/:id", status: 200 })).toEqual([]);
    expect(leaksIn("a secret plan")).toEqual(["a secret plan"]);
  });
});
