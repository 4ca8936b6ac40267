import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { putOperatorKey } from "../src/auth/operator-keys.ts";
import { putToken, type TokenNamespace } from "../src/auth/records.ts";
import { GRANTS, tokenNamed } from "./principals.ts";

// Runs the Worker in a folder, on persistent data, until it is killed:
//   node hostile/runtime.ts <folder of the build> <folder of the data> <port> [new]

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const [build, data, port, isNew] = process.argv.slice(2) as [string, string, string, string?];
/** Milliseconds from one run of the schedule to the next. */
const SCHEDULE = 5000;

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    name: "edgemeter",
    modules: globSync("*.{js,sql}", { cwd: build }).map((path) => ({
      type: path.endsWith(".js") ? ("ESModule" as const) : ("Text" as const),
      path,
      contents: readFileSync(join(build, path), "utf8"),
    })),
    compatibilityDate: /compatibility_date = "(.+)"/.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))![1]!,
    host: "127.0.0.1",
    port: Number(port),
    kvNamespaces: { TOKENS: "tokens" },
    d1Databases: { DB: "edgemeter" },
    durableObjects: { ORGANIZATIONS: { className: "OrganizationObject", useSQLite: true } },
    resourcePersistencePath: data,
    // Lets webhooks be sent to a receiver on this machine.
    bindings: { WEBHOOKS_INSECURE: process.env["WEBHOOKS_INSECURE"] ?? "" },
    unsafeTriggerHandlers: true,
    handleStructuredLogs: ({ message }) => process.stdout.write(`${message}\n`),
    // Miniflare restarts a crashed workerd silently, so the parent process is told.
    unsafeHandleRuntimeRestart: () => process.exit(1),
  }),
);
await miniflare.ready;
// Only the first time, before any request: many of Miniflare's own calls can block each other.
if (isNew === "new") {
  await migrate();
  const tokens = (await miniflare.getKVNamespace("TOKENS")) as unknown as TokenNamespace;
  for (const [token, record] of GRANTS) await putToken(tokens, token, record);
  await putOperatorKey(tokens, tokenNamed("operator"), { organization_id: null, operation: null }, 86_400);
}
setInterval(() => void runSchedule(), SCHEDULE);
process.stdout.write("ready\n");

/** Runs the cron handler once. An error ends this process, so that it is noticed. */
async function runSchedule(): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/cdn-cgi/local/scheduled`);
  if (!answer.ok) throw new Error(`the schedule is answered ${answer.status}: ${await answer.text()}`);
}

/** Applies the migrations to D1. */
async function migrate(): Promise<void> {
  const db = await miniflare.getD1Database("DB");
  for (const file of globSync("migrations/*.sql", { cwd: ROOT }).toSorted()) {
    const statements = readFileSync(join(ROOT, file), "utf8").split("--> statement-breakpoint");
    await db.batch(statements.map((sql) => db.prepare(sql)));
  }
}
