import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, type Mock, vi } from "vitest";
import { call, grant, METER, storedMeters } from "../support/api.ts";
import { counting, execute, failing, losing } from "../support/stores.ts";
import type { OpenStore } from "../../src/store/store.ts";

const create = async (open?: OpenStore) =>
  call("POST", "/v1/meters/", { token: await grant(), body: METER, ...(open && { open }) });

describe("POST /v1/meters/ when the store fails", () => {
  it.for([
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
    "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
    "D1_ERROR: Network connection lost.",
    "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
    "D1_ERROR: Failed to parse body as JSON, got: error code: 1101",
    "internal error; reference = 0123456789abcdefghijklmnop",
    "D1_ERROR: attempt to write a readonly database: SQLITE_READONLY",
    "D1_ERROR: Currently processing a long-running export.",
  ])("answers 503 with Retry-After to “%s”, and stores nothing", async (message, { expect }) => {
    const answer = await create(failing(new Error(message)));
    expect(answer.status).toBe(503);
    expect(answer.json).toEqual({
      error: "ServiceUnavailable",
      detail: "A dependency is not available right now. Try again.",
    });
    expect(answer.headers.get("Retry-After")).toBe("1");
    expect(await storedMeters()).toBe(0);
  });

  it("tries again when the connection is lost before or after the insert: one meter, not two", async ({ expect }) => {
    for (const after of [false, true]) {
      const before = await storedMeters();
      const answer = await create(losing({ after }));
      expect(answer.status).toBe(201);
      expect(await storedMeters()).toBe(before + 1);
      const read = await call("GET", `/v1/meters/${answer.json.id}`, { token: await grant() });
      expect(read.json).toEqual(answer.json);
    }
  });

  it("answers 503 when the connection is lost three times", async ({ expect }) => {
    expect((await create(losing({ after: false, times: 3 }))).status).toBe(503);
  });

  it("answers 500 to an unknown error, and only the log has it, without parameters", async ({ expect }) => {
    const log = vi.spyOn(console, "error");
    await execute(sql`CREATE TRIGGER defect BEFORE INSERT ON meters BEGIN SELECT raise(ABORT, 'a defect'); END`);
    const answer = await create();
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual({ error: "InternalServerError", detail: "Internal Server Error" });
    const line = log.mock.calls[0]![0];
    expect(JSON.parse(line)).toMatchObject({ level: "error", status: 500, cause: expect.stringContaining("a defect") });
    expect(line).not.toContain(METER.name);
    expect(line).not.toContain("INSERT INTO");
  });
});

describe("GET /v1/meters/{id} when the store fails", () => {
  it("answers 503", async ({ expect }) => {
    const { json } = await create();
    const open = failing(new Error("D1_ERROR: Network connection lost."));
    const answer = await call("GET", `/v1/meters/${json.id}`, { token: await grant(), open });
    expect(answer.status).toBe(503);
  });
});

describe("The cost of POST /v1/meters/", () => {
  it("is one KV read and one round trip to the store", async ({ expect }) => {
    const token = await grant();
    const { TOKENS } = env;
    const kv = [vi.spyOn(TOKENS, "get"), vi.spyOn(TOKENS, "getWithMetadata"), vi.spyOn(TOKENS, "list")] as Mock[];
    const writes = [vi.spyOn(TOKENS, "put"), vi.spyOn(TOKENS, "delete")] as Mock[];
    const calls = () => [kv, writes].map((spies) => spies.flatMap((spy) => spy.mock.calls).length);
    const { open, count } = counting();
    expect((await call("POST", "/v1/meters/", { token, body: METER, open })).status).toBe(201);
    expect([...calls(), count.trips]).toEqual([1, 0, 1]);
  });

  it("is nothing when the token's checksum is wrong", async ({ expect }) => {
    const token = await grant();
    const read = vi.spyOn(env.TOKENS, "get");
    const wrong = token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
    const { open, count } = counting();
    expect((await call("POST", "/v1/meters/", { token: wrong, body: METER, open })).status).toBe(401);
    expect(read).not.toHaveBeenCalled();
    expect(count.trips).toBe(0);
  });
});
