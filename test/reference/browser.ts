import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** What a browser needs in a container, and what it should not do in a test: call home. */
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"];

/**
 * Where a Chromium is installed: what CHROMIUM names, else the first that PATH knows, if any.
 * @throws an error when CHROMIUM names nothing that can be run
 */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM"];
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw new Error(`CHROMIUM names ${named}, which can't be run`);
  }
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

let started: Promise<Browser> | undefined;

/** Starts a headless browser for all files that a process tests: each makes contexts of its own. It ends with the process. */
export function startChromium(executablePath: string): Promise<Browser> {
  return (started ??= chromium.launch({ executablePath, args: FLAGS }));
}
