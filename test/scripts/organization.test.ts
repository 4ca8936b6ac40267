import { beforeAll, describe, it } from "vitest";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";
import { runScript } from "./run-script.ts";

let local: Organization;
beforeAll(async () => {
  local = await openShared();
});

const run = (...args: string[]) => runScript("organization", args);

async function send(path: string, body?: object) {
  const answer = await fetch(local.url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { Authorization: `Bearer ${local.token}`, "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return answer.json();
}

describe("npm run organization", () => {
  it("explains itself, and refuses what it does not know", async ({ expect }) => {
    expect(await run("--help")).toMatchObject({ code: 0, stdout: expect.stringContaining("move <organization id>") });
    expect((await run()).code).toBe(2);
    expect(await run("move", "x")).toMatchObject({ code: 2, stderr: expect.stringContaining("UUID v4") });
    expect(await run("dance", local.organization)).toMatchObject({ code: 2, stderr: expect.stringContaining("dance") });
    const remote = await run("move", local.organization, "--remote");
    expect(remote).toMatchObject({ code: 2, stderr: expect.stringContaining("--url") });
    for (const command of ["move", "verify", "delete-old"]) {
      const unknown = await run(command, crypto.randomUUID(), "--persist-to", local.folder);
      expect(unknown).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^There is no organization [0-9a-f-]+\.\n$/),
      });
    }
  });

  it(
    "verifies an organization, moves it, verifies it again and deletes the old rows",
    { timeout: 120_000 },
    async ({ expect }) => {
      const filter = { conjunction: "and", clauses: [] };
      const { id } = await send("/v1/meters/", { name: "All", filter, aggregation: { func: "count" } });
      const ingest = (first: number) =>
        send("/v1/events/ingest", {
          events: Array.from({ length: 500 }, (_, i) => ({
            name: "a",
            external_customer_id: "b",
            external_id: `${first + i}`,
          })),
        });
      const day = new Date().toISOString().slice(0, 10);
      const total = async () =>
      (await send(`/v1/meters/${id}/quantities?start_timestamp=2026-01-01T00:00:00Z&end_timestamp=${day}T00:00:00Z&interval=month`)).total; // prettier-ignore
      await ingest(0);
      const place = [local.organization, "--persist-to", local.folder];
      const verified = await run("verify", ...place);
      expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('"different":0') });
      const moved = await run("move", ...place);
      expect(moved).toMatchObject({ code: 0, stdout: expect.stringContaining('"events":500') });
      expect(await total()).toBe(500);
      expect((await ingest(400)).duplicates).toBe(100);
      expect(await total()).toBe(900);
      expect(await run("move", ...place)).toMatchObject({ code: 0 });
      expect(await run("move", ...place, "--cancel")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("409"),
      });
      expect(await run("delete-old", ...place)).toMatchObject({ code: 0 });
      expect(await run("verify", ...place, "--repair")).toMatchObject({ code: 0 });
      expect(await total()).toBe(900);
    },
  );
});
