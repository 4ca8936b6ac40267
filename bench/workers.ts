import { globSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from "miniflare";
import { wrangler } from "../scripts/wrangler-kv.ts";
import { SCOPES } from "../src/auth/principal.ts";
import { putToken, type TokenNamespace } from "../src/auth/records.ts";
import { tokenOf } from "../src/auth/token.ts";
import { openDatabase, type Database } from "./database.ts";
import type { Target } from "./load.ts";
import { findRuntimes, memoryOf } from "./memory.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** The organization of every request. */
export const ORGANIZATION = "bbbbbbbb-0000-4000-8000-000000000000";
const TOKEN = tokenOf("BenchmarkTokenForLocalMeasurements000");
const STATEMENT_BREAKPOINT = "--> statement-breakpoint";

/** The modules of a built Worker: its code, then the texts that it imports. */
type Script = { type: "ESModule" | "Text"; path: string; contents: string }[];
/** The built Workers. */
export type Scripts = { edgemeter: Script; baseline: Script };

/** A running Worker with a database of its own. */
export type Worker = { target: Target; db: Database; runSchedule: () => Promise<void> };

/** A Worker to start. */
type Kind = { script: keyof Scripts; remember?: boolean; store?: "object" };

/** Builds Edgemeter as it is deployed, and the baseline in the same way. */
export async function buildScripts(): Promise<Scripts> {
  return { edgemeter: await build([]), baseline: await build(["bench/baseline/worker.ts"]) };
}

async function build(entry: string[]): Promise<Script> {
  const folder = await mkdtemp(join(tmpdir(), "edgemeter-bench-"));
  try {
    await wrangler(["deploy", ...entry, "--dry-run", "--outdir", folder]);
    const read = (type: "ESModule" | "Text", files: string[]) =>
      files.map((path) => ({ type, path, contents: readFileSync(join(folder, path), "utf8") }));
    return [
      ...read("ESModule", globSync("*.js", { cwd: folder })),
      ...read("Text", globSync("*.sql", { cwd: folder })),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Starts Workers in one runtime, each on a port of its own, calls a function with them, and ends them. They share the
 * process and the namespace of tokens; their databases are temporary, or in a folder.
 * @returns the result, and the most memory that the runtime had, in MiB (undefined where the system does not tell)
 */
export async function withWorkers<K extends string, R>(
  scripts: Scripts,
  kinds: Record<K, Kind>,
  use: (workers: Record<K, Worker>) => Promise<R>,
  folder?: string,
): Promise<{ result: R; memory: number | undefined }> {
  const names = Object.keys(kinds) as K[];
  const earlier = findRuntimes();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: names.map((name) => optionsOf(name, kinds[name], scripts)),
      ...(folder !== undefined && { resourcePersistencePath: folder }),
      handleRuntimeStdio(stdout: Readable, stderr: Readable) {
        stdout.resume();
        stderr.resume();
      },
      handleStructuredLogs() {},
    }),
  );
  try {
    await miniflare.ready;
    const tokens = await miniflare.getKVNamespace("TOKENS", names[0]!);
    await grant(tokens as unknown as TokenNamespace);
    const workers = {} as Record<K, Worker>;
    for (const name of names) {
      workers[name] = await open(miniflare, name);
      await migrate(workers[name].db);
    }
    const result = await use(workers);
    return { result, memory: memoryOf(findRuntimes().find((id) => !earlier.includes(id))) };
  } finally {
    await miniflare.dispose();
  }
}

function optionsOf(name: string, { script, remember = false, store }: Kind, scripts: Scripts): V4WorkerOptions {
  return {
    name,
    modules: scripts[script],
    compatibilityDate: /compatibility_date = "(.+)"/.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))![1]!,
    bindings: { ...(remember && { REMEMBER: "yes" }), ...(store && { STORE: store }) },
    ...(script === "edgemeter" && {
      durableObjects: { ORGANIZATIONS: { className: "OrganizationObject", useSQLite: true } },
    }),
    kvNamespaces: { TOKENS: "tokens" },
    d1Databases: { DB: name },
    // Straight to the Worker: Miniflare's own entry would take as long as a small request.
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
}

async function open(miniflare: Miniflare, name: string): Promise<Worker> {
  const [url, db, worker] = await Promise.all([
    miniflare.unsafeGetDirectURL(name),
    miniflare.getD1Database("DB", name),
    miniflare.getWorker(name),
  ]);
  return {
    target: { url, token: TOKEN },
    db: openDatabase(db),
    runSchedule: async () => {
      await worker.scheduled({ cron: "* * * * *" });
    },
  };
}

async function grant(tokens: TokenNamespace): Promise<void> {
  await putToken(tokens, TOKEN, {
    id: "bbbbbbbb-0000-4000-8000-000000000001",
    organization_id: ORGANIZATION,
    scopes: [...SCOPES],
    expires_at: null,
    comment: null,
    created_at: "2026-01-01T00:00:00Z",
  });
}

async function migrate(db: Database): Promise<void> {
  for (const file of globSync("migrations/*.sql", { cwd: ROOT }).toSorted()) {
    await db.run(...(await readFile(join(ROOT, file), "utf8")).split(STATEMENT_BREAKPOINT).map((sql) => ({ sql })));
  }
}
