import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import type { OrganizationObject } from "../../src/organization-object.ts";
import { type Migration, MIGRATIONS } from "../../src/store/migrations.ts";
import { call, grant, METER } from "../support/api.ts";
import { event, setUp } from "../support/metering.ts";
import { objectOf, onStatement } from "../support/stores.ts";

const SCHEMA = `SELECT type, name, tbl_name, sql FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@' AND name NOT LIKE '@_cf@_%' ESCAPE '@'
    AND name NOT IN ('d1_migrations', 'applied_migrations')
  ORDER BY type, name`;
const schemaOfObject = () => runInDurableObject(objectOf(), (_, { storage }) => storage.sql.exec(SCHEMA).toArray());
const alarmOf = () => runInDurableObject(objectOf(), (_, { storage }) => storage.getAlarm());

/** Makes the meters catch up one by one: those that have the same watermark share their transactions. */
const separate = () =>
  runInDurableObject(objectOf(), (_, { storage }) => storage.sql.exec("UPDATE meters SET watermark = rowid"));

/** Gives the object only some migrations, as code from before the others would have left it. */
const setBack = (files: readonly Migration[]) =>
  runInDurableObject<OrganizationObject, void>(objectOf(), async (instance, { storage }) => {
    await storage.deleteAll();
    await instance.migrate(files);
  });

describe("The schema of an object", () => {
  it("is D1's: both come from the same files", async ({ expect }) => {
    expect(MIGRATIONS.map(({ name }) => name)).toEqual(env.TEST_MIGRATIONS.map(({ name }) => name));
    const d1 = await env.DB.prepare(SCHEMA).all();
    expect(await schemaOfObject()).toEqual(d1.results);
    expect(d1.results.length).toBeGreaterThan(8);
  });

  it("is brought up to date when an idle object wakes, and its rows are kept", async ({ expect }) => {
    const schema = await schemaOfObject();
    await setBack([]);
    await runInDurableObject(objectOf(), (_, { storage }) => storage.sql.exec("CREATE TABLE kept (id TEXT) STRICT"));
    await evictDurableObject(objectOf());
    const kept = { type: "table", name: "kept", tbl_name: "kept", sql: "CREATE TABLE kept (id TEXT) STRICT" };
    expect((await schemaOfObject()).filter(({ name }) => name !== "kept")).toEqual(schema);
    expect(await schemaOfObject()).toContainEqual(kept);
  });

  it.for([
    ["without names", "CREATE TABLE applied_migrations (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT"],
    ["of other names", "CREATE TABLE applied_migrations (number INTEGER PRIMARY KEY, applied_at INTEGER, name TEXT) STRICT"],
  ])("is never used when it has migrations %s: every call is a 503, and the log says why", async ([, table], { expect }) => {
    // An object that cannot be constructed cannot be emptied either: no other test may meet it.
    const organization_id = crypto.randomUUID();
    const object = objectOf(organization_id);
    await runInDurableObject(object, async (_, { storage }) => {
      await storage.deleteAll();
      storage.sql.exec(table!);
      storage.sql.exec("INSERT INTO applied_migrations (number, applied_at) VALUES (0, 1)");
    });
    await evictDurableObject(object);
    const log = vi.spyOn(console, "error");
    const token = await grant({ organization_id });
    for (const path of ["/v1/events/", "/v1/meters/"]) expect((await call("GET", path, { token })).status).toBe(503);
    expect((await call("POST", "/v1/meters/", { token, body: METER })).headers.get("Retry-After")).toBe("30");
    const cause = expect.stringContaining("made by an older version");
    expect(JSON.parse(log.mock.calls[0]![0])).toMatchObject({ failure: "SchemaOutdated", cause });
  }); // prettier-ignore

  it("is left as it was by a migration that fails, which every call reports", async ({ expect }) => {
    const broken = [
      ...MIGRATIONS,
      { name: "0001_half.sql", text: "CREATE TABLE half (id TEXT); SELECT * FROM nowhere;" },
    ];
    const schema = await schemaOfObject();
    await runInDurableObject<OrganizationObject, void>(objectOf(), async (instance) => {
      await expect(instance.migrate(broken)).rejects.toThrow("no such table: nowhere");
    });
    expect(await schemaOfObject()).toEqual(schema);
  });
});

describe("During a deployment", () => {
  it("a new Worker brings its migrations to an object that still runs the old code", async ({ expect }) => {
    await setBack([]);
    const answer = await call("POST", "/v1/meters/", { token: await grant(), body: METER });
    expect(answer.status).toBe(201);
    await setBack([]);
    expect((await call("GET", "/v1/events/", { token: await grant() })).json.items).toEqual([]);
  });

  it("an old Worker and old code in the object work on a newer schema", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    await setBack([
      ...MIGRATIONS,
      { name: "0001_later.sql", text: "ALTER TABLE events ADD COLUMN later TEXT; CREATE TABLE newer (id TEXT)" },
    ]);
    const { id } = await create();
    await evictDurableObject(objectOf());
    await ingest(event());
    await runDurableObjectAlarm(objectOf());
    expect(await total(id)).toBe(1);
  });
});

describe("The alarm of an object", () => {
  it("is set by a write, not by a read, catches the meters up, and is not set again", async ({ expect }) => {
    const { token, ingest, create, total } = await setUp();
    // A token's first request of a day is a write: that it was used.
    await call("GET", "/v1/meters/", { token });
    await runDurableObjectAlarm(objectOf());
    await call("GET", "/v1/meters/", { token });
    expect(await alarmOf()).toBeNull();
    const { id } = await create();
    await ingest(event(), event());
    expect((await alarmOf())! - Date.now()).toBeLessThanOrEqual(5000);
    const log = vi.spyOn(console, "log");
    expect(await runDurableObjectAlarm(objectOf())).toBe(true);
    expect(log.mock.calls.map(([line]) => JSON.parse(line).catch_up_runs)).toEqual([2]);
    const rollups = await runInDurableObject(objectOf(), (_, { storage }) =>
      storage.sql.exec("SELECT count FROM meter_rollups WHERE customer = ''").toArray(),
    );
    expect(rollups).toEqual([{ count: 2 }]);
    expect([await alarmOf(), await total(id)]).toEqual([null, 2]);
  });

  it("is kept when the object is evicted between a write and its alarm, and brought forward by a large write", async ({
    expect,
  }) => {
    const { ingest } = await setUp();
    await ingest(event());
    const alarm = await alarmOf();
    await evictDurableObject(objectOf());
    await ingest(event());
    expect(await alarmOf()).toBe(alarm);
    await ingest(...Array.from({ length: 5000 }, () => event()));
    expect((await alarmOf()) ?? 0).toBeLessThanOrEqual(Date.now());
  });

  it("does a bounded amount of work, and is set again at once while there is more", async ({ expect }) => {
    const { ingest, create } = await setUp();
    for (let i = 0; i < 40; i++) await create();
    await ingest(...Array.from({ length: 60 }, () => event()));
    await separate();
    const log = vi.spyOn(console, "log");
    const runs = () => log.mock.calls.map(([line]): number => JSON.parse(line).catch_up_runs);
    await runDurableObjectAlarm(objectOf());
    // The next alarms come by themselves. One transaction for each meter, and one for the activity of customers.
    await vi.waitFor(() => expect(runs().reduce((sum, each) => sum + each, 0)).toBe(41), 10_000);
    expect(Math.max(...runs())).toBeLessThan(30);
    await vi.waitFor(async () => expect(await alarmOf()).toBeNull(), 10_000);
  });

  it("skips a meter that fails, logs it, and is not set again for it", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    const [broken, sound] = [await create(), await create()];
    await ingest(event());
    await runInDurableObject(objectOf(), (_, { storage }) =>
      storage.sql.exec("UPDATE meters SET filter = '{' WHERE id = ?", broken.id),
    );
    const log = vi.spyOn(console, "error");
    await runDurableObjectAlarm(objectOf());
    expect(log.mock.calls.map(([line]) => JSON.parse(line).error)).toEqual(["CatchUpFailed"]);
    expect([await alarmOf(), await total(sound.id)]).toEqual([null, 1]);
  });

  it("lets requests through between its transactions", async ({ expect }) => {
    const { token, ingest, create } = await setUp();
    for (let i = 0; i < 15; i++) await create();
    await ingest(...Array.from({ length: 60 }, () => event()));
    await separate();
    const run = vi.fn<() => void>();
    await onStatement("INSERT INTO meter_rollups", run);
    const alarm = runDurableObjectAlarm(objectOf());
    while (run.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    await call("GET", "/v1/meters/", { token });
    expect(run.mock.calls.length).toBeLessThan(15);
    await alarm;
    expect(run).toHaveBeenCalledTimes(15);
  });
});
