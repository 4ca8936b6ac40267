import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { call, grant, METER, storedMeters } from "../support/api.ts";

const create = (token: string) => call("POST", "/v1/meters/", { token, body: METER });

describe("When KV fails", () => {
  it.for([
    "KV GET failed: 500 Internal Server Error",
    "KV GET failed: 429 Too Many Requests",
    "KV GET failed: 503 Service Unavailable",
    "Network connection lost.",
  ])("a request is answered 503, and the log says KVUnavailable: “%s”", async (message, { expect }) => {
    const token = await grant();
    const log = vi.spyOn(console, "error");
    vi.spyOn(env.TOKENS, "get").mockRejectedValue(new Error(message));
    const answer = await create(token);
    expect([answer.status, answer.json.error, answer.headers.get("Retry-After")]).toEqual([503, "ServiceUnavailable", "1"]); // prettier-ignore
    expect(JSON.parse(log.mock.calls[0]![0])).toMatchObject({ failure: "KVUnavailable", cause: expect.stringContaining(message) }); // prettier-ignore
    expect(await storedMeters()).toBe(0);
  });

  it("a request is answered 503 after 10 seconds without an answer from KV", async ({ expect }) => {
    const token = await grant();
    const log = vi.spyOn(console, "error");
    const setTimer = globalThis.setTimeout;
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((run: () => void, milliseconds: number) =>
      setTimer(run, milliseconds === 10_000 ? 1 : milliseconds)) as never);
    vi.spyOn(env.TOKENS, "get").mockImplementation(() => new Promise(() => {}));
    expect((await create(token)).status).toBe(503);
    expect(JSON.parse(log.mock.calls[0]![0])).toMatchObject({ failure: "KVUnavailable", cause: expect.stringContaining("in time") }); // prettier-ignore
  });

  it("for some keys only, tokens that this isolate has just seen go on", async ({ expect }) => {
    const [known, other] = [await grant(), await grant()];
    expect((await create(known)).status).toBe(201);
    vi.spyOn(env.TOKENS, "get").mockRejectedValue(new Error("KV GET failed: 500"));
    expect([(await create(known)).status, (await create(other)).status]).toEqual([201, 503]);
  });
});
