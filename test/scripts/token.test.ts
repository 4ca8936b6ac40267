import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it } from "vitest";
import { withTokens } from "../../scripts/wrangler-kv.ts";
import { findToken } from "../../src/auth/records.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgemeter-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `npm run token` with some arguments. */
function runToken(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ["scripts/token.ts", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

describe("npm run token", () => {
  const organization = "33333333-3333-4333-8333-333333333333";
  const place = () => ["--persist-to", folder];
  const find = (token: string) => withTokens({ remote: false, persistTo: folder }, (kv) => findToken(kv, token));

  it("creates a token that works, lists it and revokes it", async ({ expect }) => {
    const scopes = "meters:read meters:write";
    const flags = ["--organization", organization, "--scopes", scopes, "--expires-in", "90d", "--comment", "ci"];
    const created = await runToken("create", ...flags, ...place());
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^em_oat_[0-9A-Za-z]{43}\n$/) });
    const token = created.stdout.trim();
    expect(await find(token)).toMatchObject({
      organization_id: organization,
      scopes: scopes.split(" "),
      comment: "ci",
    });
    const listed = await runToken("list", "--organization", organization, ...place());
    expect(listed.stdout).not.toContain(token);
    const { id, comment } = JSON.parse(listed.stdout);
    expect(comment).toBe("ci");
    expect(created.stderr).toContain(id);
    expect(await runToken("revoke", id, ...place())).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("local server"),
    });
    expect(await find(token)).toMatchObject({ id, revoked_at: expect.stringMatching(/Z$/) });
  });

  it("keeps an organization in one store, which its first token names", async ({ expect }) => {
    const id = crypto.randomUUID();
    const create = (...store: string[]) =>
      runToken("create", "--organization", id, "--scopes", "meters:read", ...store, ...place());
    const first = await create("--store", "object");
    const second = await create();
    for (const { stdout } of [first, second]) expect(await find(stdout.trim())).toMatchObject({ store: "object" });
    const refused = await create("--store", "d1");
    expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("omit --store") });
  });

  it.for([
    ["no command", []],
    ["an unknown command", ["make"]],
    ["an unknown flag", ["create", "--colour", "red"]],
    ["no organization", ["create", "--scopes", "meters:read"]],
    ["an organization that is not a UUID", ["create", "--organization", "acme", "--scopes", "meters:read"]],
    ["no scopes", ["create", "--organization", organization]],
    ["an unknown scope", ["create", "--organization", organization, "--scopes", "meters:fly"]],
    [
      "a lifetime without unit",
      ["create", "--organization", organization, "--scopes", "meters:read", "--expires-in", "9"],
    ],
    ["an unknown store", ["create", "--organization", organization, "--scopes", "meters:read", "--store", "kv"]],
    ["a name for local data", ["list", "--name", "edgemeter-staging"]],
    ["a name that no Worker can have", ["list", "--remote", "--name", "Staging_1"]],
    ["both places", ["list", "--local", "--remote"]],
    ["a token id that does not exist", ["revoke", "nope", "--persist-to", tmpdir()]],
  ] as [string, string[]][])("exits with 2 on %s, with one line that says why", async ([name, args], { expect }) => {
    const { code, stdout, stderr } = await runToken(...args);
    expect(code).toBe(2);
    if (name !== "no command") expect([stdout, stderr.trim().split("\n").length]).toEqual(["", 1]);
  });

  it("explains itself", async ({ expect }) => {
    const { code, stdout } = await runToken("--help");
    expect(code).toBe(0);
    for (const word of ["create", "list", "revoke", "--expires-in", "--remote"]) expect(stdout).toContain(word);
  });
});
