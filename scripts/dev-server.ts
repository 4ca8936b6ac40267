import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { shownOf } from "./dev-output.ts";

/** wrangler's own program: the command that npm installs runs it in another process, and hides its exit signal. */
const WRANGLER = fileURLToPath(import.meta.resolve("wrangler"));
const TIME_TO_STOP = 5_000;
const MINUTE = 60_000;
/** How many of wrangler's last error lines are repeated when it ends by itself. */
const LAST_ERRORS = 5;

/**
 * Checks that nothing listens on a port.
 * @throws Error that names the port
 */
export async function requireFreePort(port: string, host: string): Promise<void> {
  const server = createServer().listen({ port, host });
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new Error(`Port ${port} is taken: end what uses it, or choose another with --port.`, { cause: error });
  }
  server.close();
  await once(server, "close");
}

/**
 * Runs `wrangler dev` until the signal aborts, and returns the exit code. `onReady` is called with the URL.
 * wrangler itself restarts a runtime that crashes. When wrangler ends by itself, this says why.
 */
export async function serve(args: string[], signal: AbortSignal, onReady: (url: string) => void): Promise<number> {
  const child = spawnWrangler(args);
  signal.addEventListener("abort", () => void terminate(child));
  process.on("exit", () => killGroup(child));
  // Without the Worker's log.
  const errors: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    const shown = show(line, process.stderr);
    if (shown !== undefined && !shown.startsWith("{")) errors.push(shown);
    if (errors.length > LAST_ERRORS) errors.shift();
  });
  let ready = false;
  createInterface(child.stdout).on("line", (line) => {
    show(line, process.stdout);
    const url = /Ready on (https?:\/\/\S+)/.exec(line)?.[1];
    if (url === undefined || ready) return;
    ready = true;
    onReady(url);
    void runCron(url, signal);
  });
  const closed = once(child, "close");
  const [code, killedBy] = await once(child, "exit");
  // Processes that wrangler started would keep its output open.
  killGroup(child);
  await closed;
  if (signal.aborted) return 0;
  const reason = killedBy ?? `exit code ${code}`;
  process.stderr.write([`wrangler dev ended by itself: ${reason}`, ...errors, ""].join("\n"));
  return code ?? 1;
}

/** Webhooks can be sent to programs on this machine. */
const LOCAL = ["--var", "WEBHOOKS_INSECURE:local"];

function spawnWrangler(args: string[]) {
  const own = {
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    // Nothing reads `request.cf`, which wrangler would download.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  // --test-scheduled turns off the warning that nothing calls the cron handler: runCron does.
  return spawn(process.execPath, ["--no-warnings", WRANGLER, "dev", "--test-scheduled", ...LOCAL, ...args], {
    env: { ...process.env, ...own },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, so that all processes that wrangler started can be ended together.
    detached: process.platform !== "win32",
  });
}

function show(line: string, stream: NodeJS.WriteStream): string | undefined {
  const shown = shownOf(line);
  if (shown !== undefined) stream.write(`${shown}\n`);
  return shown;
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
