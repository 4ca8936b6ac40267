import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type Command, endOf, type Local, NPM, type Organization, startLocal } from "../sdk/local.ts";
import { openOrganization } from "../sdk/shared.ts";
import { abortUpload, postToFile, sendHalfHead, sendTooMuch, watchConnections } from "./hostile-clients.ts";

const METER = {
  name: "All events",
  filter: { conjunction: "and", clauses: [] },
  aggregation: { func: "count" },
};

function call({ url, token }: Organization, path: string, body?: unknown, method = "POST"): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const init = body === undefined && method === "POST" ? {} : { method, body: JSON.stringify(body) };
  return fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(30_000) });
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

/** Runs `npm run dev` to its end, which must come before it serves. */
async function runToEnd(...args: string[]): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, ["scripts/dev.ts", ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = await once(child, "close");
  return { code, lines: stripVTControlCharacters(output).trim().split("\n") };
}

let folder: string;
let local: Local;
let objects: Local;
let started: { local: number[]; objects: number[] } = { local: [], objects: [] };

// At once, on the same new data.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgemeter-"));
  const withObjects: Command = [process.execPath, "scripts/dev.ts", "--var", "STORE:object"];
  [local, objects] = await Promise.all([
    startLocal({ command: NPM, folder }),
    startLocal({ command: withObjects, folder }),
  ]);
  started = { local: descendants(local.child.pid!), objects: descendants(objects.child.pid!) };
}, 180_000);

afterAll(async () => {
  for (const pid of running([...started.local, ...started.objects])) process.kill(pid, "SIGKILL");
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

// In this order: each test leaves the servers as the next one needs them.
describe("npm run dev", { timeout: 120_000 }, () => {
  it("can be started twice at once on new data, one after the other", async ({ expect }) => {
    // On the same data, one can keep the other out for a moment.
    for (const each of [local, objects]) await until(async () => (await call(each, "/v1/meters/")).status === 200);
    const outputs = [local.output(), objects.output()];
    for (const output of outputs) {
      expect(output).toMatch(/^Preparing the local database…\n[^]*^Starting the Worker…\n[^]*^Edgemeter runs at /m);
    }
    expect(outputs.filter((output) => output.includes("Waiting for another npm run dev"))).toHaveLength(1);
  });

  it("shows the same data whatever --var STORE says", async ({ expect }) => {
    const { id } = await (await call(local, "/v1/meters/", METER)).json();
    for (const each of [local, objects]) expect((await call(each, `/v1/meters/${id}`)).status).toBe(200);
  });

  it("keeps new organizations in objects with --var STORE:object, which catch up in their alarms", async ({
    expect,
  }) => {
    const made = await openOrganization(folder, objects.url);
    const { id } = await (await call(made, "/v1/meters/", METER)).json();
    await call(made, "/v1/events/ingest", { events: [{ name: "a", external_customer_id: "b" }] });
    await until(() => objects.output().includes('"catch_up_runs":'));
    expect((await call(made, `/v1/meters/${id}`)).status).toBe(200);
    const files = await readdir(join(folder, "v3/do/edgemeter-OrganizationObject"));
    expect(files.filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file)).length).toBeGreaterThan(0);
  });

  it("ends quietly on Ctrl-C, with all that it started", async ({ expect }) => {
    expect(started.objects.length).toBeGreaterThan(3);
    expect(await endOf(objects.child, "SIGINT")).toBe(0);
    expect(objects.output().trim().split("\n").at(-1)).toBe(`Stopped. The local data is kept in ${folder}.`);
    await until(() => running(started.objects).length === 0);
    expect(await isFree(objects.url)).toBe(true);
  });

  it("says in one line that a port is taken", async ({ expect }) => {
    const { port } = new URL(local.url);
    const { code, lines } = await runToEnd("--port", port, "--persist-to", folder);
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [`Port ${port} is taken: end what uses it, or choose another with --port.`],
    });
  });

  it("explains its own options", async ({ expect }) => {
    const { code, lines } = await runToEnd("--help");
    expect(code).toBe(0);
    expect(lines.length).toBeLessThan(12);
    expect(lines.join()).toMatch(/--port.*--persist-to.*--var/);
  });

  it("says why wrangler dev ended by itself, and exits with its code", async ({ expect }) => {
    const { code, lines } = await runToEnd("--unknown-option", "--persist-to", folder);
    expect(code).toBe(1);
    const end = lines.indexOf("wrangler dev ended by itself: exit code 1");
    expect(lines.slice(end + 1).join()).toContain("Unknown arguments: unknown-option");
  });

  it("calls the cron handler, and logs each request once", async ({ expect }) => {
    await call(local, "/v1/meters/", METER);
    await call(local, "/v1/events/ingest", { events: [{ name: "a", external_customer_id: "b" }] });
    // A single event is not moved by ingestion.
    await until(() => local.output().includes('"catch_up_runs":'));
    expect(local.output().match(/\/v1\/events\/ingest/g)).toHaveLength(1);
  });

  it.for<[string, () => Promise<unknown>, unknown]>([
    ["20 uploads that are aborted", () => atOnce(20, (index) => abortUpload(local, index)), statuses(20, undefined)],
    ["5 bodies over the limit", () => answered([413], 5, sendTooMuch), true],
    ["5 heads that do not end", () => atOnce(5, () => sendHalfHead(local)), statuses(5, undefined)],
    // 405, or wrangler's own 500 when the answer comes before it has passed the body on.
    ["a large body for a static file", () => answered([405, 500], 1, postToFile), true],
    ["large ingestions beside deletions", ingestAndDelete, [statuses(4, 200), statuses(10, 204), statuses(10, 204)]],
  ])("answers after %s", async ([, attack, expected], { expect }) => {
    const connectionsOpened = watchConnections(local);
    expect(await attack()).toEqual(expected);
    expect((await call(local, "/v1/meters/")).status).toBe(200);
    expect(await connectionsOpened()).not.toContain(false);
    // Neither wrangler nor a runtime was started again.
    expect(running(started.local)).toEqual(started.local);
  });

  it("shows one short line for an upload that is aborted", ({ expect }) => {
    const lines = stripVTControlCharacters(local.output()).split("\n");
    expect(lines).toContain(`POST ${local.url}/v1/events/ingest: Network connection lost.`);
    // Other errors can come from the second server on the same data: its writes lock the file.
    expect(lines.filter((line) => line.includes("ProxyWorker"))).toEqual([]);
  });

  it("leaves no process behind when npm is ended", async ({ expect }) => {
    await endOf(local.child, "SIGTERM");
    await until(() => running(started.local).length === 0);
    expect(await isFree(local.url)).toBe(true);
  });
});

function atOnce<T>(count: number, send: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => send(index)));
}

/** Whether each of some clients at once gets one of the statuses, or none because the server closes its connection. */
async function answered(
  expected: number[],
  count: number,
  send: (local: Local) => Promise<number | undefined>,
): Promise<boolean> {
  const found = await atOnce(count, () => send(local));
  return found.every((status) => status === undefined || expected.includes(status));
}

function statuses(count: number, status: number | undefined): unknown[] {
  return Array.from({ length: count }, () => status);
}

/** Ingests 3 MB four times, while customers and tokens are created and deleted. */
async function ingestAndDelete(): Promise<unknown> {
  const events = Array.from({ length: 6000 }, (_, index) => ({
    name: "large",
    external_customer_id: `customer-${index % 10}`,
    metadata: { text: "x".repeat(400) },
  }));
  const createAndDelete = async (path: string, body: unknown) => {
    const answer = await (await call(local, path, body)).json();
    const { id } = answer.organization_access_token ?? answer;
    return (await call(local, `${path}${id}`, undefined, "DELETE")).status;
  };
  return Promise.all([
    atOnce(4, async () => (await call(local, "/v1/events/ingest", { events })).status),
    atOnce(10, (index) =>
      createAndDelete("/v1/customers/", { external_id: `customer-${index}`, email: `c${index}@example.com` }),
    ),
    atOnce(10, (index) =>
      createAndDelete("/v1/organization-access-tokens/", { comment: `token ${index}`, scopes: ["meters:read"] }),
    ),
  ]);
}
