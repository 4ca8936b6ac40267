import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { goOnRestoring } from "../../src/operator/restore.ts";
import { call, grant, ORGANIZATION } from "../support/api.ts";
import { ask, asOperator } from "../support/operator.ts";
import { catchUpAndRetain, kept, many, send } from "../support/retaining.ts";
import { storeOf } from "../support/stores.ts";

const PATH = `/operator/organizations/${ORGANIZATION}/restore`;
const DAYS = { from: "2026-01-01", to: "2026-01-31", cursor: null };

describe("Restoring archived events", () => {
  it("needs an operator's key, and days", async ({ expect }) => {
    expect((await ask(PATH, DAYS)).status).toBe(401);
    expect((await ask(PATH, DAYS, await grant())).status).toBe(401);
    const post = await asOperator();
    expect((await post(PATH, DAYS)).status).toBe(404);
    await call("GET", "/v1/meters/", { token: await grant() });
    expect((await post(PATH, { ...DAYS, from: "January" })).status).toBe(422);
    expect((await post(PATH, {})).status).toBe(422);
    const none = { from: "2027-01-01", to: "2027-01-02", cursor: null };
    expect((await post(PATH, none)).json).toEqual({ restored: 0, skipped: 0, cursor: null, done: true });
  });

  it("restores none but the days that were asked for, whatever the cursor is", async ({ expect }) => {
    await call("GET", "/v1/events/", { token: await grant() });
    await send(storeOf(), many(5));
    await catchUpAndRetain(storeOf(), env.ARCHIVE);
    const post = await asOperator();
    for (const cursor of ["", "x", "\0", ORGANIZATION, `${ORGANIZATION}/2025`, `${ORGANIZATION}/2026-01-20`, "0".repeat(5000)]) {
      const { status, json } = await post(PATH, { from: "2026-01-30", to: "2026-01-31", cursor });
      expect([status, json.detail?.[0].loc]).toEqual([422, ["body", "cursor"]]);
    }
    const cursor = `${ORGANIZATION}/2026-01-30${"x".repeat(3000)}`;
    expect((await post(PATH, { from: "2026-01-30", to: "2026-01-31", cursor })).status).toBe(422);
  }); // prettier-ignore

  it("needs an archive", async ({ expect }) => {
    const restoring = goOnRestoring(storeOf(), {}, DAYS, new Budget({ statements: 0 }));
    await expect(restoring).rejects.toThrow("There is no archive");
  });

  it("brings back what was deleted, once", async ({ expect }) => {
    const token = await grant();
    await call("GET", "/v1/events/", { token });
    await send(storeOf(), many(5));
    await catchUpAndRetain(storeOf(), env.ARCHIVE);
    expect((await kept(storeOf())).seqs).toEqual([]);
    const post = await asOperator();
    expect((await post(PATH, DAYS)).json).toMatchObject({ restored: 5, skipped: 0, done: true });
    expect((await post(PATH, DAYS)).json).toMatchObject({ restored: 0, skipped: 5, done: true });
    expect((await call("GET", "/v1/events/", { token })).json.pagination.total_count).toBe(5);
  });
});
