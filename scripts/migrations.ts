import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { withTableOptions } from "./table-options.ts";

// Lets drizzle-kit write the migration that src/store/tables.ts needs, with the given flags, and completes it.
execFileSync("drizzle-kit", ["generate", ...process.argv.slice(2)], { stdio: "inherit" });
for (const file of globSync("migrations/*.sql")) {
  const text = readFileSync(file, "utf8");
  if (withTableOptions(text) !== text) writeFileSync(file, withTableOptions(text));
}
