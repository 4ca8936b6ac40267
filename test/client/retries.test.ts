import { afterAll, beforeAll, describe, it } from "vitest";
import { type Edgemeter, EdgemeterError } from "../../client/src/index.ts";
import { answer, lost, startScripted, type Step, torn, unavailable } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof startScripted>>;
beforeAll(async () => {
  server = await startScripted();
});
afterAll(() => server.stop());

const ID = "1b671a64-40d5-491e-99b0-da01ff1f3341";
const METER = {
  name: "Calls",
  filter: { conjunction: "and" as const, clauses: [] },
  aggregation: { func: "count" as const },
};
const EVENT = { name: "call", external_customer_id: "c1" };
const EVENT_WITH_ID = { ...EVENT, external_id: "e1" };

/** Operations that the document does not have yet, or in any form. */
type Untyped = (path: string, init?: object) => Promise<unknown>;
const untyped = (call: unknown) => call as Untyped;

const limited = answer(429, { error: "RateLimitExceeded", detail: "Slower." }, { "Retry-After": "3" });
const gateway = answer(502, undefined);
const UNCERTAIN: [string, Step][] = [
  ["a 503", unavailable],
  ["a 502 of a proxy", gateway],
  ["a connection that is lost before the answer", lost],
  ["a connection that is lost within the answer", torn],
];

type Call = (edgemeter: Edgemeter) => Promise<unknown>;
const REPEATABLE: [string, Call][] = [
  ["a GET", (edgemeter) => edgemeter.get("/v1/meters/{id}", { path: { id: ID } })],
  ["a PATCH", (edgemeter) => edgemeter.patch("/v1/meters/{id}", { path: { id: ID }, body: { name: "New" } })],
  ["a DELETE", (edgemeter) => edgemeter.delete("/v1/customers/{id}", { path: { id: ID } })],
  ["a creation", (edgemeter) => edgemeter.post("/v1/meters/", { body: METER })],
  ["an ingestion whose events have ids", (edgemeter) => edgemeter.post("/v1/events/ingest", { body: { events: [EVENT_WITH_ID] } })], // prettier-ignore
  ["an ingestion of which one event has no id", (edgemeter) => edgemeter.post("/v1/events/ingest", { body: { events: [EVENT_WITH_ID, EVENT] } })], // prettier-ignore
  ["a preview", (edgemeter) => untyped(edgemeter.post)("/v1/meters/preview", { body: {} })],
  ["a consumption", (edgemeter) => untyped(edgemeter.post)("/v1/customer-meters/consume", { body: { event: EVENT } })],
  ["a settlement", (edgemeter) => untyped(edgemeter.post)("/v1/customer-meters/holds/{id}/settle", { path: { id: ID }, body: { event: EVENT } })], // prettier-ignore
  ["a release", (edgemeter) => untyped(edgemeter.post)("/v1/customer-meters/holds/{id}/release", { path: { id: ID } })],
];
const NOT_REPEATABLE: [string, Call][] = [
  ["a rotation", (edgemeter) => edgemeter.post("/v1/organization-access-tokens/{id}/rotate", { path: { id: ID }, body: {} })], // prettier-ignore
  ["a PATCH of a version", (edgemeter) => edgemeter.patch("/v1/meters/{id}", { path: { id: ID }, header: { "If-Match": '"1"' }, body: {} })], // prettier-ignore
];

describe("A request that does the same when it arrives twice", () => {
  const cases = REPEATABLE.flatMap(([name, call]) => UNCERTAIN.map(([fault, step]) => ({ name, call, fault, step })));

  it.for(cases)("is repeated unchanged after $fault: $name", async ({ call, step }, { expect }) => {
    const edgemeter = server.client([step, step, answer(200, { id: ID })]);
    expect(await call(edgemeter)).toEqual({ id: ID });
    const [first, ...others] = server.arrived.map(({ headers, ...rest }) => ({ ...rest, key: headers["idempotency-key"] })); // prettier-ignore
    expect(others).toEqual([first, first]);
  });
});

describe("A request that would do something twice", () => {
  const cases = NOT_REPEATABLE.flatMap(([name, call]) => UNCERTAIN.map(([fault, step]) => ({ name, call, fault, step }))); // prettier-ignore

  it.for(cases)("is not repeated after $fault: $name", async ({ call, step }, { expect }) => {
    const edgemeter = server.client([step, answer(200, {})]);
    await expect(call(edgemeter)).rejects.toBeInstanceOf(EdgemeterError);
    expect(server.arrived).toHaveLength(1);
  });

  it.for(NOT_REPEATABLE)("is repeated after a 429, which has done nothing: %s", async ([, call], { expect }) => {
    await call(server.client([limited, answer(200, {})]));
    expect([server.arrived.length, server.pauses]).toEqual([2, [3500]]);
  });
});

describe("What a client gives its requests", () => {
  it("is an Idempotency-Key for each creation, another one each time, unless the caller has one", async ({
    expect,
  }) => {
    const ok = answer(201, {});
    const edgemeter = server.client([ok, ok, ok]);
    await edgemeter.post("/v1/meters/", { body: METER });
    await edgemeter.post("/v1/meters/", { body: METER });
    await edgemeter.post("/v1/meters/", { body: METER, header: { "Idempotency-Key": "mine" } });
    const [first, second, third] = server.arrived.map(({ headers }) => headers["idempotency-key"]);
    expect(first).toMatch(/^[\da-f-]{36}$/);
    expect(second).toMatch(/^[\da-f-]{36}$/);
    expect([first === second, third]).toEqual([false, "mine"]);
  });

  it("is an external_id for the event of a consumption, unless the caller has one", async ({ expect }) => {
    const ok = answer(200, {});
    const consume = untyped(server.client([ok, ok]).post);
    await consume("/v1/customer-meters/consume", { body: { meter_id: ID, event: EVENT } });
    await consume("/v1/customer-meters/consume", { body: { meter_id: ID, event: EVENT_WITH_ID } });
    const id = expect.stringMatching(/^[\da-f-]{36}$/);
    expect(server.arrived.map(({ body }) => body)).toEqual([
      { meter_id: ID, event: { ...EVENT, external_id: id } },
      { meter_id: ID, event: EVENT_WITH_ID },
    ]);
  });

  it("is an Idempotency-Key for events, unless each has an external_id", async ({ expect }) => {
    const ok = answer(200, {});
    const { post } = server.client([ok, ok]);
    await post("/v1/events/ingest", { body: { events: [EVENT, EVENT_WITH_ID] } });
    await post("/v1/events/ingest", { body: { events: [EVENT_WITH_ID] } });
    expect(server.arrived.map(({ body }) => body.events)).toEqual([[EVENT, EVENT_WITH_ID], [EVENT_WITH_ID]]);
    const keys = server.arrived.map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), undefined]);
  });
});

describe("The pauses of a client", () => {
  const get: Call = (edgemeter) => edgemeter.get("/v1/meters/");

  it("grow up to half a minute, and differ by chance", async ({ expect }) => {
    const faults = Array.from({ length: 9 }, () => lost);
    await get(server.client([...faults, answer(200, {})], { timeLimit: 1e6 }));
    expect(server.pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    await get(server.client([lost, answer(200, {})], { clock: { ...server.clock, random: () => 0 } }));
    expect(server.pauses).toEqual([250]);
  });

  it("are not shorter than Retry-After, in seconds or as a date", async ({ expect }) => {
    const date = (ahead: number) => new Date(server.clock.now() + ahead).toUTCString();
    const at = (value: string) => answer(503, {}, { "Retry-After": value });
    await get(server.client([at("7"), at("0"), at(date(17_500)), at("soon"), answer(200, {})]));
    expect(server.pauses).toEqual([7500, 1000, expect.any(Number), 4000]);
    expect(server.pauses[2]).toBeGreaterThanOrEqual(10_000);
  });

  it("end at the time limit with the last error", async ({ expect }) => {
    const steps = Array.from({ length: 10 }, () => unavailable);
    const error = await get(server.client(steps, { timeLimit: 20_000 })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 503, error: "ServiceUnavailable", detail: "Later." });
    expect([server.arrived.length, server.pauses]).toEqual([3, [7500, 8000]]);
  });

  it("end at once when the caller aborts", async ({ expect }) => {
    const abort = new AbortController();
    const { systemClock } = await import("../../client/src/repeat.ts");
    const clock = { ...systemClock, sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(1e6, signal) };
    const request = server
      .client([unavailable], { clock })
      .get("/v1/meters/", { signal: abort.signal })
      .catch((thrown: unknown) => thrown);
    while (server.arrived.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    abort.abort(new Error("enough"));
    expect(await request).toMatchObject({ message: "enough" });
  });
});

describe("An attempt", () => {
  it("that takes too long counts as a lost connection", async ({ expect }) => {
    const never: Step = () => {};
    const edgemeter = server.client([never, answer(200, { id: ID })], { attemptTimeLimit: 50 });
    expect(await edgemeter.get("/v1/meters/{id}", { path: { id: ID } })).toEqual({ id: ID });
    const once = server.client([never], { attemptTimeLimit: 50 });
    const rotation = once.post("/v1/organization-access-tokens/{id}/rotate", { path: { id: ID }, body: {} });
    await expect(rotation).rejects.toMatchObject({ status: 0, error: "NoAnswer" });
  });

  it("to delete what an earlier attempt may have deleted has succeeded", async ({ expect }) => {
    const missing = answer(404, { error: "ResourceNotFound", detail: "Not found" });
    const remove: Call = (edgemeter) => edgemeter.delete("/v1/customers/{id}", { path: { id: ID } });
    expect(await remove(server.client([lost, missing]))).toBeUndefined();
    await expect(remove(server.client([limited, missing]))).rejects.toMatchObject({ status: 404 });
    await expect(remove(server.client([missing]))).rejects.toMatchObject({ status: 404 });
  });

  it("is the only one after other answers", async ({ expect }) => {
    for (const status of [400, 401, 403, 404, 409, 412, 413, 415, 422, 500, 507]) {
      const edgemeter = server.client([answer(status, { error: "Name", detail: "Why." })]);
      await expect(edgemeter.get("/v1/meters/")).rejects.toMatchObject({ status, error: "Name", detail: "Why." });
      expect(server.arrived).toHaveLength(1);
    }
  });
});
