import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { ENGINE, MODULES, LEAVES } from "./check-imports.ts";

const DOCUMENT = "CONTRIBUTING.md";
const TABLE = /(?<=<!-- prettier-ignore-start -->\n)[^]*?(?=<!-- prettier-ignore-end -->)/;
const MAX_LINES = 12;

/** Checks the table of modules in CONTRIBUTING.md and the README.md of each module; returns what is wrong. */
export function findStaleModules(): string[] {
  const folders = MODULES.map(([name]) => name).filter((name) => !name.includes("."));
  const wrong = folders.filter((name) => !existsSync(readmeOf(name)) || linesOf(name).length > MAX_LINES);
  const complaints = wrong.map((name) => `${readmeOf(name)} should exist, with at most ${MAX_LINES} lines`);
  if (complaints.length > 0) return complaints;
  const stale = TABLE.exec(readFileSync(DOCUMENT, "utf8"))?.[0] !== modulesTable();
  return stale ? [`${DOCUMENT}: its table of modules is stale: run npm run modules`] : [];
}

/** One row per module, from top to bottom: its purpose, taken from its README.md, and what it may import. */
function modulesTable(): string {
  // A single file inside a folder has no row of its own: the rows of its importers name it.
  const modules = MODULES.filter(([name]) => !LEAVES.includes(name) && !/\/.*\./.test(name));
  const rows = modules.map(([name, mayImport]) => `| ${linkOf(name)} | ${purposeOf(name)} | ${importsOf(mayImport)} |`);
  const [files, folders] = [LEAVES.filter((name) => name.includes(".")), LEAVES.filter((name) => !name.includes("."))];
  const leaves = folders.map((name) => `| ${linkOf(name)} | ${purposeOf(name)} | nothing |`);
  leaves.push(`| ${files.join(", ")} | What [src/README.md](src/README.md) says. | nothing |`);
  return ["| module | what | may import |", "| --- | --- | --- |", ...rows, ...leaves, ""].join("\n");
}

const readmeOf = (module: string) => `src/${module}/README.md`;
const linesOf = (module: string) => readFileSync(readmeOf(module), "utf8").trim().split("\n");
const linkOf = (name: string) => (name.includes(".") ? name : `[${name}](src/${name})`);

/** The first paragraph of a module's README.md; for a file, its line in src/README.md. */
function purposeOf(name: string): string {
  if (!name.includes(".")) return linesOf(name)[2]!;
  const line = readFileSync("src/README.md", "utf8").split("\n").find((each) => each.startsWith(`- \`${name}\`: `)); // prettier-ignore
  return line?.slice(name.length + 6) ?? "";
}

function importsOf(names: string[]): string {
  const isWholeEngine = ENGINE.every((module) => names.includes(module));
  const modules = names.filter((name) => !LEAVES.includes(name) && !(isWholeEngine && ENGINE.includes(name)));
  const others = isWholeEngine ? [...modules, "engine"] : modules;
  return [...others, ...(names.some((name) => LEAVES.includes(name)) ? ["leaves"] : [])].join(", ");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const text = readFileSync(DOCUMENT, "utf8");
  writeFileSync(
    DOCUMENT,
    text.replace(TABLE, () => modulesTable()),
  );
}
