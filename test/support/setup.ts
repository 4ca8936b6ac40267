import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, vi } from "vitest";

beforeEach(async () => {
  await reset();
  // Work that goes on behind a test's answers can keep a database from being emptied at once.
  while ((await env.DB.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'events'").first("n")) !== 0) {
    console.error("The database was not empty: it is emptied again.");
    await reset();
  }
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});
