import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, it } from "vitest";
import { wrangler } from "../../scripts/wrangler-kv.ts";
import { SCOPES } from "../../src/auth/principal.ts";
import { putToken, type TokenNamespace } from "../../src/auth/records.ts";
import { newToken } from "../../src/auth/token.ts";
import { STORE_KINDS, type StoreKind } from "../../src/store/kinds.ts";

/** Fetched for this test alone, because it is a tenth of all other packages together. */
const DUCKDB = "@duckdb/node-api@1.5.6-r.1";
const DAYS = { from: Date.parse("2026-01-01T00:00:00Z"), count: 10 };
const DAY = 86_400_000;
/** The query that docs/scale.md has for DuckDB. */
const QUERY = /### DuckDB\n[^]*?```sql\n([^]*?)```/.exec(readFileSync("docs/scale.md", "utf8"))?.[1] ?? "";
const AGGREGATIONS = {
  events: { func: "count" },
  tokens: { func: "sum", property: "total_tokens" },
  models: { func: "unique", property: "model" },
};

type Rows = { day: string | null; events: string; tokens: number; models: string }[];
type DuckDB = {
  DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<{ runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): unknown[] }> }> }> };
}; // prettier-ignore

/** What is used of an R2 bucket. */
type Bucket = {
  list(options: { prefix: string }): Promise<{ objects: { key: string }[] }>;
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
};

let folder = "";
let miniflare: Miniflare;
let duckdb: DuckDB | string;

/** Installs DuckDB outside the project; returns why it can't be. */
async function fetchDuckDB(): Promise<DuckDB | string> {
  try {
    const flags = ["--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--prefer-offline"];
    await promisify(execFile)("npm", ["install", ...flags, DUCKDB], { timeout: 180_000 });
    return createRequire(join(folder, "index.js"))("@duckdb/node-api") as DuckDB;
  } catch (error) {
    return `${DUCKDB} can't be installed here: ${(error as Error).message.split("\n")[0]}`;
  }
}

/** Starts the Worker as it is deployed, with a bucket. */
async function startWorker(): Promise<Miniflare> {
  const build = join(folder, "build");
  await wrangler(["deploy", "--dry-run", "--outdir", build]);
  const started = new Miniflare(
    convertV4MiniflareOptions({
      name: "edgemeter",
      modules: globSync("*.{js,sql}", { cwd: build }).map((path) => ({
        type: path.endsWith(".js") ? ("ESModule" as const) : ("Text" as const),
        path,
        contents: readFileSync(join(build, path), "utf8"),
      })),
      compatibilityDate: /compatibility_date = "(.+)"/.exec(readFileSync("wrangler.toml", "utf8"))?.[1] ?? "",
      kvNamespaces: ["TOKENS"],
      d1Databases: ["DB"],
      r2Buckets: ["EXPORT"],
      durableObjects: { ORGANIZATIONS: { className: "OrganizationObject", useSQLite: true } },
      unsafeTriggerHandlers: true,
    }),
  );
  const db = await started.getD1Database("DB");
  const texts = globSync("migrations/*.sql").toSorted().map((file) => readFileSync(file, "utf8")); // prettier-ignore
  for (const text of texts) await db.batch(text.split("--> statement-breakpoint").map((sql) => db.prepare(sql)));
  return started;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgemeter-export-"));
  duckdb = await fetchDuckDB();
  if (typeof duckdb !== "string") miniflare = await startWorker();
}, 240_000);

afterAll(async () => {
  await miniflare?.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Events of two acceptances, which fill two objects: names, customers, days and amounts of every kind. */
function eventsOf(batch: number) {
  return Array.from({ length: 10_000 }, (_, index) => ({
    name: index % 4 === 0 ? "other" : "ai_usage",
    external_customer_id: `customer-${index % 100}`,
    timestamp: new Date(DAYS.from + ((index * 7919 + batch) % (DAYS.count * 86_400)) * 1000 + 123).toISOString(),
    // Sums of these are exact in any order.
    metadata: { total_tokens: (index % 1000) / 8, model: `model-${(index * batch) % 37}`, "dotted.key": 1e-7 },
  }));
}

describe("The exported log", () => {
  it.for([...STORE_KINDS])("gives an analytical engine the quantities of the API: %s", async (store, { expect, skip }) => {
    if (typeof duckdb === "string") return skip(duckdb);
    const { organization, call } = await openApi(store);
    const meters = new Map<string, string>();
    for (const [name, aggregation] of Object.entries(AGGREGATIONS)) {
      const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] };
      meters.set(name, (await call("POST", "/v1/meters/", { name, filter, aggregation })).id);
    }
    for (const batch of [1, 2]) await call("POST", "/v1/events/ingest", { events: eventsOf(batch) });
    const files = await copyObjects(organization);
    const connection = await (await duckdb.DuckDBInstance.create(":memory:")).connect();
    const query = QUERY.replace(/r2:.*?\/dt=/, `${files}/dt=`);
    expect(query).not.toBe(QUERY);
    const rows = (await connection.runAndReadAll(query)).getRowObjectsJson() as Rows;
    expect(rows).toHaveLength(DAYS.count + 1);
    for (const [name, id] of meters) {
      const range = `start_timestamp=${new Date(DAYS.from).toISOString()}&end_timestamp=${new Date(DAYS.from + DAYS.count * DAY - 1).toISOString()}`;
      const { quantities, total } = await call("GET", `/v1/meters/${id}/quantities?interval=day&${range}`);
      const expected = [...quantities.map(({ quantity }: { quantity: number }) => quantity), total];
      expect(rows.map((row) => Number(row[name as keyof Rows[0]]))).toEqual(expected);
      expect(total).toBeGreaterThan(36);
    }
  }); // prettier-ignore
});

/** An organization in a store, and how its API is called. */
async function openApi(store: StoreKind) {
  const [token, organization] = [newToken(), crypto.randomUUID()];
  const record = { id: crypto.randomUUID(), organization_id: organization, store, scopes: [...SCOPES], expires_at: null, created_at: new Date().toISOString() }; // prettier-ignore
  await putToken((await miniflare.getKVNamespace("TOKENS")) as unknown as TokenNamespace, token, record);
  const call = async (method: string, path: string, body?: object) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await miniflare.dispatchFetch(`http://localhost${path}`, init);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as any;
  };
  return { organization, call };
}

/** Waits until both objects of an organization are written, and copies them; returns the folder. */
async function copyObjects(organization: string): Promise<string> {
  const bucket = (await miniflare.getR2Bucket("EXPORT")) as unknown as Bucket;
  const prefix = `events/${organization}/`;
  for (let tries = 0; (await bucket.list({ prefix })).objects.length < 2; tries++) {
    if (tries === 100) throw new Error("nothing is exported");
    await miniflare.dispatchFetch("http://localhost/cdn-cgi/local/scheduled");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  for (const { key } of (await bucket.list({ prefix })).objects) {
    const object = (await bucket.get(key))!;
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), new Uint8Array(await object.arrayBuffer()));
  }
  return join(folder, "events", organization);
}
