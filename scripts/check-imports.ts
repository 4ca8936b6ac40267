import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";

/** Modules that import no other module, not even its types. */
export const LEAVES = ["wire", "time", "bounded-map.ts", "errors.ts", "log.ts", "retry.ts", "sha256.ts"];

/** The modules of the metering engine. */
export const ENGINE = ["engine/upkeep", "engine/reading", "engine/rollups", "engine/definition"];

/**
 * The modules of src/ from top to bottom, and what each may import: only modules below it. A module is a folder of src/,
 * or a folder or file that has its own entry here; `store/failures.ts` allows the import of a single file.
 */
export const MODULES: [module: string, mayImport: string[]][] = [
  [
    "index.ts",
    ["app.ts", "operator", "pages", "organization-access-tokens", "organization-object.ts", "jobs", "store"],
  ],
  ["organization-object.ts", ["jobs", "export", "retention", "store"]],
  ["jobs", ["jobs/budget.ts", "webhooks", "export", "retention", "engine/rollups", "store", ...LEAVES]],
  [
    "app.ts",
    [
      "alerts",
      "holds",
      "customer-portal",
      "customer-sessions",
      "customer-meters",
      "meters",
      "events",
      "customers",
      "organization-access-tokens",
      "organization",
      "webhooks",
      "health",
      "http",
      "auth",
      "store/store.ts",
      ...LEAVES,
    ],
  ],
  [
    "operator",
    [
      "organization-access-tokens",
      "jobs/budget.ts",
      "export",
      "retention",
      ...ENGINE,
      "http",
      "store",
      "auth",
      ...LEAVES,
    ],
  ],
  [
    "webhooks",
    ["jobs/budget.ts", "customer-meters", "customers", ...ENGINE, "outbox", "http", "store", "auth", ...LEAVES],
  ],
  [
    "holds",
    ["customer-meters", "meters", "events", "customers", ...ENGINE, "outbox", "http", "store", "auth", ...LEAVES],
  ],
  ["alerts", ["customers", ...ENGINE, "http", "store", "auth", ...LEAVES]],
  ["pages", ["http", ...LEAVES]],
  ["customer-portal", ["meters", "customers", ...ENGINE, "http", "store", "auth", ...LEAVES]],
  ["customer-sessions", ["customer-meters", "customers", "http", "store", "auth", ...LEAVES]],
  ["customer-meters", ["meters", "events", "customers", ...ENGINE, "outbox", "http", "store", "auth", ...LEAVES]],
  ["meters", ["events", "customers", ...ENGINE, "http", "store", "auth", ...LEAVES]],
  ["events", ["customers", "jobs/budget.ts", ...ENGINE, "http", "store", "auth", ...LEAVES]],
  ["customers", ["jobs/budget.ts", "export", ...ENGINE, "outbox", "http", "store", "auth", ...LEAVES]],
  ["organization-access-tokens", ["http", "store", "auth", ...LEAVES]],
  ["organization", ["http", "store", "auth", ...LEAVES]],
  ["health", ["http", "store", ...LEAVES]],
  [
    "http",
    [
      "auth",
      "store/store.ts",
      "store/kinds.ts",
      "store/failures.ts",
      "store/idempotency.ts",
      "store/limits.ts",
      ...LEAVES,
    ],
  ],
  ["auth", ["store/kinds.ts", "store/failures.ts", "store/organizations.ts", ...LEAVES]],
  ["retention", ["jobs/budget.ts", "export", ...ENGINE, "store", ...LEAVES]],
  ["export", ["jobs/budget.ts", "engine/rollups", "store", ...LEAVES]],
  ["engine/upkeep", ["engine/rollups", "engine/definition", "jobs/budget.ts", "store", ...LEAVES]],
  ["engine/reading", ["engine/rollups", "engine/definition", "store", ...LEAVES]],
  ["engine/rollups", ["engine/definition", "jobs/budget.ts", "outbox", "store", ...LEAVES]],
  ["engine/definition", ["store", ...LEAVES]],
  ["outbox", ["store"]],
  ["jobs/budget.ts", ["store/store.ts", "time"]],
  ["store", LEAVES],
  ["wire", []],
  ["time", []],
  ["bounded-map.ts", []],
  ["errors.ts", []],
  ["log.ts", []],
  ["retry.ts", []],
  ["sha256.ts", []],
];

/** The files outside http/ that may import it: use cases do not depend on HTTP. */
const EDGE = /^app\.ts$|\/(?:routes|openapi[\w-]*)\.ts$/;

/** Packages, and the files that may import them. */
const PACKAGES: [name: RegExp, files: RegExp][] = [
  [/^@?hono(\/|$)/, /^(app\.ts|http\/|auth\/|[\w-]+\/routes\.ts$)/],
  [
    /^drizzle-orm(\/|$)/,
    /^(store|outbox|engine|export|retention|meters|events|customers|customer-meters|customer-portal|customer-sessions|holds|alerts|webhooks|organization|organization-access-tokens|operator)\/(?!routes\.ts|schemas\.ts|present\.ts|openapi)/,
  ],
  [
    /^zod(\/|$)/,
    /^(wire|auth|http|engine|meters|events|customers|customer-meters|customer-portal|customer-sessions|holds|alerts|webhooks|organization|organization-access-tokens|operator)\//,
  ],
  [/^cloudflare:workers$/, /^organization-object\.ts$/],
  [/^zod-openapi$/, /\/openapi[\w-]*\.ts$/],
];

/** The API's document is generated before the Worker is built, so the Worker's code must not import its generator. */
const DOCUMENT = /\/openapi[\w-]*\.ts$/;

/** Returns the imports that point upwards or sideways, and packages where they do not belong, one line for each. */
export function findWrongImports(root: string): string[] {
  return globSync("**/*.ts", { cwd: root }).flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const imports = [...text.matchAll(/\b(?:from|import)\s*\(?"([^"]+)"/g)].map((match) => match[1]!);
    return imports.flatMap((specifier) => complaint(file, specifier) ?? []).map((reason) => `src/${file}: ${reason}`);
  });
}

function complaint(file: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return packageComplaint(file, specifier);
  const target = normalize(join(dirname(file), specifier));
  if (DOCUMENT.test(target) && !DOCUMENT.test(file)) return `imports ${target}, which makes the API's document`;
  const [module, targetModule] = [moduleOf(file), moduleOf(target)];
  if (module === targetModule || /\.(?:json|sql)$/.test(target)) return null;
  if (targetModule === "http" && !EDGE.test(file)) return `imports ${target}, but only routes may import http`;
  const allowed = MODULES.find(([name]) => name === module)?.[1];
  if (allowed === undefined) return `the module ${module} is not listed: add it to scripts/check-imports.ts`;
  if (allowed.includes(targetModule) || allowed.includes(target)) return null;
  return `imports ${target}, but ${module} may only import ${allowed.join(", ") || "nothing"}`;
}

function packageComplaint(file: string, specifier: string): string | null {
  const rule = PACKAGES.find(([name]) => name.test(specifier));
  if (rule === undefined) return `imports the package ${specifier}, which src/ does not use`;
  return rule[1].test(file) ? null : `imports the package ${specifier}, which is not allowed here`;
}

function moduleOf(file: string): string {
  const names = MODULES.map(([name]) => name).filter((name) => name === file || file.startsWith(`${name}/`));
  return names.toSorted((a, b) => b.length - a.length)[0] ?? file.split("/")[0]!;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const complaints = findWrongImports("src");
  for (const line of complaints) process.stderr.write(`${line}\n`);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
