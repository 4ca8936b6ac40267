import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { prepareData } from "../../scripts/dev-data.ts";
import { withLocalData } from "../../scripts/wrangler-kv.ts";

const folder = mkdtempSync(join(tmpdir(), "edgemeter-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

describe("The local data", () => {
  it("is refused, in one line, when another version has made it", async ({ expect }) => {
    const older = [
      "CREATE TABLE meters (id TEXT PRIMARY KEY)",
      "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied_at TEXT)",
      "INSERT INTO d1_migrations (name) VALUES ('0000_meters.sql')",
    ];
    await withLocalData(folder, ({ DB }) => DB.batch(older.map((sql) => DB.prepare(sql))));
    await expect(prepareData(folder)).rejects.toThrow(`The local data was made by another version: delete ${folder}`);
  });

  it("is made in an empty folder, and not again", async ({ expect }) => {
    const empty = join(folder, "empty");
    await prepareData(empty);
    await expect(prepareData(empty)).resolves.toMatch(/^em_oat_/);
  });
});
