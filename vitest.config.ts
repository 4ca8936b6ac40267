import { existsSync, globSync, statfsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The pool loads wrangler and miniflare, whose parsing takes half a second; so do the commands that tests start.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "node-compile-cache");
enableCompileCache(process.env["NODE_COMPILE_CACHE"]);

const MEMORY = "/dev/shm";
/** The room that databases of tests need at most, with that of a browser: containers often have less. */
const ROOM = 2 ** 30;
// On a disk, most of a test's time is waiting until each transaction is written.
if (existsSync(MEMORY)) {
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize >= ROOM) process.env["TMPDIR"] = MEMORY;
}
const { cloudflareTest, readD1Migrations } = await import("@cloudflare/vitest-pool-workers");
const { Response } = await import("miniflare");

const migrations = await readD1Migrations("migrations");

/** Property tests, tests of many cases, and of what few changes touch: `npm test` leaves them to `npm run test:all`. */
const LONG = [
  "test/**/*.property.test.ts",
  "test/{alerts,customer-portal,customer-sessions,export,jobs,openapi,operator,organization,outbox,retention,security,webhooks}/**/*.test.ts",
  "test/organization-access-tokens/**/*.test.ts",
  "test/auth/{homes,rate-limit}.test.ts",
  "test/customer-meters/{concurrency,functions,idempotency,resets}.test.ts",
  "test/customers/{email,erase,generations,linked-totals}.test.ts",
  "test/engine/{amounts,budget,catch-up,filter,plans,scan-cost}.test.ts",
  "test/events/{costs,long-log}.test.ts",
  "test/http/{cursor,names,page,request-log}.test.ts",
  "test/meters/{faults,groups,preview,warnings}.test.ts",
  "test/store/{choice,erase-organization,full,limits,taken}.test.ts",
  "test/time/interval.test.ts",
];
/** Tests for which it matters in which store the data is. */
const ABOUT_STORES = [
  "test/{alerts,export,holds,organization,outbox,retention,store}/**/*.test.ts",
  "test/webhooks/deliver.test.ts",
  "test/engine/{balances,balances.property,catch-up,dimensions.property,quantities.property,redefine}.test.ts",
  "test/customer-meters/{concurrency,consume,credits,enforcement.property,idempotency}.test.ts",
  "test/operator/{restore,tokens}.test.ts",
  "test/organization-access-tokens/{delete,move,revocation.property}.test.ts",
  "test/{customers,events,meters,jobs}/{costs,delete,erase,erase.property,faults,forget-keys,generations,generations.property,idempotency,append,counted.property,linked-totals,state}.test.ts",
];
/** Tests that run in Node: most of them start servers, browsers and commands. */
const IN_NODE = ["test/{client,console,growth,portal,reference,scripts,sdk}/**/*.test.ts"];
/** Those that `npm test` runs: both generations of the SDK and the console against a running server, and what needs no server. */
const QUICK_IN_NODE = [
  "test/console/smoke.test.ts",
  "test/sdk/sdk.test.ts",
  "test/client/{requests,retries}.test.ts",
  "test/reference/prose.test.ts",
  "test/scripts/{check-imports,operations,security,statistics}.test.ts",
];

/** Loaded as one file each: most of the time until the first test is that of loading modules one by one. */
const BUNDLED = [
  "@cfworker/json-schema",
  "@hono/zod-validator",
  "drizzle-orm",
  "drizzle-orm/sqlite-core",
  "fast-check",
  "hono",
  "hono/accepts",
  "hono/cors",
  "hono/factory",
  "hono/method-not-allowed",
  "hono/quick",
  "hono/request-id",
  "hono/route",
  "hono/utils/url",
  "zod/mini",
];

/** Transforms the Worker's modules while workerd starts, which then loads them one after the other. */
const transformEarly: Plugin = {
  name: "transform-early",
  configureServer: ({ environments }) => {
    const modules = globSync("src/**/*.ts").filter((path) => !path.includes("openapi"));
    for (const path of modules) void environments.ssr.warmupRequest(`/${path}`);
  },
};

/** Tests of the Worker in workerd, on one of its stores; property tests try `cases` cases unless PROPERTY_CASES says how many. */
function workerProject(name: string, store: string, cases: string, include: string[], exclude: string[]) {
  return {
    // The API's document is half a megabyte, which is read faster as one text.
    json: { stringify: true as const },
    plugins: [
      transformEarly,
      cloudflareTest({
        wrangler: { configPath: "./wrangler.toml" },
        miniflare: {
          bindings: {
            TEST_MIGRATIONS: migrations,
            STORE: store,
            PROPERTY_CASES: process.env["PROPERTY_CASES"] ?? cases,
          },
          ratelimits: { TEST_LIMITER: { namespace_id: "1", simple: { limit: 3, period: 60 } } },
          r2Buckets: ["TEST_EXPORT"],
          // What tests send to the internet arrives nowhere.
          outboundService: () => new Response(null, { status: 204 }),
        },
      }),
    ],
    test: {
      name,
      include,
      exclude: [...IN_NODE, ...exclude],
      setupFiles: ["test/support/setup.ts"],
      isolate: false,
      testTimeout: process.env["PROPERTY_CASES"] === undefined ? 120_000 : 600_000,
      deps: { optimizer: { ssr: { enabled: true, include: BUNDLED } } },
    },
  };
}

function nodeProject(name: string, include: string[], exclude: string[], globalSetup: string[]) {
  return {
    // As in the Worker, the files of migrations are texts.
    plugins: [
      {
        name: "sql",
        transform: (text: string, id: string) =>
          id.endsWith(".sql") ? `export default ${JSON.stringify(text)}` : null,
      },
    ],
    test: {
      name,
      include,
      exclude,
      // Files of one process share a browser, and the modules of wrangler and the SDKs.
      isolate: false,
      globalSetup,
      setupFiles: ["test/sdk/conforming.ts"],
      testTimeout: 120_000,
      // A server starts slowly where other programs keep the processors busy.
      hookTimeout: 240_000,
    },
  };
}

export default defineConfig({
  test: {
    silent: "passed-only",
    // In one group, which keeps all workers busy until the last file. One waits for a server or a browser most of the time.
    maxWorkers: 3,
    projects: [
      // The tests of objects have STORE = "object".
      workerProject("worker", "d1", "8", ["test/**/*.test.ts"], [...LONG, "test/store/object*.test.ts"]),
      nodeProject("node", QUICK_IN_NODE, [], ["test/sdk/shared-server.ts"]),
      workerProject("long", "d1", "30", LONG, ["test/store/object*.test.ts"]),
      workerProject("object", "object", "5", ABOUT_STORES, ["test/store/choice.test.ts"]),
      nodeProject("servers", IN_NODE, QUICK_IN_NODE, ["test/sdk/shared-server.ts"]),
    ],
  },
});
