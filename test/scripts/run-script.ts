import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

type Ended = { code: number | null; stdout: string; stderr: string };

/** Starts a script of this project; `ended` resolves to its exit code and output. */
export function startScript(
  script: string,
  args: string[],
  env: Record<string, string | undefined> = process.env,
): { child: ChildProcess; ended: Promise<Ended> } {
  const command = [`scripts/${script}.ts`, ...args];
  const child = spawn(process.execPath, command, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return { child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr }))) };
}

/** Runs a script of this project, and returns its exit code and output. */
export function runScript(...of: Parameters<typeof startScript>): Promise<Ended> {
  return startScript(...of).ended;
}
