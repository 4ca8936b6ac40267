import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { runCron } from "../../src/jobs/cron.ts";
import { openStore } from "../../src/store/open.ts";
import type { OpenStore } from "../../src/store/store.ts";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { exportEvents } from "../../src/export/export-events.ts";
import { bucketWith, EXPORTING, exported, keysOf } from "../support/exporting.ts";
import { catchUpAll, event, setUp } from "../support/metering.ts";
import { enough, kept, many, send } from "../support/retaining.ts";
import { decorated, storeOf } from "../support/stores.ts";

describe("The schedule", () => {
  it("catches meters up, archived ones too, and does nothing the second time", async ({ expect }) => {
    const { ingest, create, patch, total } = await setUp();
    const { id } = await create();
    await patch(id, { is_archived: true });
    await ingest(event(), event());
    const log = vi.spyOn(console, "log");
    await worker.scheduled({} as ScheduledController, env);
    await worker.scheduled({} as ScheduledController, env);
    expect(log.mock.calls.map(([line]) => JSON.parse(line).catch_up_runs)).toEqual([2]);
    const rows = await env.DB.prepare("SELECT customer, count FROM meter_rollups").all();
    expect(rows.results).toEqual([
      { customer: "", count: 2 },
      { customer: "ext:c1", count: 2 },
    ]);
    const totals = await env.DB.prepare("SELECT customer, since, count FROM meter_totals").all();
    expect(totals.results).toEqual([{ customer: "ext:c1", since: 0, count: 2 }]);
    expect(await total(id)).toBe(2);
  });

  it("skips a meter that cannot be caught up, and logs it", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    const broken = await create();
    const sound = [await create(), await create()];
    await env.DB.prepare("UPDATE meters SET filter = '{' WHERE id = ?").bind(broken.id).run();
    await ingest(event());
    const log = vi.spyOn(console, "error");
    await worker.scheduled({} as ScheduledController, env);
    expect(log.mock.calls.map(([line]) => JSON.parse(line).error)).toEqual(["CatchUpFailed"]);
    const { results } = await env.DB.prepare("SELECT id, watermark FROM meters").all<{
      id: string;
      watermark: number;
    }>();
    for (const { id, watermark } of results) expect(watermark).toBe(id === broken.id ? 0 : 1);
    for (const { id } of sound) expect(await total(id)).toBe(1);
    expect((await catchUpAll()).failed.size).toBe(1);
  });

  it("logs what fails", async ({ expect }) => {
    await env.DB.prepare("DROP TABLE organizations").run();
    const log = vi.spyOn(console, "error");
    await worker.scheduled({} as ScheduledController, env);
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "error", error: "JobFailed", job: "catch-up", cause: expect.stringContaining("no such table") },
    ]);
  });

  it("begins nothing more after ten seconds", async ({ expect }) => {
    const { ingest, create } = await setUp();
    await create();
    await create();
    await ingest(event());
    let time = Date.now();
    const open = decorated((carryOut) => {
      time += 6000;
      return carryOut();
    });
    await runCron(env, open, () => time);
    // Both meters; the time was enough for the activity of customers.
    expect((await catchUpAll()).transactions).toBe(1);
  });

  it("serves every organization that is behind, however far behind one of them is", async ({ expect }) => {
    const { ingest, create } = await setUp();
    for (let i = 0; i < 3; i++) await create();
    await ingest(...Array.from({ length: 20 }, () => event()));
    const token = await grant({ organization_id: OTHER_ORGANIZATION });
    await call("POST", "/v1/meters/", { token, body: METER });
    await call("POST", "/v1/events/ingest", { token, body: { events: [event()] } });
    // The first one never gets on, so it uses up all the statements that it may.
    const open: OpenStore = (bindings, home) => {
      const store = openStore(bindings, home);
      if (home.organizationId !== ORGANIZATION) return store;
      const endless = (row: unknown) =>
        (row as object) && "last_seq" in (row as object) ? { ...(row as object), last_seq: 1e9 } : row;
      return {
        ...store,
        read: async (of) => (await store.read(of)).map((rows: unknown[]) => rows.map(endless)) as never,
        write: async (of) => of.map(() => ({ rows: [], changes: 1 })),
      };
    };
    await runCron(env, open);
    const { results } = await env.DB.prepare(
      "SELECT o.id FROM meters AS m JOIN organizations AS o ON o.id = m.organization_id WHERE watermark < last_seq GROUP BY 1",
    ).all();
    expect(results).toEqual([{ id: ORGANIZATION }]);
  });
});

describe("The scheduled retention", () => {
  // The clock stands still: how large transactions are does not depend on the machine.
  const now = Date.now();
  const run = (bindings: object) => runCron({ ...env, ...bindings }, openStore, () => now);
  const stores = () => Array.from({ length: 12 }, () => storeOf(crypto.randomUUID()));
  const left = async () =>
    (await env.DB.prepare("SELECT organization_id AS id, count(*) AS n FROM events GROUP BY 1").all<{ id: string; n: number }>())
      .results; // prettier-ignore

  it("is off without the variable, and with another text than a number of days; other jobs go on", async ({
    expect,
  }) => {
    const store = storeOf();
    await send(store, many(2));
    const log = vi.spyOn(console, "error");
    for (const bindings of [{ EVENTS_RETENTION_DAYS: undefined }, { EVENTS_RETENTION_DAYS: "thirty" }])
      await run(bindings);
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "error", error: "JobFailed", job: "retention", cause: expect.stringContaining("EVENTS_RETENTION_DAYS") },
    ]);
    expect(await kept(store)).toEqual({ seqs: [1, 2], eventsFrom: null });
    const { results } = await env.DB.prepare("SELECT activity_watermark FROM organizations").all();
    expect(results).toEqual([{ activity_watermark: 2 }]);
  });

  it("deletes, and logs how many", async ({ expect }) => {
    await send(storeOf(), many(2));
    const log = vi.spyOn(console, "log");
    await run({ EVENTS_RETENTION_DAYS: "30" });
    expect(log.mock.calls.map(([line]) => JSON.parse(line)).at(-1)).toEqual({ level: "info", deleted_events: 2, organization_id: ORGANIZATION }); // prettier-ignore
    expect(await left()).toEqual([]);
  });

  it("gives each organization its turn within a bounded number of statements, and skips those that are moved", async ({
    expect,
  }) => {
    const all = stores();
    for (const store of all) await send(store, many(2500));
    await env.DB.prepare(
      "INSERT INTO write_refusals (organization_id, token_id, reason, created_at) VALUES (?, '', 'moving', 0)",
    )
      .bind(all[0]!.organizationId)
      .run();
    await run({});
    const batch = vi.spyOn(env.DB, "batch");
    // Nothing is behind: what is counted is retention's alone.
    const statements = () => batch.mock.calls.reduce((sum, [list]) => sum + list.length, 0);
    await run({ EVENTS_RETENTION_DAYS: "30" });
    expect(statements()).toBeLessThanOrEqual(150);
    const served = all.length - (await left()).filter(({ n }) => n === 2500).length;
    expect(served).toBeGreaterThan(3);
    expect(served).toBeLessThan(all.length - 1);
    for (let i = 0; i < 9; i++) await run({ EVENTS_RETENTION_DAYS: "30" });
    expect(await left()).toEqual([{ id: all[0]!.organizationId, n: 2500 }]);
  });
});

describe("The scheduled export", () => {
  const now = Date.now();
  const run = (bindings: object = EXPORTING) => runCron({ ...env, ...bindings }, openStore, () => now);
  const RETAINING = { ...EXPORTING, EVENTS_RETENTION_DAYS: "30" };
  const left = async () => (await env.DB.prepare("SELECT count(*) AS n FROM events").first<{ n: number }>())!.n;

  it("is off without a bucket, and writes, then deletes, and logs how many with one", async ({ expect }) => {
    await send(storeOf(), many(2));
    await run({});
    expect(await keysOf()).toEqual([]);
    const log = vi.spyOn(console, "log");
    await run(RETAINING);
    const lines = log.mock.calls.map(([line]) => JSON.parse(line));
    expect(lines.flatMap(({ exported_events, deleted_events }) => [exported_events, deleted_events])).toEqual([2, undefined, undefined, 2]); // prettier-ignore
    expect([await left(), (await keysOf()).length]).toEqual([0, 1]);
  });

  it("keeps the events of a bucket that fails, logs that, and goes on with other organizations", async ({ expect }) => {
    const [bad, good] = [storeOf(), storeOf(OTHER_ORGANIZATION)];
    for (const store of [bad, good]) await send(store, many(2));
    const EXPORT = bucketWith((carryOut, method, key) => {
      if (method === "put" && key.includes(ORGANIZATION)) throw new Error("R2 is down");
      return carryOut();
    });
    const log = vi.spyOn(console, "error");
    await run({ ...RETAINING, EXPORT });
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "error", error: "ExportFailed", organization_id: ORGANIZATION, cause: expect.stringContaining("R2 is down") },
    ]); // prettier-ignore
    expect([(await kept(bad)).seqs, (await kept(good)).seqs]).toEqual([[1, 2], []]);
    await run(RETAINING);
    expect([await left(), (await exported()).length]).toEqual([0, 4]);
  });

  it("finds who has something to export, and gives each its turn within its statements", async ({ expect }) => {
    const all = Array.from({ length: 24 }, () => storeOf(crypto.randomUUID()));
    for (const store of all) await send(store, many(2));
    const [moved, young, done] = all;
    await env.DB.prepare("INSERT INTO write_refusals (organization_id, token_id, reason, created_at) VALUES (?, '', 'moving', 0)").bind(moved!.organizationId).run(); // prettier-ignore
    await env.DB.prepare("UPDATE events SET ingested_at = ? WHERE organization_id = ?").bind(now - 60_000, young!.organizationId).run(); // prettier-ignore
    await exportEvents(done!, env.TEST_EXPORT, enough());
    await run({});
    const batch = vi.spyOn(env.DB, "batch");
    await run();
    expect(batch.mock.calls.reduce((sum, [list]) => sum + list.length, 0)).toBeLessThanOrEqual(130);
    expect((await keysOf()).length).toBeGreaterThan(14);
    await run();
    const organizations = new Set((await keysOf()).map((key) => key.split("/")[1]));
    for (const store of all) expect(organizations.has(store.organizationId)).toBe(store !== moved && store !== young);
  });
});
