import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A link of a document to a test: the title as it is written in the file. */
const LINK = /\[([^\]]+)\]\(\.\.\/(test\/[\w/.-]+\.test\.ts)\)/g;

/**
 * What is wrong with the tests that a document names, such as `[answers 404](../test/auth/authenticate.test.ts)`: a file that does not
 * exist, a title that the file does not have, and a row of a table without any link to a test.
 * @param path of a Markdown document in `docs/`, from the root of the project
 */
export function wrongTestNames(path: string): string[] {
  const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
  const rows = lines.filter((line, i) => line.startsWith("|") && !isRule(line) && !isRule(lines[i + 1]));
  const bare = rows.filter((row) => row.match(LINK) === null).map((row) => `no test in the row ${row.slice(0, 60)}…`);
  const wrong = [...lines.join("\n").matchAll(LINK)].flatMap(([, title = "", file = ""]) => wrongLink(title, file));
  return [...bare, ...wrong];
}

/** Whether a line is the one between the heading of a table and its rows. */
function isRule(line = ""): boolean {
  return line.startsWith("| -");
}

function wrongLink(title: string, file: string): string[] {
  if (!existsSync(join(ROOT, file))) return [`${file} does not exist`];
  const source = readFileSync(join(ROOT, file), "utf8");
  return source.includes(`"${title}"`) ? [] : [`${file} has no test “${title}”`];
}
