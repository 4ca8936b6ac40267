import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wrangler } from "../scripts/wrangler-kv.ts";
import { freePort } from "../test/sdk/local.ts";

const SERVER = fileURLToPath(new URL("server.ts", import.meta.url));

/** A local runtime that can be killed and started again on the same data. */
export class Runtime {
  readonly folder: string;
  readonly url: string;
  /** MiB that the runtime had in memory when it was killed, each time. */
  readonly memory: number[] = [];
  #port: number;
  #child: ChildProcess | null = null;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Builds the Worker as it is deployed, and starts it on new data. */
  static async start(): Promise<Runtime> {
    const folder = await mkdtemp(join(tmpdir(), "edgemeter-soak-"));
    await wrangler(["deploy", "--dry-run", "--outdir", join(folder, "build")]);
    const runtime = new Runtime(folder, await freePort());
    await runtime.#run("new");
    return runtime;
  }

  /** Ends the runtime without any warning (SIGKILL), and starts it again. */
  async restart(): Promise<void> {
    await this.#kill();
    await this.#run();
  }

  /** Ends the runtime, and deletes its data. */
  async stop(): Promise<void> {
    await this.#kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #run(...isNew: "new"[]): Promise<void> {
    const args = [SERVER, join(this.folder, "build"), join(this.folder, "data"), String(this.#port), ...isNew];
    // A group of its own, so that the runtime ends with the process that started it.
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (text: Buffer) => text.toString().includes("ready") && resolve());
      child.once("exit", () => reject(new Error("The runtime did not start.")));
    });
  }

  async #kill(): Promise<void> {
    const child = this.#child!;
    const memory = residentOf(child.pid!);
    if (memory > 0) this.memory.push(memory);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid!, "SIGKILL");
    await ended;
  }
}

/** MiB that the workerd in a process group has in memory; 0 where there is no /proc. */
function residentOf(group: number): number {
  try {
    const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const own = ids.map((id) => ({ stat: read(id, "stat"), status: read(id, "status") }));
    // After the name in brackets: the state, the parent and the group.
    const kibibytes = own
      .filter(({ stat }) => /^\d+ \(workerd\)/.test(stat) && Number(stat.split(") ")[1]?.split(" ")[2]) === group)
      .map(({ status }) => Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    return Math.round(kibibytes.reduce((sum, each) => sum + each, 0) / 1024);
  } catch {
    return 0;
  }
}

function read(id: string, file: string): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}
