import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type Local, startLocal } from "../sdk/local.ts";

const run = promisify(execFile);
const DOCUMENT = readFileSync("docs/recipes.md", "utf8");
const WRANGLER = resolve("node_modules/.bin/wrangler");

/** A program of the document: under which heading, and what the document says that it prints. */
type Program = { heading: string; language: string; text: string; shown: string | undefined };
const [HEAD, DATA, ...RECIPES] = DOCUMENT.split("\n## ").flatMap((section): Program[] => {
  const blocks = section.matchAll(/```(ts|sh)\n([^]*?)```(?:\n\n```(?:text|json)\n([^]*?)```)?/g);
  const heading = section.slice(0, section.indexOf("\n"));
  return Array.from(blocks, ([, language = "", text = "", shown]) => ({ heading, language, text, shown }));
}) as [Program, Program, ...Program[]];

/** Has the configuration and the data where the project's folder has them: wrangler exports from nowhere else. */
let folder: string;
let local: Local;
let meter: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "edgemeter-"));
  copyFileSync("wrangler.toml", join(folder, "wrangler.toml"));
  mkdirSync(join(folder, ".wrangler/state"), { recursive: true });
  await installClient();
  local = await startLocal({ folder: join(folder, ".wrangler/state") });
  meter = (await runProgram(DATA.text)).trim();
});
afterAll(async () => {
  await local?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Builds the client into the folder, where the programs find it. */
async function installClient(): Promise<void> {
  const modules = join(folder, "node_modules");
  await run(resolve("node_modules/.bin/tsc"), ["-p", "client", "--outDir", join(modules, "edgemeter-client/dist")]);
  copyFileSync("client/package.json", join(modules, "edgemeter-client/package.json"));
  symlinkSync(resolve("node_modules/openapi-fetch"), join(modules, "openapi-fetch"));
}

/** What a program prints that begins with the lines that all have. */
async function runProgram(text: string): Promise<string> {
  const file = join(folder, "recipe.ts");
  writeFileSync(file, `${HEAD.text}${text}export {};\n`);
  const env = { ...process.env, EDGEMETER_URL: local.url, EDGEMETER_TOKEN: local.token, METER: meter };
  return (await run(process.execPath, [file], { env })).stdout;
}

/** What a command prints. */
async function runCommand(text: string): Promise<string> {
  return (await run("bash", ["-ec", text.replaceAll("npx wrangler", WRANGLER)], { cwd: folder })).stdout;
}

/** A text without what differs from day to day, and from token to token. */
const lasting = (text: string) =>
  text
    .replaceAll(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, "<time>")
    .replaceAll(/em_oat_\w+/g, "<token>")
    .trim();

/** What a program prints: for SQL the rows. */
async function outputOf({ language, text }: Program): Promise<unknown> {
  if (language === "ts") return lasting(await runProgram(text));
  const [{ results }] = JSON.parse(await runCommand(text.replace("--local", "--local --json")));
  return results;
}

describe("A program of docs/recipes.md", () => {
  const shownOnes = RECIPES.filter(({ shown }) => shown !== undefined);

  it.for(shownOnes)("prints what the document shows: $heading", async (program, { expect }) => {
    const { language, text, shown = "" } = program;
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
    expect(await outputOf(program)).toEqual(language === "ts" ? lasting(shown) : JSON.parse(shown));
  });

  it("makes a token that only reads", async ({ expect }) => {
    const { text } = RECIPES.find((program) => program.heading.startsWith("A colleague"))!;
    const headers = { Authorization: `Bearer ${(await runProgram(text)).trim()}` };
    const call = (method: string) => fetch(`${local.url}/v1/meters/${meter}`, { method, headers });
    expect([(await call("GET")).status, (await call("PATCH")).status]).toEqual([200, 403]);
  });

  it("backs up the data and restores it into another folder", { timeout: 120_000 }, async ({ expect }) => {
    const events = await listEvents(local);
    const { text } = RECIPES.find((program) => program.heading.startsWith("Back up"))!;
    await runCommand(text);
    const copy = await startLocal({ folder: join(folder, "restored") });
    try {
      expect(await listEvents(copy)).toEqual(events);
    } finally {
      await copy.stop();
    }
  });
});

async function listEvents({ url, token }: Local): Promise<unknown> {
  const response = await fetch(`${url}/v1/events/?limit=100`, { headers: { Authorization: `Bearer ${token}` } });
  return response.json();
}
