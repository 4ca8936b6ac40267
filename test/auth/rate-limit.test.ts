import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { call, grant, METER, OTHER_ORGANIZATION, storedMeters } from "../support/api.ts";
import { counting } from "../support/stores.ts";

const RATE_LIMITER = env.TEST_LIMITER;
const limiter = (limit: () => Promise<RateLimitOutcome>) => ({ RATE_LIMITER: { limit } });
const REFUSING = limiter(async () => ({ success: false }));

describe("A rate limit", () => {
  it("does not apply without the binding", async ({ expect }) => {
    const token = await grant();
    for (let i = 0; i < 5; i++) expect((await call("GET", "/v1/meters/", { token })).status).toBe(200);
  });

  it("refuses what an organization sends beyond it, whatever the route and the token, and nothing of another one", async ({
    expect,
  }) => {
    const [first, second] = [await grant(), await grant()];
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    const bindings = { RATE_LIMITER, RATE_LIMIT: "3/60" };
    const paths = ["/v1/meters/", "/v1/events/", "/v1/nope", "/v1/customers/"];
    const answers = [];
    for (const [index, path] of paths.entries()) {
      answers.push(await call("GET", path, { token: index % 2 === 0 ? first : second, bindings }));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 429]);
    const { json, headers } = answers.at(-1)!;
    expect(json).toEqual({
      error: "RateLimitExceeded",
      detail: "The organization has sent too many requests. Wait, then go on.",
    });
    expect([headers.get("Retry-After"), headers.get("RateLimit-Policy")]).toEqual(["60", '"organization";q=3;w=60']);
    expect((await call("GET", "/v1/meters/", { token: other, bindings })).status).toBe(200);
  });

  it("keeps a refused write from the store", async ({ expect }) => {
    const { open, count } = counting();
    const token = await grant();
    const answer = await call("POST", "/v1/meters/", { token, body: METER, open, bindings: REFUSING });
    expect([answer.status, count.trips, await storedMeters()]).toEqual([429, 0, 0]);
  });

  it("counts only those whose token is valid", async ({ expect }) => {
    expect((await call("GET", "/v1/meters/", { bindings: REFUSING })).status).toBe(401);
    const revoked = await grant({ revoked_at: "2026-01-01T00:00:00Z" });
    expect((await call("GET", "/v1/meters/", { token: revoked, bindings: REFUSING })).status).toBe(401);
  });

  it("names no policy that the deployment does not name: Retry-After is then the longest period", async ({
    expect,
  }) => {
    const token = await grant();
    for (const RATE_LIMIT of [undefined, "", "many", "6000"]) {
      const { status, headers } = await call("GET", "/v1/meters/", { token, bindings: { ...REFUSING, RATE_LIMIT } });
      expect([status, headers.get("Retry-After"), headers.get("RateLimit-Policy")]).toEqual([429, "60", null]);
    }
    const ten = await call("GET", "/v1/meters/", { token, bindings: { ...REFUSING, RATE_LIMIT: "100/10" } });
    expect(ten.headers.get("Retry-After")).toBe("10");
  });

  it.for([
    ["is down", limiter(() => Promise.reject(new Error("the limiter is down")))],
    ["hangs", limiter(() => new Promise(() => {}))],
    ["throws at once", limiter(() => { throw new Error("the limiter is broken"); })], // prettier-ignore
  ] as const)(
    "lets requests through when the limiter %s, and logs that once a minute",
    async ([, bindings], { expect }) => {
      const token = await grant();
      const warn = vi.spyOn(console, "warn");
      // Later than any other test.
      const start = Date.now() + (minutes += 2) * 60_000;
      const now = vi.spyOn(Date, "now").mockReturnValue(start);
      for (let i = 0; i < 3; i++) expect((await call("GET", "/v1/meters/", { token, bindings })).status).toBe(200);
      expect(warn.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
        { level: "warn", warning: "RateLimiterFailed", cause: expect.stringContaining("the limiter") },
      ]);
      now.mockReturnValue(start + 60_000);
      await call("GET", "/v1/meters/", { token, bindings });
      expect(warn).toHaveBeenCalledTimes(2);
    },
  );
});
let minutes = 0;
