import { existsSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

const ASSETS = "dist/assets";

/** Returns what is shown of a line that `wrangler dev` prints, or undefined for nothing. */
export function shownOf(line: string): string | undefined {
  const text = stripVTControlCharacters(line).trim();
  if (text === "" || isLoggedByWorker(text)) return undefined;
  return (
    workerLog(text) ??
    lostConnection(text) ??
    // The types of plain `wrangler types` do not compile in this project.
    line.replace("Re-run `wrangler types`", "Run `npm run prepare`")
  );
}

/** Returns whether this is wrangler's own line for a request that the Worker logs too. */
function isLoggedByWorker(text: string): boolean {
  const path = /^\[wrangler:info\] [A-Z]+ (\/\S*) \d{3} .*\(\d+ms\)$/.exec(text)?.[1];
  if (path === undefined) return false;
  // Requests for static files never reach the Worker, so wrangler's line is the only one.
  const { pathname } = new URL(path, "http://localhost");
  return !existsSync(join(ASSETS, pathname));
}

/** The Worker's line of a level that wrangler presents as an error or a warning of its own. */
function workerLog(text: string): string | undefined {
  return /^. \[(?:ERROR|WARNING)\] (\{.*\})$/.exec(text)?.[1];
}

/** A request whose client disconnected before the whole body had arrived. */
function lostConnection(text: string): string | undefined {
  const match = /^. \[ERROR\] Error inside ProxyWorker \(.*?\): (\S+ \S+) .*: (Network connection lost\.)$/.exec(text);
  return match === null ? undefined : `${match[1]}: ${match[2]}`;
}
