import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** A program and its arguments. */
export type Command = [string, ...string[]];

const NODE: Command = [process.execPath, "scripts/dev.ts"];
/** Starts it through npm, as a person does. */
export const NPM: Command = ["npm", "run", "dev", "--"];

/** An organization of a running Worker: how to call it, and where the Worker's data is. */
export type Organization = { url: string; token: string; organization: string; folder: string };
/** A running Worker with the organization that `npm run dev` makes, and its process. */
export type Local = Organization & {
  child: ChildProcess;
  /** Resolves when the server has ended. */
  ended: Promise<void>;
  /** What it has printed until now. */
  output: () => string;
  stop: () => Promise<void>;
};

/** Brings the Worker up as `npm run dev` does, on a free port and on data of its own, and reads what it prints. */
export async function startLocal({ command = NODE, folder = "", flags: more = [] as string[] } = {}): Promise<Local> {
  const data = folder || (await mkdtemp(join(tmpdir(), "edgemeter-")));
  // The inspector's port too: two that start together would both take the usual one.
  const [port, inspector] = await Promise.all([freePort(), freePort()]);
  const flags = ["--port", port, "--inspector-port", inspector, "--persist-to", data, ...more].map(String);
  const [program, ...args] = command;
  const child = spawn(program, [...args, ...flags], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const output = await readUntil(child, "Create a meter:");
  const field = (name: string) => new RegExp(`^${name}\\s+(\\S+)$`, "m").exec(output())?.[1] ?? "";
  return {
    url: `http://127.0.0.1:${port}`,
    token: field("Token"),
    organization: field("Organization"),
    folder: data,
    child,
    ended: new Promise((resolve) => child.once("exit", () => resolve())),
    output,
    stop: async () => {
      await endOf(child, "SIGTERM");
      if (folder === "") await rm(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Sends a signal to a process, and returns its exit code once it has ended. */
export async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill(signal);
  return ended;
}

/** Waits until a process has printed some text, and returns a function that gives its output until then and later. */
function readUntil(child: ChildProcess, text: string): Promise<() => string> {
  let output = "";
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes(text)) resolve(() => output);
      });
    }
    child.on("exit", (code) => reject(new Error(`npm run dev ended with ${code}:\n${output}`)));
  });
}

/** Below the ports that the system gives to programs which ask for any, and others for each process of the tests. */
let nextPort = 20_000 + (process.pid % 300) * 40;

/** Finds a port that nothing uses. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort++;
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await new Promise((resolve) =>
      server.once("listening", () => resolve(true)).once("error", () => resolve(false)),
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
