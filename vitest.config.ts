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
            miniflare: {
              bindings: { TEST_MIGRATIONS: migrations, PROPERTY_CASES: process.env["PROPERTY_CASES"] ?? "200" },
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/**/*.test.ts"],
          exclude: ["test/sdk/**", "test/scripts/**", "test/reference/**", "test/growth/**"],
          setupFiles: ["test/support/setup.ts"],
          isolate: false,
          maxWorkers: 1,
          testTimeout: process.env["PROPERTY_CASES"] === undefined ? 120_000 : 3_600_000,
        },
      },
      {
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
