import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, it } from "vitest";
import { findWrongImports } from "../../scripts/check-imports.ts";

let root = "";
afterEach(() => rmSync(root, { recursive: true }));

/** What is wrong with a source tree of one file that imports another. */
function wrongImports(file: string, specifier: string): string[] {
  root = mkdtempSync(join(tmpdir(), "edgemeter-"));
  mkdirSync(join(root, dirname(file)), { recursive: true });
  writeFileSync(join(root, file), `import { x } from "${specifier}";\n`);
  return findWrongImports(root);
}

describe("The check of import boundaries", () => {
  it.for([
    ["jobs/cron.ts", "../app.ts"],
    ["app.ts", "./jobs/cron.ts"],
    ["jobs/budget.ts", "../engine/rollups/catch-up.ts"],
    ["engine/rollups/catch-up.ts", "../../jobs/list.ts"],
    ["meters/create.ts", "../app.ts"],
    ["events/ingest.ts", "../meters/queries.ts"],
    ["events/ingest.ts", "../http/organization.ts"],
    ["customers/create.ts", "../events/queries.ts"],
    ["auth/authenticate.ts", "../events/queries.ts"],
    ["auth/authenticate.ts", "../store/d1.ts"],
    ["auth/authenticate.ts", "../engine/definition/filter.ts"],
    ["engine/definition/filter.ts", "../../http/page.ts"],
    ["engine/definition/filter.ts", "../../events/queries.ts"],
    ["store/d1.ts", "../engine/definition/filter.ts"],
    ["store/d1.ts", "../auth/records.ts"],
    ["auth/records.ts", "../http/env.ts"],
    ["wire/json.ts", "../errors.ts"],
    ["time/zone.ts", "../wire/json.ts"],
    ["errors.ts", "./log.ts"],
    ["meters/routes.ts", "./openapi.ts"],
    ["invoices/create.ts", "../store/store.ts"],
    ["engine/definition/filter.ts", "hono"],
    ["meters/routes.ts", "drizzle-orm"],
    ["http/page.ts", "drizzle-orm"],
    ["store/d1.ts", "zod/mini"],
    ["http/page.ts", "lodash"],
  ] as [string, string][])("refuses %s → %s", ([file, specifier], { expect }) => {
    expect(wrongImports(file, specifier)).toHaveLength(1);
  });

  it.for([
    ["index.ts", "./app.ts"],
    ["meters/preview.ts", "../events/queries.ts"],
    ["events/routes.ts", "../http/organization.ts"],
    ["events/ingest.ts", "../customers/queries.ts"],
    ["meters/preview.ts", "../customers/present.ts"],
    ["http/error-handler.ts", "../store/failures.ts"],
    ["engine/rollups/catch-up.ts", "../../store/store.ts"],
    ["engine/rollups/catch-up.ts", "../../jobs/budget.ts"],
    ["meters/openapi.ts", "../http/openapi.ts"],
    ["events/routes.ts", "hono/quick"],
  ] as [string, string][])("allows %s → %s", ([file, specifier], { expect }) => {
    expect(wrongImports(file, specifier)).toEqual([]);
  });
});
