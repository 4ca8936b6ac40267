import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, describe, it } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { putToken, SCOPES, type TokenNamespace } from "../../src/tokens/records.ts";
import { newToken } from "../../src/tokens/token.ts";
import { WRANGLER } from "../../scripts/wrangler-kv.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MIGRATIONS = await readD1Migrations(join(ROOT, "migrations"));
const folder = mkdtempSync(join(tmpdir(), "edgemeter-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

/** The commit before the one that added the newest migration, or null without the history of this repository. */
function previousCommit(): string | null {
  try {
    const file = `migrations/${MIGRATIONS.at(-1)!.name}`;
    if (git("ls-files", file) === "") return git("rev-parse", "HEAD");
    return git("rev-parse", "--verify", `${git("log", "-1", "--diff-filter=A", "--format=%H", "--", file)}^`);
  } catch {
    return null;
  }
}

/** The source of a commit in a folder of its own, with the packages of this one. */
function checkOut(commit: string): string {
  const place = join(folder, commit);
  mkdirSync(place);
  const archive = execFileSync("git", ["archive", commit], { cwd: ROOT, maxBuffer: 1 << 30 });
  execFileSync("tar", ["-x", "-C", place], { input: archive });
  symlinkSync(join(ROOT, "node_modules"), join(place, "node_modules"));
  return place;
}

/** Bundles the Worker of a folder, and returns the folder of its modules. */
function build(place: string): string {
  const { main, compatibility_date, rules } = readConfig({ config: join(place, "wrangler.toml") });
  const config = join(place, ".wrangler-test.json");
  const out = join(folder, `out-${basename(place)}`);
  writeFileSync(config, JSON.stringify({ name: "edgemeter", main, compatibility_date, rules }));
  try {
    const flags = ["--dry-run", "--config", config, "--outdir", out];
    execFileSync(process.execPath, [WRANGLER, "deploy", ...flags], { cwd: place, stdio: "pipe" });
  } finally {
    rmSync(config);
  }
  return out;
}

/** Runs a Worker on the data of the test. */
function start(place: string): Miniflare {
  const { compatibility_date } = readConfig({ config: join(place, "wrangler.toml") });
  const out = build(place);
  const modules = globSync("*.{js,sql}", { cwd: out }).map((path) => ({
    type: path.endsWith(".js") ? ("ESModule" as const) : ("Text" as const),
    path,
    contents: readFileSync(join(out, path), "utf8"),
  }));
  return new Miniflare(
    convertV4MiniflareOptions({
      name: "edgemeter",
      modules,
      compatibilityDate: compatibility_date!,
      bindings: { STORE: "d1" },
      d1Databases: ["DB"],
      kvNamespaces: ["TOKENS"],
      resourcePersistencePath: join(folder, "data"),
      handleRuntimeStdio: (stdout: Readable, stderr: Readable) => [stdout, stderr].forEach((stream) => stream.resume()),
    }),
  );
}

async function runCron(worker: Miniflare): Promise<void> {
  const { scheduled } = (await worker.getWorker()) as unknown as { scheduled: (event: object) => Promise<unknown> };
  await scheduled({ cron: "* * * * *" });
}

const commit = previousCommit();
const MISSING = "it needs the history of this repository: git fetch --unshallow";
if (commit === null) process.stderr.write(`test/scripts/previous-code.test.ts is skipped: ${MISSING}\n`);

describe("The code before the newest migration", { timeout: 180_000 }, () => {
  it("runs on the newest schema, and the newest code goes on with what it wrote", async ({ expect, skip }) => {
    skip(commit === null, MISSING);
    const token = newToken();
    const caller = (worker: Miniflare) => async (method: string, path: string, body?: object) => {
      const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await worker.dispatchFetch(`http://localhost${path}`, { method, headers, ...init });
      const text = await response.text();
      return { status: response.status, json: text === "" ? null : JSON.parse(text) };
    };
    const quantities = (id: string) =>
      `/v1/meters/${id}/quantities?start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day`;
    const event = (v: number) => ({
      name: "call",
      external_customer_id: "c1",
      external_id: `call-${v}`,
      timestamp: "2026-01-01T12:00:00Z",
      metadata: { v },
    });

    const before = start(checkOut(commit!));
    const database = await before.getD1Database("DB");
    for (const { queries } of MIGRATIONS) await database.batch(queries.map((query) => database.prepare(query)));
    const record = { organization_id: crypto.randomUUID(), scopes: [...SCOPES], expires_at: null, comment: null };
    const kv = (await before.getKVNamespace("TOKENS")) as unknown as TokenNamespace;
    await putToken(kv, token, { id: crypto.randomUUID(), created_at: new Date().toISOString(), ...record });

    let call = caller(before);
    const filter = { conjunction: "and", clauses: [] };
    const aggregation = { func: "sum", property: "v" };
    const meter = await call("POST", "/v1/meters/", { name: "Calls", filter, aggregation });
    const customer = await call("POST", "/v1/customers/", { email: "ada@example.com", external_id: "c1" });
    const ingested = await call("POST", "/v1/events/ingest", { events: [event(1), event(2)] });
    const credit = { external_customer_id: "c1", meter_id: meter.json.id, units: 10 };
    const written = [meter, customer, ingested, await call("POST", "/v1/customer-meters/credits", credit)];
    expect(written.map(({ status }) => status)).toEqual([201, 201, 200, 201]);
    await runCron(before);
    const read = ["/v1/meters/", "/v1/events/", "/v1/events/names", "/v1/customers/", "/v1/customer-meters/"];
    for (const path of read) expect((await call("GET", path)).json.items, path).not.toEqual([]);
    expect((await call("GET", quantities(meter.json.id))).json.total).toBe(3);
    expect((await call("PATCH", `/v1/meters/${meter.json.id}`, { name: "All calls" })).status).toBe(200);
    await before.dispose();

    const after = start(ROOT);
    call = caller(after);
    expect((await call("POST", "/v1/events/ingest", { events: [event(2), event(4)] })).json).toEqual({
      inserted: 1,
      duplicates: 1,
    });
    expect((await call("GET", quantities(meter.json.id))).json.total).toBe(7);
    const state = await call("GET", "/v1/customers/external/c1/state");
    expect(state.json.active_meters).toMatchObject([{ consumed_units: 7, credited_units: 10, balance: 3 }]);
    await after.dispose();
  });
});
