import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { putToken, SCOPES } from "../src/tokens/store.ts";
import { tokenOf } from "../src/tokens/token.ts";
import { withTokens, WRANGLER, wrangler } from "./wrangler-kv.ts";

/** The organization and the token that every local start has; they exist in local data only. */
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

/** Prepares the local data, then runs `wrangler dev` with whatever arguments were given, and says how to call it. */
async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, strict: false, options: { "persist-to": { type: "string" } } });
  const persistTo = typeof values["persist-to"] === "string" ? values["persist-to"] : undefined;
  const where = ["--local", ...(persistTo === undefined ? [] : ["--persist-to", persistTo])];
  await wrangler(["d1", "migrations", "apply", "DB", ...where]);
  await withTokens({ remote: false, persistTo }, (kv) => putToken(kv, DEMO_TOKEN, DEMO_RECORD));
  serve(args);
}

function serve(args: string[]): void {
  const child = spawn(process.execPath, [WRANGLER, "dev", "--show-interactive-dev-session=false", ...args], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    stdio: ["inherit", "pipe", "inherit"],
  });
  let seen = "";
  child.stdout.on("data", (chunk: Buffer) => {
    process.stdout.write(chunk);
    if (seen === "ready") return;
    seen += chunk.toString();
    const url = /Ready on (https?:\/\/\S+)/.exec(seen)?.[1];
    if (url === undefined) return;
    seen = "ready";
    process.stdout.write(welcome(url));
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    if (code) process.stderr.write("wrangler dev ended. Run npm run dev again: the local data is kept.\n");
    process.exit(code ?? 0);
  });
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

await main(process.argv.slice(2));
