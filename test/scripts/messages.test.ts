import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "vitest";
import { runScript } from "./run-script.ts";

const run = (script: string, args: string[]) =>
  runScript(script, args, { ...process.env, POLAR_ACCESS_TOKEN: "polar_oat_x", EDGEMETER_TOKEN: "em_oat_x" });

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

describe("An import without a network", { timeout: 20_000 }, () => {
  it.concurrent("names the host that nothing listens at, and what to check", async ({ expect }) => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    const { code, stdout, stderr } = await run("import", ["--from", "polar", "--polar-server", `http://127.0.0.1:${port}`]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(`127.0.0.1:${port} can't be reached (ECONNREFUSED). Check the network, and --polar-server.\n`);
  }); // prettier-ignore

  it.concurrent("names the host that never answers", async ({ expect }) => {
    const server = createServer(() => {});
    const port = await listening(server);
    const { code, stderr } = await run("import", ["--from", "polar", "--polar-server", `http://127.0.0.1:${port}`]);
    server.closeAllConnections();
    server.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^127\\.0\\.0\\.1:${port} can't be reached \\(.*timeout.*\\)\\. .*--polar-server\\.\n$`),
    );
  });
});

describe("A command for an organization", () => {
  it.for(["verify", "move", "delete-old", "mark-moved"])("says how %s is called without an id", async (command, { expect }) => {
    const usage = `npm run organization -- ${command} <organization id>`;
    expect(await run("organization", [command])).toEqual({
      code: 2,
      stdout: "",
      stderr: `The id of an organization is missing: ${usage}\n`,
    });
    expect((await run("organization", [command, "mine"])).stderr).toContain(`mine is not the id of an organization, a UUID v4: ${usage}`);
  }); // prettier-ignore
});
