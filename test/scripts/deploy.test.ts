import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, it } from "vitest";
import { withConfig } from "../../scripts/wrangler-config.ts";
import { CloudflareStandIn } from "./cloudflare-stand-in.ts";
import { runScript } from "./run-script.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const STAGING = "edgemeter-staging";
const LAST = readdirSync(`${ROOT}/migrations`).findLast((file) => file.endsWith(".sql"))!;

/** All but the account of whoever runs the tests. */
const INHERITED = Object.fromEntries(["PATH", "HOME", "NODE_COMPILE_CACHE"].map((name) => [name, process.env[name]]));

let cloudflare: CloudflareStandIn;
let account: Record<string, string>;
beforeEach(async () => {
  cloudflare = new CloudflareStandIn();
  account = await cloudflare.start();
});
afterEach(() => cloudflare.stop());

/** Runs a script of this project, by default with the account of the stand-in. */
const run = (script: string, args: string[], env = account) =>
  runScript(script, args, {
    ...INHERITED,
    WRANGLER_LOG_SANITIZE: "true",
    ...env,
  });
const deploy = (...args: string[]) => run("deploy", args);
/** The binding of a Worker's namespace, as a deployment leaves it. */
const namespaceOf = (name: string) => ({ type: "kv_namespace", name: "TOKENS", namespace_id: `${name}-tokens` });
const bindings = () =>
  Object.fromEntries(cloudflare.uploads.at(-1).bindings.map((binding: { name: string }) => [binding.name, binding]));

describe("npm run deploy", { timeout: 180_000 }, () => {
  it("creates the database, applies all migrations, then uploads; another name shares nothing with the first", async ({
    expect,
  }) => {
    const before = readFileSync(`${ROOT}/wrangler.toml`, "utf8");
    const first = await deploy("--name", STAGING, "--location", "weur");
    expect([first.code, first.stderr]).toEqual([0, expect.not.stringContaining("ERROR")]);
    const parts = [`create ${STAGING}`, `query ${STAGING}`, `namespace ${STAGING}-tokens`, `upload ${STAGING}`];
    expect(cloudflare.log).toEqual(parts);
    expect(cloudflare.created).toEqual([{ name: STAGING, primary_location_hint: "weur" }]);
    const applied = cloudflare.databases.get(STAGING)!.prepare("SELECT name FROM d1_migrations ORDER BY id").all();
    expect(applied.at(-1)).toMatchObject({ name: LAST });
    expect(bindings()).toMatchObject({
      DB: { id: STAGING },
      TOKENS: { type: "kv_namespace", namespace_id: `${STAGING}-tokens` },
      ORGANIZATIONS: {},
      STORE: { text: "d1" },
    });
    expect(readFileSync(`${ROOT}/wrangler.toml`, "utf8")).toBe(before);
    expect(readdirSync(`${ROOT}/.wrangler`).filter((file) => file.startsWith("name-"))).toEqual([]);

    const refused = { code: 2, stderr: expect.stringContaining("can't change") };
    expect(await deploy("--name", STAGING, "--location", "apac")).toMatchObject(refused);
  });

  it("only migrates and uploads what exists, and uploads nothing when a migration fails", async ({ expect }) => {
    const unusable = new DatabaseSync(":memory:");
    unusable.exec("CREATE TABLE meters (id)");
    cloudflare.databases.set("edgemeter", unusable);
    cloudflare.uploads.push({ worker: "edgemeter", bindings: [namespaceOf("edgemeter")] });
    expect((await deploy()).code).toBe(1);
    expect(cloudflare.log.splice(0)).toEqual(["query edgemeter"]);

    cloudflare.databases.set("edgemeter", new DatabaseSync(":memory:"));
    expect((await deploy()).code).toBe(0);
    expect(cloudflare.log).toEqual(["query edgemeter", "upload edgemeter"]);
    expect(bindings()).toMatchObject({ DB: { id: "edgemeter" }, TOKENS: { type: "inherit" } });
  });

  it("lets npm run token call the Worker with a key for its operation alone, which is gone afterwards", async ({
    expect,
  }) => {
    cloudflare.uploads.push({ worker: STAGING, bindings: [namespaceOf(STAGING)] });
    const organization = crypto.randomUUID();
    const requests: unknown[] = [];
    // The Worker: it sees a new key at the second attempt.
    const worker = createServer((request, response) => {
      const key = request.headers.authorization!.replace("Bearer ", "");
      const value = cloudflare.values.get(`operator:${createHash("sha256").update(key).digest("hex")}`);
      requests.push([request.url, JSON.parse(value!)]);
      response.writeHead(requests.length === 1 ? 401 : 200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ id: "i", scopes: ["meters:read"], expires_at: null, detail: "no key" }));
    }).listen(0, "127.0.0.1");
    await once(worker, "listening");
    const url = `http://127.0.0.1:${(worker.address() as AddressInfo).port}`;
    const flags = [
      "--organization",
      organization,
      "--scopes",
      "meters:read",
      "--remote",
      "--url",
      url,
      "--name",
      STAGING,
    ];
    const { code, stdout } = await run("token", ["create", ...flags]);
    worker.close();
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^em_oat_\w{43}\n$/)]);
    const asked = [
      `/operator/organizations/${organization}/tokens/create`,
      { organization_id: organization, operation: "tokens/create" },
    ];
    expect(requests).toEqual([asked, asked]);
    expect(cloudflare.log).toEqual([`PUT operator in ${STAGING}-tokens`, `DELETE operator in ${STAGING}-tokens`]);
    expect(cloudflare.values.size).toBe(0);
  });

  it("leaves routes, identifiers and the setting of workers.dev to the first", async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), "edgemeter-"));
    const original = join(folder, "wrangler.toml");
    const text = readFileSync(`${ROOT}/wrangler.toml`, "utf8")
      .replace(
        "keep_names",
        'workers_dev = false\nroutes = [{ pattern = "usage.example.com", custom_domain = true }]\nkeep_names',
      )
      .replace('binding = "DB"', 'binding = "DB"\ndatabase_id = "1"')
      .replace('binding = "TOKENS"', 'binding = "TOKENS"\nid = "2"');
    writeFileSync(original, text);
    const first = await withConfig(undefined, async (_path, config) => config, original);
    expect(first).toMatchObject({ routes: [{}], workers_dev: false, d1_databases: [{ database_id: "1" }] });
    const copy = await withConfig(STAGING, (path) => readFile(path, "utf8"), original);
    const { routes, workers_dev, d1_databases, kv_namespaces } = JSON.parse(copy);
    expect([routes, workers_dev, d1_databases[0]?.database_id, kv_namespaces[0]?.id]).toEqual(Array(4).fill(undefined));
    rmSync(folder, { recursive: true });
  });

  it("builds and names its steps with --dry-run, without an account", async ({ expect }) => {
    const { code, stdout } = await run("deploy", ["--dry-run", "--name", STAGING], {
      CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:9",
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`create the database ${STAGING}, unless it exists`);
    expect(stdout).toContain(`up to ${LAST}`);
    expect(stdout).toMatch(/gzip: [\d.]+ KiB/);
  });

  it.for([
    ["an unknown flag", ["--fast"]],
    ["a name that no Worker can have", ["--name", "Staging_1"]],
  ] as [string, string[]][])("exits with 2 on %s, with one line that says why", async ([, args], { expect }) => {
    const { code, stdout, stderr } = await deploy(...args);
    expect([code, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
  });
});
