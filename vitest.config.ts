import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

const migrations = await readD1Migrations("migrations");

/** The tests of the Worker in workerd, on one of its stores. */
function workerProject(name: string, bindings: Record<string, string>, exclude: string[] = []) {
  return {
    plugins: [
      cloudflareTest({
        wrangler: { configPath: "./wrangler.toml" },
        miniflare: {
          bindings: { TEST_MIGRATIONS: migrations, ...bindings },
          ratelimits: { TEST_LIMITER: { namespace_id: "1", simple: { limit: 3, period: 60 } } },
          r2Buckets: ["ARCHIVE"],
        },
      }),
    ],
    test: {
      name,
      include: ["test/**/*.test.ts"],
      exclude: ["test/sdk/**", "test/scripts/**", "test/reference/**", "test/growth/**", ...exclude],
      setupFiles: ["test/support/setup.ts"],
      isolate: false,
      // Both stores at once.
      maxWorkers: 2,
      testTimeout: process.env["PROPERTY_CASES"] === undefined ? 120_000 : 600_000,
    },
  };
}

export default defineConfig({
  test: {
    silent: "passed-only",
    projects: [
      workerProject("worker", { STORE: "d1", PROPERTY_CASES: process.env["PROPERTY_CASES"] ?? "60" }, [
        "test/store/object*.test.ts",
      ]),
      workerProject(
        "worker-object",
        { STORE: "object", PROPERTY_CASES: process.env["PROPERTY_CASES"] ?? "20" },
        // The cron trigger is for D1; the others are about the wire, the document and headers.
        ["test/schedule.test.ts", "test/{time,tokens,wire,openapi}/**", "test/security/caches-and-logs.test.ts"],
      ),
      {
        // As in the Worker, the files of migrations are texts.
        plugins: [
          {
            name: "sql",
            transform: (text: string, id: string) =>
              id.endsWith(".sql") ? `export default ${JSON.stringify(text)}` : null,
          },
        ],
        test: {
          name: "node",
          // Each file starts a server or a browser of its own: one after the other, on machines of any size.
          maxWorkers: 1,
          setupFiles: ["test/sdk/conforming.ts"],
          sequence: { groupOrder: 1 },
          include: ["test/{growth,sdk,scripts,reference}/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
