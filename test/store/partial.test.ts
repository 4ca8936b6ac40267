import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import type { OpenStore } from "../../src/store/store.ts";
import { openStore } from "../../src/store/open.ts";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION, storedMeters } from "../support/api.ts";
import { event } from "../support/metering.ts";
import { execute } from "../support/stores.ts";

/** Stores in which reads work and writes fail, or the other way round. */
const only =
  (working: "read" | "write"): OpenStore =>
  (bindings, home, usage) => {
    const store = openStore(bindings, home, usage);
    const fail = () => Promise.reject(new Error("attempt to write a readonly database: SQLITE_READONLY"));
    return working === "read" ? { ...store, write: fail } : { ...store, read: fail };
  };

describe("When reads work and writes fail", () => {
  it("reads are answered, each write is a 503, and nothing of it is stored", async ({ expect }) => {
    const token = await grant();
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
    const open = only("read");
    const writes = [
      await call("POST", "/v1/meters/", { token, body: METER, headers: { "Idempotency-Key": "partial" }, open }),
      await call("PATCH", `/v1/meters/${meter.id}`, { token, body: { name: "Changed" }, open }),
      await call("POST", "/v1/events/ingest", { token, body: { events: [event()] }, open }),
      await call("POST", "/v1/customers/", { token, body: { email: "ada@example.com" }, open }),
    ];
    expect(writes.map(({ status, headers }) => [status, headers.get("Retry-After")])).toEqual(writes.map(() => [503, "1"])); // prettier-ignore
    expect((await call("GET", `/v1/meters/${meter.id}`, { token, open })).json).toEqual(meter);
    expect((await call("GET", "/v1/events/", { token, open })).json.items).toEqual([]);
    expect(await storedMeters()).toBe(1);
    expect(await execute(sql`SELECT * FROM idempotency_keys`)).toEqual([]);
    const again = await call("POST", "/v1/meters/", { token, body: METER, headers: { "Idempotency-Key": "partial" } });
    expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
  });
});

describe("When writes work and reads fail", () => {
  it("events are accepted, and reads are a 503", async ({ expect }) => {
    const token = await grant();
    const open = only("write");
    const ingested = await call("POST", "/v1/events/ingest", { token, body: { events: [event()] }, open });
    expect([ingested.status, ingested.json.inserted]).toEqual([200, 1]);
    expect((await call("GET", "/v1/events/", { token, open })).status).toBe(503);
    expect((await call("GET", "/v1/events/", { token })).json.items).toHaveLength(1);
  });
});

describe("When the store of one organization fails", () => {
  it("those of others go on", async ({ expect }) => {
    const open: OpenStore = (bindings, home, usage) =>
      home.organizationId === ORGANIZATION
        ? { organizationId: ORGANIZATION, kind: () => home.store, read: lost, write: lost }
        : openStore(bindings, home, usage);
    const lost = () => Promise.reject(new Error("Network connection lost."));
    const ask = async (organization_id: string) =>
      (await call("GET", "/v1/meters/", { token: await grant({ organization_id }), open })).status;
    expect([await ask(ORGANIZATION), await ask(OTHER_ORGANIZATION), await ask(ORGANIZATION)]).toEqual([503, 200, 503]);
  });
});
