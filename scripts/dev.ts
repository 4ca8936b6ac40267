import { relative } from "node:path";
import { parseArgs } from "node:util";
import { createDemoToken, DEMO_ORGANIZATION, DEMO_TOKEN, prepareData } from "./dev-data.ts";
import { lockData } from "./dev-lock.ts";
import { requireFreePort, serve } from "./dev-server.ts";
import { type LocalOperator, removeLocalOperator, writeLocalOperator } from "./local-operator.ts";
import { STATE } from "./wrangler-kv.ts";

const HELP = `Usage: npm run dev -- [options]

Runs Edgemeter on this machine and prints how to call it.

  --port <number>        where it listens; 8787, or the next free one
  --persist-to <folder>  where its data is; .wrangler/state
  --var <NAME:value>     a variable of the Worker, such as STORE:object

Further options are those of wrangler dev: npx wrangler dev --help
`;

/**
 * Prepares the local data, runs `wrangler dev` with the given arguments, and prints how to call the API.
 * Unlike plain `wrangler dev` it calls the cron handler every minute, logs each request once, and ends every process that it
 * started.
 */
async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      help: { type: "boolean", short: "h" },
      ip: { type: "string", default: "localhost" },
      port: { type: "string" },
      "persist-to": { type: "string" },
    },
  });
  if (values.help === true) return void process.stdout.write(HELP);
  const persistTo = typeof values["persist-to"] === "string" ? values["persist-to"] : undefined;
  const folder = persistTo ?? relative("", STATE);
  const signal = stopSignal();
  try {
    if (values.port !== undefined) await requireFreePort(String(values.port), String(values.ip));
    const release = await lockData(folder, signal);
    step("Preparing the local database…");
    const key = await prepareData(persistTo);
    if (!signal.aborted) {
      step("Starting the Worker…");
      process.exitCode = await serve(
        [...args, "--var", `DEMO_TOKEN:${DEMO_TOKEN}`],
        signal,
        (url) => void greet({ url, key }, folder, release),
      );
      await removeLocalOperator(folder, key);
    }
  } catch (error) {
    // Ctrl-C also reaches the runtime that prepares the data, which then fails.
    if (!signal.aborted) throw error;
  }
  if (signal.aborted) process.stdout.write(`Stopped. The local data is kept in ${folder}.\n`);
  process.exit();
}

function step(text: string): void {
  process.stdout.write(`${text}\n`);
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

/** Lets other commands call the Worker, creates the demo token, releases the lock, and prints how to use the API. */
async function greet(operator: LocalOperator, folder: string, release: () => void): Promise<void> {
  try {
    await writeLocalOperator(folder, operator);
    await createDemoToken(operator);
  } catch (error) {
    step(`The demo token could not be created: ${String(error)}`);
  }
  release();
  process.stdout.write(welcome(operator.url));
}

function welcome(url: string): string {
  return `
Edgemeter runs at ${url}
Reference     ${url}/ (in a browser)
Console       ${url}/console/ (in a browser)
Element       ${url}/portal/demo/ (what customers see)
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
