import { env } from "cloudflare:workers";
import { describe, it, type Mock, vi } from "vitest";
import { call, grant, METER, storedMeters } from "../support/api.ts";

const LOST = new Error("D1_ERROR: Network connection lost.");

/** Lets the first `times` statements fail with an error, before or after they were carried out. */
function failStatements(error: Error, { times = Infinity, after = false } = {}) {
  const prepare = env.DB.prepare.bind(env.DB);
  let left = times;
  return vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
    const statement = prepare(sql);
    if (left-- <= 0) return statement;
    const bind = statement.bind.bind(statement);
    statement.bind = (...values) => {
      const bound = bind(...values);
      for (const method of ["run", "all", "raw"] as const) {
        const carryOut: () => Promise<unknown> = bound[method].bind(bound);
        bound[method] = async () => {
          if (after) await carryOut();
          throw error;
        };
      }
      return bound;
    };
    return statement;
  });
}

const create = async () => call("POST", "/v1/meters/", { token: await grant(), body: METER });

describe("POST /v1/meters/ when D1 fails", () => {
  it.for([
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
    "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
    "D1_ERROR: Network connection lost.",
    "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
  ])("answers 503 with Retry-After to “%s”, and stores nothing", async (message, { expect }) => {
    failStatements(new Error(message));
    const answer = await create();
    expect(answer.status).toBe(503);
    expect(answer.json).toEqual({
      error: "ServiceUnavailable",
      detail: "A dependency is not available right now. Try again.",
    });
    expect(answer.headers.get("Retry-After")).toBe("1");
    vi.restoreAllMocks();
    expect(await storedMeters()).toBe(0);
  });

  it("tries again when the connection is lost before or after the insert: one meter, not two", async ({ expect }) => {
    for (const after of [false, true]) {
      const before = await storedMeters();
      const prepare = failStatements(LOST, { times: 2, after });
      const answer = await create();
      expect(answer.status).toBe(201);
      expect(prepare).toHaveBeenCalledTimes(3);
      vi.restoreAllMocks();
      expect(await storedMeters()).toBe(before + 1);
      const read = await call("GET", `/v1/meters/${answer.json.id}`, { token: await grant() });
      expect(read.json).toEqual(answer.json);
    }
  });

  it("answers 500 to an error it does not know, and tells it to the log alone, without parameters", async ({
    expect,
  }) => {
    const log = vi.spyOn(console, "error");
    failStatements(new Error("D1_ERROR: no such table: meters: SQLITE_ERROR"));
    const answer = await create();
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual({ error: "InternalServerError", detail: "Internal Server Error" });
    const line = log.mock.calls[0]![0];
    expect(JSON.parse(line)).toMatchObject({
      level: "error",
      status: 500,
      cause: expect.stringContaining("no such table"),
    });
    expect(line).not.toContain(METER.name);
    expect(line).not.toContain("insert into");
  });
});

describe("GET /v1/meters/{id} when D1 fails", () => {
  it("answers 503", async ({ expect }) => {
    const { json } = await create();
    failStatements(LOST);
    const answer = await call("GET", `/v1/meters/${json.id}`, { token: await grant() });
    expect(answer.status).toBe(503);
  });
});

describe("The cost of POST /v1/meters/", () => {
  it("is one KV read and one D1 statement", async ({ expect }) => {
    const token = await grant();
    const { TOKENS, DB } = env;
    const kv = [vi.spyOn(TOKENS, "get"), vi.spyOn(TOKENS, "getWithMetadata"), vi.spyOn(TOKENS, "list")] as Mock[];
    const writes = [vi.spyOn(TOKENS, "put"), vi.spyOn(TOKENS, "delete")] as Mock[];
    const statements = [vi.spyOn(DB, "prepare"), vi.spyOn(DB, "batch"), vi.spyOn(DB, "exec")] as Mock[];
    const calls = () => [kv, writes, statements].map((spies) => spies.flatMap((spy) => spy.mock.calls).length);
    expect((await call("POST", "/v1/meters/", { token, body: METER })).status).toBe(201);
    expect(calls()).toEqual([1, 0, 1]);
  });

  it("is nothing when the token's checksum is wrong", async ({ expect }) => {
    const token = await grant();
    const spies = [vi.spyOn(env.TOKENS, "get"), vi.spyOn(env.DB, "prepare"), vi.spyOn(env.DB, "batch")];
    const wrong = token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
    expect((await call("POST", "/v1/meters/", { token: wrong, body: METER })).status).toBe(401);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});
