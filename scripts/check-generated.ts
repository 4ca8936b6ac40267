import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { CLIENT_TYPES, clientTypes } from "./client-types.ts";
import { findStaleModules } from "./modules.ts";
import { withTableOptions } from "./table-options.ts";

/**
 * Checks what no linter does: stale generated files, migrations that objects lack, tables that are not STRICT, documents with
 * outdated paths, how Zod is imported, and lists in bodies without a limit.
 */
const complaints = [
  ...staleMigrations(),
  ...missingMigrations(),
  ...incompleteTables(),
  ...staleClientTypes(),
  ...findStaleModules(),
  ...deadPaths(),
  ...deadLinks(),
  ...namedZodImports(),
  ...unboundedArrays(),
];
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.exitCode = complaints.length > 0 ? 1 : 0;

/** Lets drizzle-kit generate into a copy of the migrations: with a current schema nothing is added. */
function staleMigrations(): string[] {
  const copy = mkdtempSync(join(tmpdir(), "edgemeter-"));
  try {
    cpSync("migrations", copy, { recursive: true });
    // drizzle-kit prefixes the folder with ./ even if it is absolute, and exits with 0 if it does not find the folder.
    const flags = ["--dialect", "sqlite", "--schema", "src/store/tables.ts", "--out", relative(".", copy)];
    const said = execFileSync("drizzle-kit", ["generate", ...flags], { stdio: "pipe", encoding: "utf8" });
    return said.includes("No schema changes") ? [] : ["src/store/tables.ts changed: run npm run migrations:generate"];
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Objects apply the migrations that this file lists; the test of the schema checks their order. */
function missingMigrations(): string[] {
  const list = "src/store/migrations.ts";
  const imports = readFileSync(list, "utf8");
  const missing = globSync("migrations/*.sql").filter((file) => !imports.includes(`/${file}"`));
  return missing.map((file) => `${list}: import ${file}`);
}

/** drizzle-kit does not generate STRICT tables. */
function incompleteTables(): string[] {
  const incomplete = globSync("migrations/*.sql").filter((file) => {
    const text = readFileSync(file, "utf8");
    return withTableOptions(text) !== text;
  });
  return incomplete.map((file) => `${file}: run npm run migrations:generate, which completes its tables`);
}

function staleClientTypes(): string[] {
  const text = clientTypes(JSON.parse(readFileSync("reference/openapi.json", "utf8")));
  return readFileSync(CLIENT_TYPES, "utf8") === text ? [] : [`${CLIENT_TYPES} is stale: run npm run openapi`];
}

/** The documents in the root folder, in client/, docs/ and test/, and in the modules of src/. */
function readDocuments(): { file: string; text: string }[] {
  const files = ["*.md", "client/*.md", "docs/*.md", "test/*.md", "src/**/README.md"].flatMap((pattern) =>
    globSync(pattern),
  );
  return files.map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

/** Paths in backticks that no longer exist: they are relative to the root folder; those in a module also to the module and to src/. */
function deadPaths(): string[] {
  return readDocuments().flatMap(({ file, text }) => {
    const isRoom = /^src\/.+\//.test(file);
    const pattern = isRoom ? /`([\w-]+(?:\.(?:ts|md)|\/[\w./-]*))`/g : /`((?:src|test|scripts|docs|migrations|bench)\/[\w./-]*\w)/g; // prettier-ignore
    const folders = isRoom ? [dirname(file), "src", "."] : ["."];
    const named = Array.from(text.matchAll(pattern), (match) => match[1]!);
    const dead = named.filter((path) => !folders.some((folder) => existsSync(join(folder, path))));
    return dead.map((path) => `${file} names ${path}, which does not exist`);
  });
}

/** Links to files or headings that no longer exist; they begin at the document's folder. */
function deadLinks(): string[] {
  return readDocuments().flatMap(({ file, text }) => {
    const links = [...text.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
    const dead = links.filter(([, path, heading]) => {
      const target = path ? join(dirname(file), path) : file;
      return !existsSync(target) || (heading !== undefined && !headingsOf(target).includes(heading));
    });
    return dead.map(([link]) => `${file} has a dead link: ${link.slice(1)}`);
  });
}

/** The anchors of a document's headings, as GitHub makes them. */
function headingsOf(file: string): string[] {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm);
  return Array.from(headings, ([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Any other form of Zod adds at least 20 KB gzip to the Worker. */
function namedZodImports(): string[] {
  const files = globSync("src/**/*.ts").filter((file) =>
    /from "zod"|import (?!\* as z |type \* as z ).*from "zod\/mini"/.test(readFileSync(file, "utf8")),
  );
  return files.map((file) => `${file}: import * as z from "zod/mini"`);
}

/** Zod fails on a hundred thousand issues in a `z.array`: the response would be a 500. */
function unboundedArrays(): string[] {
  // These arrays are not in bodies: `list` itself, answers in the API's document, query strings (at most 16 KB), values in KV.
  const others = /\/openapi[\w-]*\.ts$|\/wire\/(?:query|bounded-array)\.ts$|\/auth\/records\.ts$/;
  const files = globSync("src/**/*.ts").filter((file) => !others.test(file));
  const unbounded = files.filter((file) => /\bz\.(?:array|set|map|record)\(/.test(readFileSync(file, "utf8")));
  return unbounded.map((file) => `${file}: use list() of src/wire/bounded-array.ts, which has a limit`);
}
