import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";

const run = promisify(execFile);
const manifest = (path: string) => JSON.parse(readFileSync(join(path, "package.json"), "utf8"));

/** A function that uses the client: it creates a meter, sends an event of it, and reads both. */
const PROGRAM = `
import { createEdgemeter, EdgemeterError } from "edgemeter-client";
export async function tryClient(baseUrl, token) {
  const edgemeter = createEdgemeter({ baseUrl, token });
  const clauses = [{ property: "name", operator: "eq", value: "packed" }];
  const filter = { conjunction: "and", clauses };
  const { id } = await edgemeter.post("/v1/meters/", { body: { name: "Packed", filter, aggregation: { func: "count" } } });
  const external_id = crypto.randomUUID();
  await edgemeter.post("/v1/events/ingest", { body: { events: [{ name: "packed", external_customer_id: "c1", external_id }] } });
  let count = 0;
  for await (const { name } of edgemeter.list("/v1/meters/", { query: { limit: 1 } })) if (name === "Packed") count++;
  const error = await edgemeter.delete("/v1/customers/{id}", { path: { id } }).catch((thrown) => thrown);
  return error instanceof EdgemeterError && count > 0 ? \`found, \${error.status} \${error.error}\` : String(error);
}
`;
const RESULT = "found, 404 ResourceNotFound";

let local: Organization;
/** A project outside of this one, in which the packed client is installed. */
let project: string;
let installed: string;
beforeAll(async () => {
  local = await openShared();
  project = mkdtempSync(join(tmpdir(), "edgemeter-client-"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const pack = ["pack", "--pack-destination", project];
  await run("npm", pack, { cwd: "client" });
  // What the client needs is packed from here, so that the registry is not asked.
  await run("npm", [...pack, "--ignore-scripts", "./openapi-fetch", "./openapi-typescript-helpers"], {
    cwd: "node_modules",
  });
  const tarballs = readdirSync(project).filter((name) => name.endsWith(".tgz"));
  await run("npm", ["install", "--offline", "--no-audit", ...tarballs.map((name) => `./${name}`)], { cwd: project });
  installed = join(project, "node_modules/edgemeter-client");
  writeFileSync(join(project, "program.js"), PROGRAM);
  writeFileSync(
    join(project, "main.js"),
    'console.log(process.version);\nconst { tryClient } = await import("./program.js");\nconsole.log(await tryClient(...process.argv.slice(2)));\n',
  );
}, 180_000);
afterAll(async () => {
  rmSync(project, { recursive: true, force: true });
});

describe("The packed client", { timeout: 180_000 }, () => {
  it("has its code, its types and nothing else", ({ expect }) => {
    const files = execFileSync("find", [installed, "-type", "f", "-printf", "%P\n"], { encoding: "utf8" });
    const unexpected = files.trim().split("\n").filter((file) => !/^dist\/[\w-]+(\.d\.ts|\.js)$/.test(file)); // prettier-ignore
    expect(unexpected.toSorted()).toEqual(["LICENSE", "README.md", "package.json"]);
    expect(files).toContain("dist/index.d.ts");
  });

  it("names the version of openapi-fetch that it is tested with", ({ expect }) => {
    const { dependencies, version } = manifest("client");
    const root = manifest(".");
    expect([dependencies["openapi-fetch"], version]).toEqual([root.devDependencies["openapi-fetch"], root.version]);
  });

  it("runs on the Node of this project", async ({ expect }) => {
    const { stdout } = await run(process.execPath, ["main.js", local.url, local.token], { cwd: project });
    expect(stdout).toBe(`${process.version}\n${RESULT}\n`);
  });

  it.for([20, 22])("runs on Node %i", async (major, { expect, skip }) => {
    const args = ["--yes", "--prefer-offline", "-p", `node@${major}`, "node", resolve(project, "main.js")];
    const running = run("npx", [...args, local.url, local.token], { cwd: tmpdir(), timeout: 120_000 });
    const { stdout } = await running.catch((error: { stdout: string }) => error);
    if (stdout === "") return skip(`npx can't bring Node ${major} here`);
    expect(stdout).toMatch(new RegExp(`^v${major}\\.`));
    expect(stdout).toContain(`\n${RESULT}\n`);
  });

  it("runs in a Worker", async ({ expect }) => {
    const contents = `${PROGRAM}
      export default { fetch: async (request, { URL, TOKEN }) => new Response(await tryClient(URL, TOKEN)) };`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: project },
      bundle: true,
      format: "esm",
      write: false,
      conditions: ["workerd"],
    });
    const worker = new Miniflare(
      convertV4MiniflareOptions({
        modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles.map(({ text }) => text).join("") }],
        compatibilityDate: "2026-01-01",
        bindings: { URL: local.url, TOKEN: local.token },
      }),
    );
    try {
      const response = await worker.dispatchFetch("http://worker/");
      expect(await response.text()).toBe(RESULT);
    } finally {
      await worker.dispose();
    }
  });

  it("has types that a project reads as it would read them from the registry", async ({ expect }) => {
    const program = `
      import { createEdgemeter, type Schemas } from "edgemeter-client";
      const edgemeter = createEdgemeter({ baseUrl: "http://localhost:8787", token: "" });
      const meter: Schemas["Meter"] = await edgemeter.get("/v1/meters/{id}", { path: { id: "" } });
      const wrong: number = meter.name;`;
    writeFileSync(join(project, "types.ts"), program);
    const flags = "--noEmit --strict --ignoreConfig --module nodenext --target es2022 --lib es2022,dom types.ts";
    const checked = run(resolve("node_modules/.bin/tsc"), flags.split(" "), { cwd: project });
    const { stdout } = await checked.catch((error: { stdout: string }) => error);
    expect(stdout.trim().split("\n")).toEqual([expect.stringContaining("TS2322: Type 'string' is not assignable")]);
  });
});
