import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { call, grant, NOBODY } from "../support/api.ts";
import { revokeInKv } from "../support/access-tokens.ts";

const ask = (token: string) => call("GET", `/v1/meters/${NOBODY}`, { token });

/** The reads of records that a spy has seen: the first use of a token also reads where its organization is. */
const reads = (get: { mock: { calls: unknown[][] } }) =>
  get.mock.calls.filter(([key]) => String(key).startsWith("token:")).length;

describe("A token that this isolate has just seen", () => {
  it("needs no KV read for five seconds", async ({ expect }) => {
    const token = await grant();
    const read = vi.spyOn(env.TOKENS, "get");
    const start = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(start);
    for (let i = 0; i < 3; i++) expect((await ask(token)).status).toBe(404);
    expect(reads(read)).toBe(1);
    vi.spyOn(Date, "now").mockReturnValue(start + 4999);
    await ask(token);
    expect(reads(read)).toBe(1);
    vi.spyOn(Date, "now").mockReturnValue(start + 5000);
    await ask(token);
    expect(reads(read)).toBe(2);
  });

  it("is refused five seconds after it was revoked, and at once when it expires", async ({ expect }) => {
    const start = Date.now();
    const token = await grant();
    const expiring = await grant({ expires_at: new Date(start + 1000).toISOString() });
    for (const each of [token, expiring]) expect((await ask(each)).status).toBe(404);
    await revokeInKv(token);
    vi.spyOn(Date, "now").mockReturnValue(start + 2000);
    expect((await ask(expiring)).status).toBe(401);
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 6000);
    expect((await ask(token)).status).toBe(401);
  });

  it("is not remembered when it is unknown", async ({ expect }) => {
    const token = await grant();
    const get = vi.spyOn(env.TOKENS, "get").mockResolvedValueOnce(null as never);
    expect((await ask(token)).status).toBe(401);
    expect((await ask(token)).status).toBe(404);
    expect(reads(get)).toBe(2);
  });
});
