import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

const migrations = await readD1Migrations("migrations");

export default defineConfig({
  test: {
    silent: "passed-only",
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { TEST_MIGRATIONS: migrations, RUNS: process.env["RUNS"] ?? "200" } },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/**/*.test.ts"],
          exclude: ["test/sdk/**", "test/scripts/**", "test/reference/**"],
          setupFiles: ["test/support/setup.ts"],
          isolate: false,
          maxWorkers: 1,
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: "node",
          maxWorkers: 2,
          setupFiles: ["test/sdk/conforming.ts"],
          sequence: { groupOrder: 1 },
          include: ["test/{sdk,scripts,reference}/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
