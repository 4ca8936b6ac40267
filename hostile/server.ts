import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { wrangler } from "../scripts/wrangler-kv.ts";
import { freePort } from "../test/sdk/local.ts";
import { type Answer, type Credential, KILLED, type Request } from "./exchange.ts";
import { tokenNamed } from "./principals.ts";
import type { Report } from "./report.ts";
import { send } from "./send.ts";
import { Watch } from "./watch.ts";

const RUNTIME = fileURLToPath(new URL("runtime.ts", import.meta.url));
/** A server that ends by itself more often than this is not started again. */
const MAX_ENDS = 10;

/** The server from one start to its end. */
type Life = { child: ChildProcess; agent: Agent };

/** The Worker as it is deployed, on a local runtime that can be killed and started again on the same data. */
export class Server {
  readonly url: string;
  readonly watch: Watch;
  readonly #report: Report;
  readonly #folder: string;
  readonly #port: number;
  #life: Promise<Life>;
  /** The current life of the server. */
  #current: Life | null = null;
  #ends = 0;

  private constructor(report: Report, folder: string, port: number) {
    this.#report = report;
    this.watch = new Watch(report);
    this.#folder = folder;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#life = this.#run("new");
  }

  /** Builds the Worker and starts it on new data; server and data are gone when this process ends. */
  static async start(report: Report): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "edgemeter-hostile-"));
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    await wrangler(["deploy", "--dry-run", "--outdir", join(folder, "build")]);
    const server = new Server(report, folder, await freePort());
    process.prependOnceListener("exit", () => void server.#kill());
    await server.#life;
    return server;
  }

  /** Sends a request with its token, as soon as the server is up. */
  async send(request: Request): Promise<Answer> {
    const life = await this.#life;
    const headers = { ...authorizationOf(request.as), ...request.headers };
    const answer = await send(life.agent, this.#port, { ...request, headers });
    // Unlike the Worker's answers, those of a runtime that is ending have no request id.
    const isCut = answer.status === 0 || (answer.status === 500 && !answer.headers.has("X-Request-Id"));
    if (!isCut) return answer;
    if (life !== this.#current) return { ...answer, status: 0, text: KILLED };
    if (!answer.text.includes("ECONNREFUSED")) return answer;
    // Nothing was sent: the runtime has ended, which its process has not noticed yet.
    this.#goOn();
    return this.send(request);
  }

  /** Ends the server without any warning (SIGKILL), and starts it again. */
  async restart(): Promise<void> {
    await this.#life;
    this.watch.endLife();
    this.#life = this.#kill().then(() => this.#run());
    await this.#life;
  }

  async #run(...isNew: "new"[]): Promise<Life> {
    const args = [RUNTIME, join(this.#folder, "build"), join(this.#folder, "data"), String(this.#port), ...isNew];
    // A group of its own, so that the runtime ends with the process that started it.
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
    const life = { child, agent: new Agent({ keepAlive: true }) };
    this.#current = life;
    child.once("exit", () => life === this.#current && this.#goOn());
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () => reject(new Error("The server did not start.")));
      createInterface(child.stdout).on("line", (line) => (line === "ready" ? resolve() : this.watch.read(line)));
    });
    this.watch.beginLife(child.pid!);
    return life;
  }

  /** Reports that the server has ended by itself, and starts another one. */
  #goOn(): void {
    this.#report.fail({ problems: ["the server ended by itself"], more: this.watch.lastLines() });
    if (++this.#ends > MAX_ENDS) process.exit(this.#report.finish());
    this.#life = this.#kill().then(() => this.#run());
  }

  async #kill(): Promise<void> {
    if (this.#current === null) return;
    const { child, agent } = this.#current;
    this.#current = null;
    agent.destroy();
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // The process has ended already.
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}

function authorizationOf(as: Credential): Record<string, string> {
  if (as === "none") return {};
  return { Authorization: typeof as === "object" ? as.header : `Bearer ${tokenNamed(as)}` };
}
