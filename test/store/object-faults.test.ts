import { evictDurableObject } from "cloudflare:test";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, grant, METER, storedMeters } from "../support/api.ts";
import { event, usage } from "../support/metering.ts";
import { countRows, execute, losing, objectOf, onStatement, onTransport } from "../support/stores.ts";

const ingest = async (events: object[], open?: ReturnType<typeof losing>, headers = {}) =>
  call("POST", "/v1/events/ingest", { token: await grant(), body: { events }, headers, ...(open && { open }) });
const storedEvents = () => countRows("events");

/** Ends the object at its next statement of some text, as the platform does. */
const resetAt = (text: string, reason: string) => onStatement(text, (state) => state.abort(reason));

describe("A write to an object", () => {
  it.for([
    "Durable Object reset because its code was updated.",
    "The Durable Object's code has been updated, this version can no longer access storage.",
    "Internal error in Durable Object storage caused object to be reset.",
    "Network connection lost.",
  ])("is repeated when the object ends in the middle of it: “%s”", async (reason, { expect }) => {
    await ingest([event()]);
    await resetAt("INSERT INTO events", reason);
    expect((await ingest([event(), event()])).json).toEqual({ inserted: 2, duplicates: 0 });
    expect(await storedEvents()).toBe(3);
  });

  it("that must not be repeated is answered 503 when the object ends in the middle of it, and stores nothing", async ({
    expect,
  }) => {
    const token = await grant();
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
    await resetAt("UPDATE meters", "Durable Object reset because its code was updated.");
    const answer = await call("PATCH", `/v1/meters/${meter.id}`, { token, body: { name: "Changed" } });
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect((await call("GET", `/v1/meters/${meter.id}`, { token })).json.name).toBe(METER.name);
  });

  it("stores once when its outcome is unknown", async ({ expect }) => {
    for (const after of [false, true]) {
      const before = await storedEvents();
      const open = losing({ after, error: "Network connection lost." });
      expect((await ingest([event(), { ...event(), external_id: `${after}` }], open)).json.inserted).toBe(2);
      expect(await storedEvents()).toBe(before + 2);
    }
  });

  it("is not repeated when the object is overloaded: 503", async ({ expect }) => {
    let attempts = 0;
    const open = onTransport(() => {
      attempts++;
      const error = new Error("Requests queued for too long.");
      return Promise.reject(Object.assign(error, { overloaded: true, retryable: true }));
    });
    const answer = await ingest([event()], open);
    expect([answer.status, answer.headers.get("Retry-After"), attempts]).toEqual([503, "1", 1]);
  });

  it("finds the same data when the object was evicted before it", async ({ expect }) => {
    await ingest([event()]);
    await evictDurableObject(objectOf());
    await ingest([event()]);
    expect(await storedEvents()).toBe(2);
  });

  it("is undone when it fails, and the log has no content", async ({ expect }) => {
    const body = { ...METER, name: "Secret name" };
    await execute(sql`DROP TABLE meters`);
    const headers = { "Idempotency-Key": "k" };
    expect((await call("POST", "/v1/meters/", { token: await grant(), body, headers })).status).toBe(503);
    expect(await execute(sql`SELECT * FROM idempotency_keys`)).toEqual([]);
  });
});

describe("A read from an object", () => {
  it("is repeated when the connection is lost", async ({ expect }) => {
    const token = await grant();
    await call("POST", "/v1/meters/", { token, body: METER });
    const open = losing({ after: false, times: 2 });
    expect((await call("GET", "/v1/meters/", { token, open })).json.items).toHaveLength(1);
    expect(await storedMeters()).toBe(1);
  });
});

describe("The largest requests and answers", () => {
  // With one character beyond Latin-1, every character of a text has two bytes in memory and in an RPC.
  it("fit into an RPC: events, sent once to be inserted and once to be compared", async ({ expect }) => {
    const text = "x".repeat(384);
    const events = Array.from({ length: 10_000 }, (_, i) => ({
      name: "€",
      external_customer_id: "c",
      metadata: { a: text, b: text },
      ...(i % 100 === 0 && { external_id: `${i}` }),
    }));
    expect(JSON.stringify({ events }).length).toBeGreaterThan(8_300_000);
    const answer = await ingest(events, undefined, { Prefer: "return=representation" });
    expect([answer.status, answer.json.inserted]).toEqual([200, 10_000]);
    const page = await call("GET", "/v1/events/?limit=1", { token: await grant() });
    expect(page.json.items[0]).toMatchObject({ name: "€", metadata: { a: text } });
  });

  it("fit into an RPC: a page", async ({ expect }) => {
    const large = Array.from({ length: 10 }, () => event({ _llm: { ...usage(820_000), response: "€" } }));
    for (let i = 0; i < 2; i++) expect((await ingest(large)).status).toBe(200);
    const page = await call("GET", "/v1/events/?limit=20", { token: await grant() });
    expect([page.status, page.json.items.length]).toEqual([200, 20]);
    expect(page.text).toContain('"response":"€"');
  });
});
