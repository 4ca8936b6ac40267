import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { newToken } from "../../src/auth/token.ts";
import { API_ROUTES, call, grant, NOBODY } from "../support/api.ts";
import { isOfPortal } from "../support/examples.ts";

/** The routes that take an organization's token; test/security/sessions.test.ts is about the others. */
const TOKEN_ROUTES = API_ROUTES.filter(({ path }) => !isOfPortal(path));
/** Each with a path that can be called. */
const ROUTES = TOKEN_ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, NOBODY)}`);

/** Credentials that are none: they are not looked up. */
const NO_CREDENTIALS = ["", "Bearer", "Basic dXNlcjpwYXNz", "Bearer\ttoken", "Bearer tokén"];
/** Records in KV that a token can't be made from. */
const DAMAGED = ["{", "{}", "null", '{"id":"x","organization_id":"y"}'];
const KV_FAILURE = "KV GET failed: 500 Internal Server Error";

describe("A route", () => {
  it.for([...new Set(ROUTES)])("accepts valid credentials with its scope only: %s", async (route, { expect }) => {
    const [method, path] = route.split(" ") as [string, string];
    // The body is broken on purpose: nothing about it may be checked before the token.
    const ask = (headers: Record<string, string>) =>
      call(method, path, { headers, ...(method === "GET" ? {} : { body: "{" }) });
    const asBearer = (token: string) => ask({ Authorization: `Bearer ${token}` });
    const get = vi.spyOn(env.TOKENS, "get");
    // What operations on tokens read there has other keys.
    const reads = () => get.mock.calls.filter(([key]) => String(key).startsWith("token:")).length;

    for (const credentials of NO_CREDENTIALS) {
      const answer = await ask(credentials === "" ? {} : { Authorization: credentials });
      expect(answer.status, credentials).toBe(401);
      expect(answer.json).toEqual({
        error: "Unauthorized",
        detail: expect.stringMatching(/Authorization: Bearer <token>\.$/),
      });
      expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="edgemeter"');
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
    }
    const bare = await ask({ Authorization: await grant() });
    expect([bare.status, bare.json.error]).toEqual([401, "Unauthorized"]);
    expect(bare.json.detail).toContain("Authorization: Bearer");

    const revoked = await grant({ revoked_at: "2026-01-01T00:00:00Z" });
    const [known, unknown] = [await grant(), newToken()];
    get.mockClear();
    const wrongChecksum = `${known.slice(0, -1)}${known.endsWith("0") ? "1" : "0"}`;
    const malformed = ["nope", `${unknown.slice(0, -1)}!`, "polar_oat_0123456789", wrongChecksum];
    const expired = await grant({ expires_at: "2024-01-01T00:00:00.000Z" });
    const undated = await grant({ expires_at: "someday" });
    for (const token of [...malformed, unknown, expired, undated, revoked]) {
      const answer = await asBearer(token);
      expect([answer.status, answer.json.error], token).toEqual([401, "invalid_token"]);
      expect(answer.json.detail).toBe(answer.json.error_description);
      expect(answer.headers.get("WWW-Authenticate")).toBe(
        `Bearer realm="edgemeter", error="invalid_token", error_description="${answer.json.error_description}"`,
      );
      expect(answer.text).not.toContain(token);
      expect(answer.json.detail.includes("npm run token")).toBe(token.startsWith("polar"));
    }
    // A malformed token is not looked up, any other once.
    expect(reads()).toBe(4);

    for (const scopes of [[], ["products:read"]]) {
      const answer = await asBearer(await grant({ scopes }));
      expect([answer.status, answer.json.error]).toEqual([403, "insufficient_scope"]);
      expect(answer.json.detail).toBe(answer.json.error_description);
      expect(answer.headers.get("WWW-Authenticate")).toMatch(/scope="[a-z_:]+( [a-z_:]+)*"$/);
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
    }
    // Whatever the scheme's case and the spaces after it.
    for (const scheme of ["Bearer ", "bearer ", "BEARER   "]) {
      expect([401, 403]).not.toContain((await ask({ Authorization: scheme + known })).status);
    }

    get.mockRejectedValue(new Error(KV_FAILURE));
    const failed = await asBearer(await grant());
    expect([failed.status, failed.json.error]).toEqual([503, "ServiceUnavailable"]);
    expect(failed.text).not.toContain("KV GET");
    expect(failed.headers.get("Retry-After")).toBe("1");
    const log = vi.spyOn(console, "error");
    for (const damaged of DAMAGED) {
      log.mockClear();
      get.mockResolvedValue(damaged as never);
      const answer = await asBearer(await grant());
      expect([answer.status, answer.json.error]).toEqual([401, "invalid_token"]);
      expect(JSON.parse(log.mock.calls[0]![0])).toMatchObject({
        status: 401,
        cause: expect.stringContaining("damaged"),
      });
    }
  });
});

describe("A refusal of credentials", () => {
  const ask = async (credentials: string | null) => {
    const headers: Record<string, string> = credentials === null ? {} : { Authorization: credentials };
    return (await call("GET", "/v1/meters/", { headers })).json.detail;
  };
  const whole = newToken();

  it.for<[credentials: string | null, says: string]>([
    [null, "header is missing"],
    ["", "header is missing"],
    ["Bearer", "missing after Bearer"],
    ["Bearer ", "missing after Bearer"],
    [whole, "word Bearer is missing"],
    ["Basic dXNlcjpwYXNz", "does not begin with Bearer"],
    [`Token ${whole}`, "does not begin with Bearer"],
    [`Bearer\t${whole}`, "does not begin with Bearer"],
    ["Bearer \u00e9", "characters that a token cannot have"],
    ["Bearer undefined", "the word undefined"],
    ["Bearer None", "the word none"],
    ["Bearer null", "the word null"],
    ["Bearer [object Object]", "a placeholder"],
    ["Bearer $EDGEMETER_TOKEN", "a placeholder"],
    ["Bearer <token>", "a placeholder"],
    [`Bearer "${whole}"`, "in quotation marks"],
    ["Bearer sk_live_0123456789", "begins with em_oat_"],
    [`Bearer ${whole.slice(0, -1)}`, "has 50 characters, and this one has 49"],
    [`Bearer ${whole}x`, "has 50 characters, and this one has 51"],
    [`Bearer ${whole.slice(0, -1)}!`, "wrong character"],
    [`Bearer ${whole}`, "unknown"],
  ])("says what is wrong with %j", async ([credentials, says], { expect }) => {
    expect(await ask(credentials)).toContain(says);
  });
});

describe("An unknown path", () => {
  it("answers 401 without a token under /v1, and 404 with one or elsewhere", async ({ expect }) => {
    for (const path of ["/v1/nope", "/v1", "/v1/"]) expect((await call("GET", path)).status).toBe(401);
    expect((await call("DELETE", "/v1/meters/")).status).toBe(401);
    const known = await call("GET", "/v1/nope", { token: await grant({ scopes: [] }) });
    expect(known.status).toBe(404);
    expect(known.json.error).toBe("ResourceNotFound");
    expect((await call("GET", "/nope")).json.error).toBe("ResourceNotFound");
  });
});
