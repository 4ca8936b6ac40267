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

/** Which data a command uses: this machine's, optionally in another folder, or Cloudflare's, optionally of another name. */
export type Place = { remote: boolean; persistTo?: string | undefined; name?: string | undefined };

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

/** Calls a function with the TOKENS namespace: local data is opened in this process, Cloudflare's through wrangler's CLI. */
export async function withTokens<T>(place: Place, use: (kv: TokenNamespace) => Promise<T>): Promise<T> {
  if (place.remote) return withConfig(place.name, (config) => use(remoteTokens(config)));
  return withLocalData(place.persistTo, ({ TOKENS }) => use(TOKENS));
}

/** Calls a function with the local data, which is opened in this process. */
export async function withLocalData<T>(
  persistTo: string | undefined,
  use: (data: { DB: LocalDatabase; TOKENS: TokenNamespace }) => Promise<T>,
): Promise<T> {
  // Imported only here because it takes most of a second to load.
  const { getPlatformProxy, unstable_readConfig: readConfig } = await import("wrangler");
  const { compatibility_date, d1_databases, kv_namespaces } = readConfig({ config: CONFIG });
  // With the whole configuration wrangler warns that the class of the objects is not in this process.
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

function remoteTokens(config: string): TokenNamespace {
  const where = ["--binding", "TOKENS", "--remote"];
  const getMany = async (keys: string[]) => {
    const output = await withFile(JSON.stringify(keys), (file) =>
      wrangler(["kv", "bulk", "get", file, ...where], config),
    );
    const found: Record<string, { value: string | null }> = JSON.parse(output.slice(output.indexOf("{")));
    return new Map(keys.map((key) => [key, found[key]?.value ?? null]));
  };
  return {
    get: (async (key: string | string[]) =>
      Array.isArray(key) ? getMany(key) : (await getMany([key])).get(key)) as TokenNamespace["get"],
    async put(key, value, options) {
      const expiration = options === undefined ? [] : ["--expiration", String(options.expiration)];
      await wrangler(["kv", "key", "put", key, value, ...expiration, ...where], config);
    },
    async list({ prefix }) {
      const keys = JSON.parse(await wrangler(["kv", "key", "list", "--prefix", prefix, ...where], config));
      return { keys, list_complete: true };
    },
  };
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
