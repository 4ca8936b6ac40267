import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, vi } from "vitest";
import { beginWatch, leaks } from "./log-watch.ts";

async function isEmpty(): Promise<boolean> {
  const tables = env.DB.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'events'").first("n");
  return (await tables) === 0 && (await env.TOKENS.list({ limit: 1 })).keys.length === 0;
}

const MIGRATIONS_TABLE = `CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

/** Applies all migrations in one transaction, as wrangler would one after the other: there are thousands of tests. */
async function applyMigrations(): Promise<void> {
  const applied = env.DB.prepare("INSERT INTO d1_migrations (name) VALUES (?)");
  const statements = env.TEST_MIGRATIONS.flatMap(({ name, queries }) => [
    ...queries.map((query) => env.DB.prepare(query)),
    applied.bind(name),
  ]);
  await env.DB.batch([env.DB.prepare(MIGRATIONS_TABLE), ...statements]);
}

/** The reset of a test leaves R2 as it is. */
async function emptyArchive(): Promise<void> {
  const { objects } = await env.ARCHIVE.list();
  if (objects.length > 0) await env.ARCHIVE.delete(objects.map(({ key }) => key));
}

beforeEach(async () => {
  beginWatch();
  await reset();
  // Work that goes on behind a test's answers can keep a database from being emptied at once.
  while (!(await isEmpty())) {
    console.error("The database was not empty: it is emptied again.");
    await reset();
  }
  await applyMigrations();
  await emptyArchive();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  // Whatever a test is about: no line of the Worker's log has what the test sent.
  const found = leaks();
  if (found.length > 0) throw new Error(`the log has what only the caller may know: ${found.join("; ")}`);
});
