import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { endOf, type Local, NPM, startLocal } from "../sdk/local.ts";

const METER = {
  name: "All events",
  filter: { conjunction: "and", clauses: [] },
  aggregation: { func: "count" },
};

function call({ url, token }: Local, path: string, body?: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(5_000) });
}

/** Waits until something holds, for at most a minute. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`does not hold in time: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** All processes that run, without those that have ended but that nobody has waited for. */
function processes(): { pid: number; parent: number }[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  const fields = rows.map((row) => row.trim().split(/\s+/));
  const alive = fields.filter(([, , state = ""]) => !state.startsWith("Z"));
  return alive.map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

function descendants(ancestor: number, all = processes()): number[] {
  const children = all.filter(({ parent }) => parent === ancestor);
  return children.flatMap(({ pid }) => [pid, ...descendants(pid, all)]);
}

function running(pids: number[]): number[] {
  const all = new Set(processes().map(({ pid }) => pid));
  return pids.filter((pid) => all.has(pid));
}

function isFree(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(Number(new URL(url).port), "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

describe("npm run dev", () => {
  it(
    "restarts wrangler dev when it ends by itself, and ends quietly on Ctrl-C",
    { timeout: 180_000 },
    async ({ expect }) => {
      const local = await startLocal();
      try {
        const { id } = await (await call(local, "/v1/meters/", METER)).json();
        await call(local, "/v1/events/ingest", { events: [{ name: "a", external_customer_id: "b" }] });
        // wrangler 4.116 ends after this, at the latest when the next request comes.
        await until(async () => {
          await fetch(local.url, { method: "POST", body: new Uint8Array(1_000_000) }).catch(() => {});
          return local.output().includes("wrangler dev ended by itself");
        });
        await until(() =>
          call(local, `/v1/meters/${id}`).then(
            ({ status }) => status === 200,
            () => false,
          ),
        );
        expect(local.output().match(/^Token /gm)).toHaveLength(1);
        // The cron handler has run: a single event is not moved by ingestion.
        await until(() => local.output().includes('"catch_up_runs":'));
        expect(local.output().match(/\/v1\/events\/ingest/g)).toHaveLength(1);
        expect(await endOf(local.child, "SIGINT")).toBe(0);
        expect(local.output().trim().split("\n").at(-1)).toBe(`Stopped. The local data is kept in ${local.folder}.`);
      } finally {
        await local.stop();
      }
    },
  );

  it(
    "keeps organizations in objects with --var STORE:object, which catch up in their alarms",
    { timeout: 180_000 },
    async ({ expect }) => {
      const local = await startLocal({ command: [process.execPath, "scripts/dev.ts", "--var", "STORE:object"] });
      try {
        const { id } = await (await call(local, "/v1/meters/", METER)).json();
        await call(local, "/v1/events/ingest", { events: [{ name: "a", external_customer_id: "b" }] });
        await until(() => local.output().includes('"catch_up_runs":'));
        expect((await call(local, `/v1/meters/${id}`)).status).toBe(200);
        const files = await readdir(join(local.folder, "v3/do/edgemeter-OrganizationObject"));
        expect(files.filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file))).toHaveLength(1);
      } finally {
        await local.stop();
      }
    },
  );

  it(
    "can be started twice at once on new data, and leaves no process behind",
    { timeout: 180_000 },
    async ({ expect }) => {
      const folder = await mkdtemp(join(tmpdir(), "edgemeter-"));
      const both = await Promise.all([startLocal({ command: NPM, folder }), startLocal({ command: NPM, folder })]);
      const pids = both.flatMap(({ child }) => descendants(child.pid!));
      try {
        // On the same data, one can keep the other out for a moment.
        for (const local of both) await until(async () => (await call(local, "/v1/meters/")).status === 200);
        expect(pids.length).toBeGreaterThan(8);
        for (const { child } of both) await endOf(child, "SIGTERM");
        await until(() => running(pids).length === 0);
        for (const { url } of both) expect(await isFree(url)).toBe(true);
      } finally {
        for (const pid of running(pids)) process.kill(pid, "SIGKILL");
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  );
});
