import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";

/** The folder of this project. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** The configuration of the deployment that has no other name. */
export const CONFIG = join(ROOT, "wrangler.toml");

/** A D1 database of a configuration; without an id wrangler finds it by its name. */
export type Database = { database_name: string; database_id?: string | undefined; migrations_dir: string };

/** The parts of a configuration that two deployments must not share, as they are written. */
type Config = {
  name: string;
  main: string;
  assets: { directory: string };
  d1_databases: Database[];
  kv_namespaces: { id?: string | undefined }[];
  r2_buckets?: { binding: string; bucket_name?: string }[];
};

/** Returns whether a text can be the name of a Worker and of its database. */
export function isWorkerName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$/.test(name);
}

/**
 * Calls a function with a configuration and its path: `wrangler.toml`, or, with a name, a copy in which the Worker, its
 * database, its namespace and its buckets have this name. The copy has no routes, because those belong to the original.
 */
export async function withConfig<T>(
  name: string | undefined,
  use: (path: string, config: Config) => Promise<T>,
  original = CONFIG,
): Promise<T> {
  // Not read by wrangler, which takes most of a second to load.
  const config = parse(await readFile(original, "utf8")) as Config;
  if (name === undefined) return use(original, config);
  const copy = renamed(config, name);
  await mkdir(join(ROOT, ".wrangler"), { recursive: true });
  // In a folder of its own, because wrangler creates files next to a configuration.
  const folder = await mkdtemp(join(ROOT, ".wrangler/name-"));
  try {
    const path = join(folder, "wrangler.json");
    await writeFile(path, JSON.stringify(copy, null, 2));
    return await use(path, copy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function renamed(config: Config, name: string): Config {
  const routing = { route: undefined, routes: undefined, workers_dev: undefined };
  return {
    ...config,
    ...routing,
    name,
    main: resolve(ROOT, config.main),
    assets: { ...config.assets, directory: resolve(ROOT, config.assets.directory) },
    d1_databases: config.d1_databases.map((database) => ({
      ...database,
      database_id: undefined,
      database_name: name,
      migrations_dir: resolve(ROOT, database.migrations_dir),
    })),
    kv_namespaces: config.kv_namespaces.map((namespace) => ({ ...namespace, id: undefined })),
    r2_buckets: config.r2_buckets?.map((bucket) => ({
      ...bucket,
      bucket_name: `${name}-${bucket.binding.toLowerCase()}`,
    })),
  };
}
