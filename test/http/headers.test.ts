import { describe, it, vi } from "vitest";
import { call, grant, METER } from "../support/api.ts";

describe("Every answer", () => {
  it("carries a request id of our own, whatever the client sends", async ({ expect }) => {
    const headers = { "X-Request-Id": "forged" };
    const ids = await Promise.all([call("GET", "/", { headers }), call("GET", "/v1/meters/x", { headers })]);
    const [first, second] = ids.map((answer) => answer.headers.get("X-Request-Id"));
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toMatch(/^[0-9a-f-]{36}$/);
    expect(first).not.toBe(second);
  });

  it("is JSON that no browser runs, frames, sniffs or keeps", async ({ expect }) => {
    const answer = await call("POST", "/v1/meters/", { token: await grant(), body: METER });
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Content-Security-Policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(answer.headers.get("X-Frame-Options")).toBe("DENY");
    expect(answer.headers.get("Strict-Transport-Security")).toBe("max-age=31536000");
    expect(answer.headers.get("Cache-Control")).toBe("private, no-store");
  });

  it("can be read by any origin, and a preflight needs no token", async ({ expect }) => {
    const answer = await call("OPTIONS", "/v1/meters/", {
      headers: { Origin: "https://app.example", "Access-Control-Request-Method": "POST" },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(answer.headers.get("Access-Control-Allow-Credentials")).toBeNull();
    expect(answer.headers.get("Access-Control-Allow-Headers")?.split(",")).toEqual([
      "Authorization",
      "Content-Type",
      "Idempotency-Key",
      "If-Match",
      "If-None-Match",
      "Polar-Organization",
      "Polar-Version",
      "Prefer",
    ]);
    const refused = await call("POST", "/v1/meters/", { headers: { Origin: "https://app.example" }, body: METER });
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBe("*");
  });

  it("is logged in one line, which holds no token", async ({ expect }) => {
    const token = await grant();
    const log = vi.spyOn(console, "log");
    const answer = await call("POST", "/v1/meters/?secret=1", { token, body: { ...METER, name: "a" } });
    expect(log).toHaveBeenCalledTimes(1);
    const line = log.mock.calls[0]![0];
    expect(JSON.parse(line)).toMatchObject({
      level: "info",
      request_id: answer.headers.get("X-Request-Id"),
      method: "POST",
      route: "/v1/meters",
      status: 422,
      error: "RequestValidationError",
    });
    expect(line).not.toContain(token);
    expect(line).not.toContain("secret");
  });
});

describe("A method that a path does not have", () => {
  it("answers 405 with the path's methods", async ({ expect }) => {
    const token = await grant();
    const answer = await call("PUT", "/v1/meters/", { token, body: METER });
    expect(answer.status).toBe(405);
    expect(answer.json.error).toBe("MethodNotAllowed");
    expect(answer.headers.get("Allow")?.split(", ")).toContain("POST");
    const item = await call("DELETE", "/v1/meters/x", { token });
    expect(item.headers.get("Allow")?.split(", ")).toEqual(expect.arrayContaining(["GET", "HEAD", "OPTIONS"]));
  });
});

describe("A path", () => {
  it("may begin with several slashes, as from a base URL that ends with one", async ({ expect }) => {
    const token = await grant();
    const created = await call("POST", "//v1/meters", { token, body: METER });
    expect(created.status).toBe(201);
    expect((await call("GET", `///v1/meters/${created.json.id}//`, { token })).status).toBe(200);
  });
});
