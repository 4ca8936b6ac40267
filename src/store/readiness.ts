import { sql } from "drizzle-orm";
import type { StoreKind } from "./kinds.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { OpenStore } from "./store.ts";

/** No organization's: the name under which stores are opened to find out whether they work. */
const organizationId = "readyz";

/**
 * Finds out whether stores of a kind answer: D1 has every migration that this code needs, an object migrates itself.
 * @throws what the store throws, and an Error when a migration is missing
 */
export const requireStore: Record<StoreKind, (openStore: OpenStore, env: Env) => Promise<void>> = {
  async d1(openStore, env) {
    // The table in which wrangler notes what it has applied.
    const applied = sql<{ name: string }>`SELECT name FROM d1_migrations`;
    const [rows] = await openStore(env, { organizationId, store: "d1" }).read([applied]);
    const missing = MIGRATIONS.find(({ name }) => !rows.some((row) => row.name === name));
    if (missing !== undefined) throw new Error(`a migration is missing: ${missing.name}`);
  },
  async object(openStore, env) {
    await openStore(env, { organizationId, store: "object" }).read([sql`SELECT 1`]);
  },
};
