import { sql } from "drizzle-orm";
import { MIGRATIONS } from "./migrations.ts";
import type { OpenStore } from "./store.ts";

/** No organization's: the name under which stores are opened to find out whether they work. */
const organizationId = "readyz";

/**
 * Finds out whether D1 answers and has every migration that this code needs.
 * @throws what D1 throws, and an Error when a migration is missing
 */
export async function requireD1(openStore: OpenStore, env: Env): Promise<void> {
  // The table in which wrangler notes what it has applied.
  const applied = sql<{ name: string }>`SELECT name FROM d1_migrations`;
  const [rows] = await openStore(env, { organizationId, store: "d1" }).read([applied]);
  const missing = MIGRATIONS.find(({ name }) => !rows.some((row) => row.name === name));
  if (missing !== undefined) throw new Error(`a migration is missing: ${missing.name}`);
}

/**
 * Finds out whether an object answers, one that has no organization. It migrates itself.
 * @throws what the object throws
 */
export async function requireObject(openStore: OpenStore, env: Env): Promise<void> {
  await openStore(env, { organizationId, store: "object" }).read([sql`SELECT 1`]);
}
