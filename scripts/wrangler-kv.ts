import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TokenNamespace } from "../src/auth/records.ts";
import { CONFIG, withConfig } from "./wrangler-config.ts";

const run = promisify(execFile);
/** The path of wrangler's program. */
export const WRANGLER = fileURLToPath(new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url));
/** The default folder of the local data. */
export const STATE = fileURLToPath(new URL("../.wrangler/state", import.meta.url));

/** An error that wrangler reported, with the text that it printed. */
class WranglerError extends Error {}

/** A local D1 database, as far as commands use it. */
export type LocalDatabase = {
  prepare(sql: string): LocalStatement;
  batch(statements: LocalStatement[]): Promise<unknown>;
};
type LocalStatement = {
  all(): Promise<{ results: Record<string, unknown>[] }>;
};

/** Calls a function with the local data, which is opened in this process. */
export async function withLocalData<T>(
  persistTo: string | undefined,
  use: (data: { DB: LocalDatabase; TOKENS: TokenNamespace }) => Promise<T>,
): Promise<T> {
  // Imported here because it takes most of a second to load.
  const { getPlatformProxy, unstable_readConfig: readConfig } = await import("wrangler");
  const { compatibility_date, d1_databases, kv_namespaces } = readConfig({ config: CONFIG });
  // With the whole configuration, wrangler warns that the Durable Object's class is missing.
  return withFile(JSON.stringify({ compatibility_date, d1_databases, kv_namespaces }), async (configPath) => {
    const proxy = await getPlatformProxy<{ DB: LocalDatabase; TOKENS: TokenNamespace }>({
      configPath,
      persist: { path: join(persistTo ?? STATE, "v3") },
      remoteBindings: false,
    });
    try {
      return await use(proxy.env);
    } finally {
      await proxy.dispose();
    }
  });
}

/**
 * Calls a function with the TOKENS namespace of a deployed Worker, which wrangler's commands write.
 * @param name the name that was given to npm run deploy, if any
 */
export async function withDeployedTokens<T>(
  name: string | undefined,
  use: (kv: Pick<TokenNamespace, "put" | "delete">) => Promise<T>,
): Promise<T> {
  const where = ["--binding", "TOKENS", "--remote"];
  return withConfig(name, (config) =>
    use({
      async put(key, value, options) {
        const expiration = options?.expiration === undefined ? [] : ["--expiration", String(options.expiration)];
        await wrangler(["kv", "key", "put", key, value, ...expiration, ...where], config);
      },
      async delete(key) {
        await wrangler(["kv", "key", "delete", key, ...where], config);
      },
    }),
  );
}

async function withFile<T>(content: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "edgemeter-"));
  try {
    const path = join(folder, "content.json");
    await writeFile(path, content);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Runs wrangler with a configuration and returns its standard output.
 * @throws WranglerError with what it printed
 */
export async function wrangler(args: string[], config = CONFIG): Promise<string> {
  try {
    const { stdout } = await run(process.execPath, [WRANGLER, ...args, "--config", config], {
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", NO_COLOR: "1" },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stderr = "", stdout = "" } = error as { stderr?: string; stdout?: string };
    throw new WranglerError((stderr + stdout).trim(), { cause: error });
  }
}
