import { sql } from "drizzle-orm";
import type { StoreKind } from "./kinds.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { OpenStore } from "./store.ts";

/** The name under which stores are opened for the check; no organization has it. */
const organizationId = "readyz";

/**
 * Checks that a store of each kind answers. D1 must have every migration; an object migrates itself.
 * @throws what the store throws, and an Error when a migration is missing
 */
export const requireStore: Record<StoreKind, (openStore: OpenStore, env: Env) => Promise<void>> = {
  async d1(openStore, env) {
    // wrangler records applied migrations in this table.
    const applied = sql<{ name: string }>`SELECT name FROM d1_migrations`;
    const [rows] = await openStore(env, { organizationId, store: "d1" }).read([applied]);
    const missing = MIGRATIONS.find(({ name }) => !rows.some((row) => row.name === name));
    if (missing !== undefined) throw new Error(`a migration is missing: ${missing.name}`);
  },
  async object(openStore, env) {
    await openStore(env, { organizationId, store: "object" }).read([sql`SELECT 1`]);
  },
};
