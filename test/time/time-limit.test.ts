import { describe, it, vi } from "vitest";
import { withinTime } from "../../src/time/time-limit.ts";
import { call, grant, METER, storedMeters } from "../support/api.ts";
import { decorated } from "../support/stores.ts";

const LIMIT = 25_000;

/** Lets the time limit of stores pass at once; returns the timers that were set for it, and those that were cleared. */
function hurry(delay?: number) {
  const [set, cleared]: [unknown[], unknown[]] = [[], []];
  const [setTimer, clear] = [globalThis.setTimeout, globalThis.clearTimeout];
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((run: () => void, milliseconds: number) => {
    const isLimit = milliseconds > LIMIT - 5000 && milliseconds <= LIMIT;
    const timer = setTimer(run, isLimit ? (delay ?? milliseconds) : milliseconds);
    if (isLimit) set.push(timer);
    return timer;
  }) as never);
  vi.spyOn(globalThis, "clearTimeout").mockImplementation(((timer: number) => {
    cleared.push(timer);
    clear(timer);
  }) as never);
  return { set, cleared };
}

const never = decorated(() => new Promise(() => {}));

describe("The time that a request's store may take", () => {
  it("is 25 seconds: then a read is answered 503 with Retry-After, and the log says StoreTimeout", async ({
    expect,
  }) => {
    const token = await grant();
    const log = vi.spyOn(console, "error");
    const { set } = hurry(20);
    const answer = await call("GET", "/v1/meters/", { token, open: never });
    expect([answer.status, answer.json.error, answer.headers.get("Retry-After")]).toEqual([503, "ServiceUnavailable", "1"]); // prettier-ignore
    expect(JSON.parse(log.mock.calls[0]![0])).toMatchObject({ failure: "StoreTimeout", error: "ServiceUnavailable" });
    expect(set).toHaveLength(1);
  });

  it("leaves a write with an unknown outcome, which a repetition with the same key finds out", async ({ expect }) => {
    const token = await grant();
    const headers = { "Idempotency-Key": "slow write" };
    hurry(20);
    let carriedOut: Promise<unknown> = Promise.resolve();
    const slow = decorated((carryOut) => {
      const work = scheduler.wait(60).then(carryOut);
      carriedOut = work;
      return work;
    });
    expect((await call("POST", "/v1/meters/", { token, body: METER, headers, open: slow })).status).toBe(503);
    vi.restoreAllMocks();
    await carriedOut;
    const again = await call("POST", "/v1/meters/", { token, body: METER, headers });
    expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
    expect(await storedMeters()).toBe(1);
  });

  it("is that of all its calls together: none begins after it", async ({ expect }) => {
    const token = await grant();
    const { json } = await call("POST", "/v1/meters/", { token, body: METER });
    const start = Date.now();
    const now = vi.spyOn(Date, "now").mockReturnValue(start);
    const calls: string[][] = [];
    const slow = decorated(async (carryOut, texts) => {
      calls.push(texts);
      const result = await carryOut();
      now.mockReturnValue(start + LIMIT);
      return result;
    });
    const answer = await call("PATCH", `/v1/meters/${json.id}`, { token, body: { name: "Changed" }, open: slow });
    expect([answer.status, calls.length]).toEqual([503, 1]);
    now.mockRestore();
    expect((await call("GET", `/v1/meters/${json.id}`, { token })).json.name).toBe(METER.name);
  });

  it("leaves no timer behind", async ({ expect }) => {
    const token = await grant();
    const { set, cleared } = hurry();
    await call("POST", "/v1/meters/", { token, body: METER });
    await call("GET", "/v1/meters/", { token });
    await call("POST", "/v1/meters/", { token, body: METER, open: decorated(() => Promise.reject(new Error("x"))) });
    expect(set.length).toBeGreaterThanOrEqual(3);
    expect(cleared).toEqual(expect.arrayContaining(set));
  });
});

describe("withinTime", () => {
  it("passes on what the work gives or throws in time", async ({ expect }) => {
    const late = () => new Error("late");
    expect(await withinTime(1000, async () => 1, late)).toBe(1);
    await expect(withinTime(1000, () => Promise.reject(new Error("work")), late)).rejects.toThrow("work");
    await expect(withinTime(1, () => new Promise(() => {}), late)).rejects.toThrow("late");
  });
});
