import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { WRANGLER } from "./wrangler-kv.ts";

const ASSETS = "dist/assets";
const TIME_TO_STOP = 5_000;
const MINUTE = 60_000;
/** A server that ends this often within a minute is not started again. */
const MAX_DEATHS = 5;

/**
 * Runs `wrangler dev` until the signal aborts, and returns the exit code.
 * It is restarted on the same port when it ends by itself: wrangler 4.116 does so after some requests that it handles
 * badly, such as a large body for a static file. `onReady` is called with the URL each time that it answers.
 */
export async function serve(args: string[], signal: AbortSignal, onReady: (url: string) => void): Promise<number> {
  const deaths: number[] = [];
  let url: string | undefined;
  for (;;) {
    const current = url === undefined ? args : withPort(args, new URL(url).port);
    const code = await runOnce(current, signal, (ready) => onReady((url = ready)));
    if (signal.aborted) return 0;
    if (url === undefined) return code;
    deaths.push(Date.now());
    if (deaths.filter((time) => time > Date.now() - MINUTE).length >= MAX_DEATHS) {
      process.stderr.write(`wrangler dev ended ${MAX_DEATHS} times within a minute and is not restarted again.\n`);
      return 1;
    }
    process.stderr.write(`wrangler dev ended by itself: restarting it on ${url} with the data kept.\n`);
  }
}

/** The arguments with the port that clients already use. */
function withPort(args: string[], port: string): string[] {
  const others = args.filter((arg, i) => !/^--port(=|$)/.test(arg) && args[i - 1] !== "--port");
  return [...others, "--port", port];
}

async function runOnce(args: string[], signal: AbortSignal, onReady: (url: string) => void): Promise<number> {
  const child = spawnWrangler(args);
  const stop = () => void terminate(child);
  signal.addEventListener("abort", stop);
  const kill = () => killGroup(child);
  process.on("exit", kill);
  const ended = new AbortController();
  let ready = false;
  createInterface(child.stdout).on("line", (line) => {
    if (isShown(line)) process.stdout.write(`${line}\n`);
    const url = /Ready on (https?:\/\/\S+)/.exec(line)?.[1];
    if (url === undefined || ready) return;
    ready = true;
    onReady(url);
    void runCron(url, ended.signal);
  });
  const [code] = await once(child, "exit");
  signal.removeEventListener("abort", stop);
  process.removeListener("exit", kill);
  ended.abort();
  kill();
  return code ?? 1;
}

function spawnWrangler(args: string[]) {
  const own = {
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    // Nothing reads `request.cf`, which wrangler would download.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  // --test-scheduled turns off the warning that nothing calls the cron handler: runCron does.
  const flags = ["--show-interactive-dev-session=false", "--test-scheduled"];
  return spawn(process.execPath, [WRANGLER, "dev", ...flags, ...args], {
    env: { ...process.env, ...own },
    stdio: ["ignore", "pipe", "inherit"],
    // A process group of its own, so that all processes that wrangler started can be ended together.
    detached: process.platform !== "win32",
  });
}

/** Asks wrangler to end, and kills its process group when that takes too long. */
async function terminate(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await sleep(TIME_TO_STOP, undefined, { ref: false });
  killGroup(child);
}

/** Kills what is left of a process group. */
function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // Nothing is left.
  }
}

/** Calls the cron handler at once and then every minute, as the deployed Worker's cron trigger does. */
async function runCron(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await fetch(`${url}/cdn-cgi/handler/scheduled`, { signal }).catch(() => {});
    await sleep(MINUTE, undefined, { signal }).catch(() => {});
  }
}

/** Hides two misleading lines: wrangler's own line for a request that the Worker logs, and a change that did not happen. */
function isShown(line: string): boolean {
  // wrangler 4.116 always builds twice when it starts, and calls the watched folder a changed file.
  if (line === "The file src changed, restarting build...") return false;
  const path = /^\[wrangler:info\] [A-Z]+ (\/\S*) \d{3} .*\(\d+ms\)$/.exec(line)?.[1];
  if (path === undefined) return true;
  // Requests for static files never reach the Worker, so wrangler's line is the only one.
  const { pathname } = new URL(path, "http://localhost");
  return existsSync(join(ASSETS, pathname));
}
