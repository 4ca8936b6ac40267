import { relative } from "node:path";
import { parseArgs } from "node:util";
import { putToken, SCOPES } from "../src/tokens/records.ts";
import { tokenOf } from "../src/tokens/token.ts";
import { lockData } from "./dev-lock.ts";
import { serve } from "./dev-server.ts";
import { STATE, withTokens, wrangler } from "./wrangler-kv.ts";

/** The organization and the token that `npm run dev` always creates; they exist in local data only. */
const DEMO_ORGANIZATION = "de300000-0000-4000-8000-000000000000";
const DEMO_TOKEN = tokenOf("LocalDemoTokenForDevelopmentOnly00000");

const DEMO_RECORD = {
  id: "de300000-0000-4000-8000-000000000001",
  organization_id: DEMO_ORGANIZATION,
  scopes: [...SCOPES],
  expires_at: null,
  comment: "local demo",
  created_at: "2026-01-01T00:00:00.000Z",
};

/**
 * Prepares the local data, runs `wrangler dev` with the given arguments, and prints how to call the API.
 * Unlike plain `wrangler dev` it restarts the server when it ends by itself, calls the cron handler every minute, logs each
 * request once, and ends every process that it started.
 */
async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, strict: false, options: { "persist-to": { type: "string" } } });
  const persistTo = typeof values["persist-to"] === "string" ? values["persist-to"] : undefined;
  const folder = persistTo ?? relative("", STATE);
  const signal = stopSignal();
  try {
    const release = await lockData(folder, signal);
    await prepare(persistTo);
    if (!signal.aborted) process.exitCode = await serve(args, signal, greet(release));
  } catch (error) {
    // Ctrl-C also reaches the commands that prepare the data, which then fail.
    if (!signal.aborted) throw error;
  }
  if (signal.aborted) process.stdout.write(`Stopped. The local data is kept in ${folder}.\n`);
  process.exit();
}

/** Aborts on Ctrl-C, on a termination signal, and when the npm that started this script is gone. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => controller.abort());
  // npm sends a signal only to the shell that runs this script, and the shell does not forward it.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid !== parent && controller.abort(), 500);
  if (process.env["npm_lifecycle_event"] !== "dev") clearInterval(watch);
  watch.unref();
  return controller.signal;
}

async function prepare(persistTo: string | undefined): Promise<void> {
  const where = ["--local", ...(persistTo === undefined ? [] : ["--persist-to", persistTo])];
  await wrangler(["d1", "migrations", "apply", "DB", ...where]);
  await withTokens({ remote: false, persistTo }, (kv) => putToken(kv, DEMO_TOKEN, DEMO_RECORD));
}

/** Releases the lock once the server has its port, and prints the welcome the first time. */
function greet(release: () => void): (url: string) => void {
  let known: string | undefined;
  return (url) => {
    release();
    process.stdout.write(url === known ? `Edgemeter runs at ${url} again.\n` : welcome(url));
    known = url;
  };
}

function welcome(url: string): string {
  return `
Edgemeter runs at ${url}
Reference     ${url}/ (in a browser)
Organization  ${DEMO_ORGANIZATION}
Token         ${DEMO_TOKEN}

Create a meter:

curl -s ${url}/v1/meters/ \\
  -H 'Authorization: Bearer ${DEMO_TOKEN}' \\
  -H 'Content-Type: application/json' \\
  -d '{"name":"AI tokens","filter":{"conjunction":"and","clauses":[{"property":"name","operator":"eq","value":"ai_usage"}]},"aggregation":{"func":"sum","property":"total_tokens"}}'

`;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
