import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { openD1 } from "../../src/store/d1.ts";
import { call, grant, METER, storedMeters } from "../support/api.ts";
import { event } from "../support/metering.ts";
import { objectOf, STORE, storeOf, undoing } from "../support/stores.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import { newMeter } from "../../src/meters/create.ts";
import { MeterCreate } from "../../src/meters/schemas.ts";

const insert = (store = storeOf()) => insertMeter(store, newMeter(store.organizationId, MeterCreate.parse(METER), 1));

describe("When the storage is full", () => {
  it.for([
    "D1_ERROR: Exceeded maximum DB size",
    "D1_ERROR: database or disk is full: SQLITE_FULL",
    "database or disk is full: SQLITE_FULL",
    "D1_ERROR: Your account has exceeded D1's maximum account storage limit",
  ])("a write is answered 507, stores nothing, and reads go on: “%s”", async (message, { expect }) => {
    const token = await grant();
    const log = vi.spyOn(console, "error");
    const open = undoing(() => true, new Error(message));
    const headers = { "Idempotency-Key": "k" };
    const created = await call("POST", "/v1/meters/", { token, body: METER, headers, open });
    expect([created.status, created.json.error]).toEqual([507, "StorageFull"]);
    expect(created.headers.get("Retry-After")).toBeNull();
    const ingested = await call("POST", "/v1/events/ingest", { token, body: { events: [event()] }, open });
    expect(ingested.status).toBe(507);
    expect(JSON.parse(log.mock.calls[0]![0])).toMatchObject({ error: "StorageFull", organization_id: expect.any(String) }); // prettier-ignore
    expect((await call("GET", "/v1/events/", { token, open })).json.items).toEqual([]);
    expect(await storedMeters()).toBe(0);
    expect((await call("POST", "/v1/meters/", { token, body: METER, headers })).status).toBe(201);
  });

  it("an operator was warned at 80 %, once a minute", async ({ expect }) => {
    const log = vi.spyOn(console, "warn");
    const bytes = 8_000_000_001;
    if (STORE === "object") {
      await runInDurableObject(objectOf(), (_, { storage }) =>
        Object.defineProperty(storage.sql, "databaseSize", { value: bytes }),
      );
      for (let i = 0; i < 2; i++) await insert();
    } else {
      const batch = async (of: D1PreparedStatement[]) =>
        (await env.DB.batch(of)).map((result) => ({ ...result, meta: { ...result.meta, size_after: bytes } }));
      const DB = { prepare: env.DB.prepare.bind(env.DB), batch } as D1Database;
      for (let i = 0; i < 2; i++) await insert(openD1({ DB }, storeOf().organizationId));
    }
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      {
        level: "warn",
        warning: "StorageNearlyFull",
        database: STORE === "d1" ? "DB" : storeOf().organizationId,
        bytes,
        max_bytes: 10_000_000_000,
      },
    ]);
  });
});
