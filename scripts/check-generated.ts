import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Checks that no linter makes: stale generated files, dead paths in documents, and how Zod is imported. */
const problems = [...staleMigrations(), ...deadPaths(), ...namedZodImports()];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Runs drizzle-kit on a copy of the migrations: it adds nothing when they match the schema. */
function staleMigrations(): string[] {
  const copy = mkdtempSync(join(tmpdir(), "edgemeter-"));
  try {
    cpSync("migrations", copy, { recursive: true });
    const flags = ["--dialect", "sqlite", "--schema", "src/db/schema.ts", "--out", copy];
    execFileSync("drizzle-kit", ["generate", ...flags], { stdio: "pipe" });
    const added = readdirSync(copy).filter((file) => !existsSync(join("migrations", file)));
    return added.length === 0 ? [] : ["src/db/schema.ts changed: run npm run migrations:generate"];
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Paths in backticks or links of the documents that do not exist. */
function deadPaths(): string[] {
  return ["README.md", ...globSync("docs/*.md")].flatMap((document) => {
    const text = readFileSync(document, "utf8");
    const named = [...text.matchAll(/(?:`|\]\()((?:src|test|scripts|docs|migrations|bench)\/[\w./-]*\w)/g)];
    const dead = named.map((match) => match[1]!).filter((path) => !existsSync(path));
    return dead.map((path) => `${document} names ${path}, which does not exist`);
  });
}

/** Importing Zod in another way adds at least 20 KB gzip to the Worker. */
function namedZodImports(): string[] {
  const files = globSync("src/**/*.ts").filter((file) =>
    /from "zod"|import (?!\* as z |type \* as z ).*from "zod\/mini"/.test(readFileSync(file, "utf8")),
  );
  return files.map((file) => `${file}: import * as z from "zod/mini"`);
}
