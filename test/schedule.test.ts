import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import worker from "../src/index.ts";
import { call, grant, METER, OTHER_ORGANIZATION } from "./support/api.ts";
import { event, setUp } from "./support/metering.ts";

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
      // The total of the customer, and the bucket.
      { customer: "ext:c1", count: 2 },
      { customer: "ext:c1", count: 2 },
    ]);
    expect(await total(id)).toBe(2);
  });

  it("skips a meter that cannot be caught up, and logs it", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
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
    const { ingest, create, catchUpAll } = await setUp();
    await create();
    await create();
    await ingest(event());
    let now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => (now += 6000));
    await worker.scheduled({} as ScheduledController, env);
    vi.restoreAllMocks();
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
    await worker.scheduled({} as ScheduledController, env);
    const { results } = await env.DB.prepare(
      "SELECT count(*) AS behind FROM meters AS m JOIN organizations AS o ON o.id = m.organization_id WHERE watermark < last_seq",
    ).all();
    expect(results).toEqual([{ behind: 0 }]);
  });
});
