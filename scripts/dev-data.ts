import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { putOperatorKey } from "../src/auth/operator-keys.ts";
import { SCOPES } from "../src/auth/principal.ts";
import { hashToken, newToken, tokenOf } from "../src/auth/token.ts";
import type { LocalOperator } from "./local-operator.ts";
import { askOperator } from "./operator.ts";
import { ROOT } from "./wrangler-config.ts";
import { type LocalDatabase, STATE, withLocalData } from "./wrangler-kv.ts";

/** The organization and the token that `npm run dev` always creates; they exist in local data only. */
export const DEMO_ORGANIZATION = "de300000-0000-4000-8000-000000000000";
const DEMO_TOKEN_ID = "de300000-0000-4000-8000-000000000001";
/** The token of the demo organization. */
export const DEMO_TOKEN = tokenOf("LocalDemoTokenForDevelopmentOnly00000");

/** Seconds for which a key of the local server is valid: longer than any server runs. */
const KEY_LIFETIME = 30 * 86_400;

const MIGRATIONS = join(ROOT, "migrations");

/**
 * Applies the migrations that the local data lacks.
 * @param persistTo the folder of the local data, if it is not the default one
 * @returns a new key for all of an operator's operations
 * @throws an Error that says what to delete when another version has made the data
 */
export async function prepareData(persistTo: string | undefined): Promise<string> {
  const key = newToken();
  // wrangler's command for migrations would start a runtime for each statement.
  await withLocalData(persistTo, async ({ DB, TOKENS }) => {
    const missing = await findMissing(DB, persistTo ?? relative("", STATE));
    for (const name of missing) await applyMigration(DB, name);
    await putOperatorKey(TOKENS, key, { organization_id: null, operation: null }, KEY_LIFETIME);
  });
  return key;
}

/** Creates the demo token in the running Worker, unless its organization has it. */
export async function createDemoToken({ url, key }: LocalOperator): Promise<void> {
  const ask = askOperator(`${url}/operator/organizations/${DEMO_ORGANIZATION}`, async () => key);
  const body = { id: DEMO_TOKEN_ID, hash: await hashToken(DEMO_TOKEN), scopes: SCOPES };
  await ask("tokens/create", { ...body, comment: "local demo", expires_in: null, store: null });
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
