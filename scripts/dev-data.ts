import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { SCOPES } from "../src/auth/principal.ts";
import { putToken } from "../src/auth/records.ts";
import { tokenOf } from "../src/auth/token.ts";
import { ROOT } from "./wrangler-config.ts";
import { type LocalDatabase, STATE, withLocalData } from "./wrangler-kv.ts";

/** The organization and the token that `npm run dev` always creates; they exist in local data only. */
export const DEMO_ORGANIZATION = "de300000-0000-4000-8000-000000000000";
/** The token of the demo organization. */
export const DEMO_TOKEN = tokenOf("LocalDemoTokenForDevelopmentOnly00000");

const DEMO_RECORD = {
  id: "de300000-0000-4000-8000-000000000001",
  organization_id: DEMO_ORGANIZATION,
  scopes: [...SCOPES],
  expires_at: null,
  comment: "local demo",
  created_at: "2026-01-01T00:00:00.000Z",
};

const MIGRATIONS = join(ROOT, "migrations");

/**
 * Applies the migrations that the local data lacks, and creates the demo token.
 * @param persistTo the folder of the local data, if it is not the default one
 * @throws an Error that says what to delete when another version has made the data
 */
export async function prepareData(persistTo: string | undefined): Promise<void> {
  // wrangler's command for migrations would start a runtime of its own for each of its statements.
  await withLocalData(persistTo, async ({ DB, TOKENS }) => {
    const missing = await findMissing(DB, persistTo ?? relative("", STATE));
    for (const name of missing) await applyMigration(DB, name);
    await putToken(TOKENS, DEMO_TOKEN, DEMO_RECORD);
  });
}

/** Finds the migrations that are not applied, in the table in which `wrangler d1 migrations apply` records them too. */
async function findMissing(database: LocalDatabase, folder: string): Promise<string[]> {
  await database
    .prepare(
      `CREATE TABLE IF NOT EXISTS d1_migrations(
         id         INTEGER PRIMARY KEY AUTOINCREMENT,
         name       TEXT UNIQUE,
         applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
       )`,
    )
    .all();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
  const applied = new Set(results.map(({ name }) => name));
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql"));
  if ([...applied].some((name) => !names.includes(String(name)))) {
    throw new Error(`The local data was made by another version: delete ${folder}`);
  }
  return names.filter((name) => !applied.has(name)).toSorted();
}

/** Applies a migration and records it, in one transaction. */
async function applyMigration(database: LocalDatabase, name: string): Promise<void> {
  const { unstable_splitSqlQuery: statementsOf } = await import("wrangler");
  const statements = statementsOf(await readFile(join(MIGRATIONS, name), "utf8"));
  statements.push(`INSERT INTO d1_migrations (name) VALUES ('${name}')`);
  await database.batch(statements.map((sql) => database.prepare(sql))).catch((error: unknown) => {
    throw new Error(`migrations/${name} can't be applied: ${String(error)}`, { cause: error });
  });
}
