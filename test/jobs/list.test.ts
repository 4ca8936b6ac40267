import { describe, it } from "vitest";
import operations from "../../docs/operations.md?raw";
import { JOBS } from "../../src/jobs/list.ts";

/** What D1 allows in one invocation. */
const MOST_STATEMENTS = 1000;

describe("The jobs", () => {
  it("are those that docs/operations.md explains, in their order", ({ expect }) => {
    const section = operations.slice(operations.indexOf("\n## Jobs\n")).split("\n## ")[1]!;
    const explained = [...section.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name);
    expect(explained).toEqual(JOBS.map(({ name }) => name));
  });

  it("take no more statements in one run than D1 allows, and each enough for one organization", ({ expect }) => {
    expect(JOBS.reduce((sum, { statements }) => sum + statements, 0)).toBeLessThanOrEqual(MOST_STATEMENTS);
    for (const { statements, share, name } of JOBS) expect(share, name).toBeLessThanOrEqual(statements);
  });
});
