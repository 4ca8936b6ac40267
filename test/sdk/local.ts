import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export type Local = { url: string; token: string; organization: string; folder: string; stop: () => Promise<void> };

/** Brings the Worker up as `npm run dev` does, on a free port and on data of its own, and reads what it prints. */
export async function startLocal(): Promise<Local> {
  const folder = await mkdtemp(join(tmpdir(), "edgemeter-"));
  // The inspector's port too: two that start together would both take the usual one.
  const [port, inspector] = await Promise.all([freePort(), freePort()]);
  const flags = ["--port", port, "--inspector-port", inspector, "--persist-to", folder].map(String);
  const child = spawn(process.execPath, ["scripts/dev.ts", ...flags], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const printed = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("Create a meter:")) resolve();
      });
    }
    child.on("exit", (code) => reject(new Error(`npm run dev ended with ${code}:\n${output}`)));
  });
  await printed;
  const field = (name: string) => new RegExp(`^${name}\\s+(\\S+)$`, "m").exec(output)?.[1] ?? "";
  return {
    url: `http://127.0.0.1:${port}`,
    token: field("Token"),
    organization: field("Organization"),
    folder,
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.removeAllListeners("exit").once("exit", () => {});
      child.kill("SIGTERM");
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
