import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { ENGINE, FLOORS, LEAVES } from "./check-floors.ts";

const DOCUMENT = "CONTRIBUTING.md";
const TABLE = /(?<=<!-- prettier-ignore-start -->\n)[^]*?(?=<!-- prettier-ignore-end -->)/;
const MAX_LINES = 12;

/** What is wrong with the table of modules in CONTRIBUTING.md, and with the README.md that each room has. */
export function findStaleRooms(): string[] {
  const rooms = FLOORS.map(([name]) => name).filter((name) => !name.includes("."));
  const wrong = rooms.filter((name) => !existsSync(readmeOf(name)) || linesOf(name).length > MAX_LINES);
  const complaints = wrong.map((name) => `${readmeOf(name)} should exist, with at most ${MAX_LINES} lines`);
  if (complaints.length > 0) return complaints;
  const stale = TABLE.exec(readFileSync(DOCUMENT, "utf8"))?.[0] !== roomsTable();
  return stale ? [`${DOCUMENT}: its table of rooms is stale: run npm run rooms`] : [];
}

/** The modules from top to bottom: what lives in a room, as its README.md says, and what it may import. */
function roomsTable(): string {
  // A file inside a room that has a floor of its own is named in the other rows.
  const modules = FLOORS.filter(([name]) => !LEAVES.includes(name) && !/\/.*\./.test(name));
  const rows = modules.map(([name, mayImport]) => `| ${linkOf(name)} | ${purposeOf(name)} | ${importsOf(mayImport)} |`);
  const [files, folders] = [LEAVES.filter((name) => name.includes(".")), LEAVES.filter((name) => !name.includes("."))];
  const leaves = folders.map((name) => `| ${linkOf(name)} | ${purposeOf(name)} | nothing |`);
  leaves.push(`| ${files.join(", ")} | What [src/README.md](src/README.md) says. | nothing |`);
  return ["| module | what | may import |", "| --- | --- | --- |", ...rows, ...leaves, ""].join("\n");
}

const readmeOf = (room: string) => `src/${room}/README.md`;
const linesOf = (room: string) => readFileSync(readmeOf(room), "utf8").trim().split("\n");
const linkOf = (name: string) => (name.includes(".") ? name : `[${name}](${readmeOf(name)})`);

/** The first paragraph of a room's README.md; src/README.md has a line for each file. */
function purposeOf(name: string): string {
  if (!name.includes(".")) return linesOf(name)[2]!;
  const line = readFileSync("src/README.md", "utf8").split("\n").find((each) => each.startsWith(`- \`${name}\`: `)); // prettier-ignore
  return line?.slice(name.length + 6) ?? "";
}

function importsOf(names: string[]): string {
  const isWholeEngine = ENGINE.every((room) => names.includes(room));
  const rooms = names.filter((name) => !LEAVES.includes(name) && !(isWholeEngine && ENGINE.includes(name)));
  const others = isWholeEngine ? [...rooms, "engine"] : rooms;
  return [...others, ...(names.some((name) => LEAVES.includes(name)) ? ["leaves"] : [])].join(", ");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const text = readFileSync(DOCUMENT, "utf8");
  writeFileSync(
    DOCUMENT,
    text.replace(TABLE, () => roomsTable()),
  );
}
