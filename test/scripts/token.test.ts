import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, it } from "vitest";
import { DEMO_ORGANIZATION } from "../../scripts/dev-data.ts";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";
import { runScript } from "./run-script.ts";

let local: Organization;
beforeAll(async () => {
  local = await openShared();
});

const runToken = (...args: string[]) => runScript("token", args);

describe("npm run token", () => {
  const organization = "33333333-3333-4333-8333-333333333333";
  const place = () => ["--persist-to", local.folder];
  const scopes = ["--scopes", "meters:read meters:write"];
  const read = async (token: string) =>
    (await fetch(`${local.url}/v1/meters/`, { headers: { Authorization: `Bearer ${token}` } })).status;

  it("creates a token that works at once, lists it and revokes it", async ({ expect }) => {
    const flags = ["--organization", organization, ...scopes, "--expires-in", "90d", "--comment", "ci"];
    const created = await runToken("create", ...flags, ...place());
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^em_oat_[0-9A-Za-z]{43}\n$/) });
    const token = created.stdout.trim();
    expect(await read(token)).toBe(200);
    const listed = await runToken("list", "--organization", organization, ...place());
    expect(listed.stdout).not.toContain(token);
    const { id, ...shown } = JSON.parse(listed.stdout);
    expect(shown).toMatchObject({ comment: "ci", scopes: ["meters:read", "meters:write"], store: "d1" });
    expect(created.stderr).toContain(id);
    const revoke = () => runToken("revoke", id, "--organization", organization, ...place());
    for (let i = 0; i < 2; i++)
      expect(await revoke()).toMatchObject({ code: 0, stderr: expect.stringContaining("5 s") });
    const answer = await fetch(`${local.url}/v1/meters/`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({
        name: "All",
        filter: { conjunction: "and", clauses: [] },
        aggregation: { func: "count" },
      }),
    });
    expect(answer.status).toBe(401);
    expect((await runToken("list", "--organization", organization, ...place())).stdout).toBe("");
  });

  it("lists the tokens of all organizations, that of the demo too", async ({ expect }) => {
    const id = crypto.randomUUID();
    await runToken("create", "--organization", id, ...scopes, ...place());
    const { stdout } = await runToken("list", ...place());
    const organizations = stdout.trim().split("\n").map((line) => JSON.parse(line).organization_id); // prettier-ignore
    expect(organizations).toEqual(expect.arrayContaining([DEMO_ORGANIZATION, id]));
  });

  it("keeps an organization in one store, which its first token names", async ({ expect }) => {
    const id = crypto.randomUUID();
    const create = (...store: string[]) => runToken("create", "--organization", id, ...scopes, ...store, ...place());
    const made = [await create("--store", "object"), await create()];
    for (const { stdout } of made) expect(await read(stdout.trim())).toBe(200);
    const { stdout } = await runToken("list", "--organization", id, ...place());
    expect(stdout.trim().split("\n").map((line) => JSON.parse(line).store)).toEqual(["object", "object"]); // prettier-ignore
    const refused = await create("--store", "d1");
    expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("omit --store") });
  });

  it("says what to start when no server runs on the data, and its key is for this user only", async ({ expect }) => {
    expect((await stat(join(local.folder, "operator.json"))).mode & 0o777).toBe(0o600);
    const folder = await mkdtemp(join(tmpdir(), "edgemeter-"));
    const list = () => runToken("list", "--persist-to", folder);
    const missing = { code: 1, stdout: "", stderr: expect.stringContaining("npm run dev -- --persist-to") };
    expect(await list()).toMatchObject(missing);
    // A server that was killed leaves this behind.
    await writeFile(join(folder, "operator.json"), JSON.stringify({ url: "http://localhost:1", key: "x" }));
    expect(await list()).toMatchObject(missing);
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
    ["a name that no Worker can have", ["list", "--remote", "--url", "https://e.example", "--name", "Staging_1"]],
    ["both places", ["list", "--local", "--remote"]],
    ["a deployed Worker without its address", ["list", "--remote"]],
    ["a folder for a deployed Worker", ["list", "--remote", "--url", "https://e.example", "--persist-to", "x"]],
    ["no token id", ["revoke", "nope", "--organization", organization]],
    ["a token of no organization", ["revoke", organization]],
    [
      "a token id that does not exist",
      ["revoke", organization, "--organization", "ORGANIZATION", "--persist-to", "FOLDER"],
    ],
    [
      "an organization that does not exist",
      ["list", "--organization", organization.replace("3", "4"), "--persist-to", "FOLDER"],
    ],
  ] as [string, string[]][])("exits with 2 on %s, with one line that says why", async ([name, args], { expect }) => {
    const names = { ORGANIZATION: local.organization, FOLDER: local.folder } as Record<string, string>;
    const { code, stdout, stderr } = await runToken(...args.map((arg) => names[arg] ?? arg));
    expect(code).toBe(2);
    if (name !== "no command") expect([stdout, stderr.trim().split("\n").length]).toEqual(["", 1]);
  });

  it("explains itself", async ({ expect }) => {
    const { code, stdout } = await runToken("--help");
    expect(code).toBe(0);
    for (const word of ["create", "list", "revoke", "--expires-in", "--remote"]) expect(stdout).toContain(word);
  });
});
