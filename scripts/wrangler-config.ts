import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this project. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** The configuration of the deployment that has no other name. */
export const CONFIG = join(ROOT, "wrangler.toml");

/** The parts of a configuration that two deployments must not share. */
type RawConfig = {
  name: string;
  main: string;
  assets: { directory: string };
  d1_databases: { database_name: string; database_id?: string; migrations_dir: string }[];
  kv_namespaces: { id?: string }[];
  r2_buckets?: { binding: string; bucket_name?: string }[];
};

/** Returns whether a text can be the name of a Worker and of its database. */
export function isWorkerName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$/.test(name);
}

/**
 * Calls a function with the path of a configuration: of `wrangler.toml`, or, with a name, of a copy in which the Worker,
 * its database, its namespace and its buckets have this name. The copy has no routes, because those belong to the original.
 */
export async function withConfig<T>(
  name: string | undefined,
  use: (path: string) => Promise<T>,
  original = CONFIG,
): Promise<T> {
  if (name === undefined) return use(original);
  // Imported here because it takes most of a second to load.
  const { experimental_readRawConfig: readRawConfig } = await import("wrangler");
  const raw = (await readRawConfig({ config: original })).rawConfig as unknown as RawConfig;
  await mkdir(join(ROOT, ".wrangler"), { recursive: true });
  // In a folder of its own, because wrangler creates files next to a configuration.
  const folder = await mkdtemp(join(ROOT, ".wrangler/name-"));
  try {
    const path = join(folder, "wrangler.json");
    await writeFile(path, JSON.stringify(renamed(raw, name), null, 2));
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function renamed(raw: RawConfig, name: string): object {
  const routing = { route: undefined, routes: undefined, workers_dev: undefined };
  return {
    ...raw,
    ...routing,
    name,
    main: resolve(ROOT, raw.main),
    assets: { ...raw.assets, directory: resolve(ROOT, raw.assets.directory) },
    d1_databases: raw.d1_databases.map((database) => ({
      ...database,
      database_id: undefined,
      database_name: name,
      migrations_dir: resolve(ROOT, database.migrations_dir),
    })),
    kv_namespaces: raw.kv_namespaces.map((namespace) => ({ ...namespace, id: undefined })),
    r2_buckets: raw.r2_buckets?.map((bucket) => ({
      ...bucket,
      bucket_name: `${name}-${bucket.binding.toLowerCase()}`,
    })),
  };
}
