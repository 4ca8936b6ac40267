import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { goOnRestoring } from "../../src/operator/restore.ts";
import { call, grant, ORGANIZATION } from "../support/api.ts";
import { ask, asOperator } from "../support/operator.ts";
import { ACCEPTED, catchUpAndRetain, kept, many, OLD, send } from "../support/retaining.ts";
import { storeOf } from "../support/stores.ts";

const PATH = `/operator/organizations/${ORGANIZATION}/restore`;
const DAYS = { from: "2026-01-01", to: "2026-01-31", cursor: null };

describe("Restoring exported events", () => {
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

  it("restores nothing where the cursor is not that of the previous step", async ({ expect }) => {
    await call("GET", "/v1/events/", { token: await grant() });
    // An object for each day of acceptance: the first and the third have events of the day.
    const [day, later] = [OLD, OLD + 9 * 86_400_000];
    for (const [index, timestamp] of [day, later, day].entries()) {
      await send(storeOf(), many(2, { timestamp }), ACCEPTED + index * 86_400_000);
    }
    await catchUpAndRetain(storeOf(), env.TEST_EXPORT, later + 86_400_000);
    const post = await asOperator();
    const days = { from: "2026-01-01", to: "2026-01-02" };
    for (const cursor of [-1, 0, 2, 3, 6, 7, 2 ** 53 - 1, 1e300, 1.5, "1", "", ORGANIZATION, {}]) {
      const { status, json } = await post(PATH, { ...days, cursor });
      expect([cursor, status, json.detail?.[0].loc]).toEqual([cursor, 422, ["body", "cursor"]]);
    }
    expect(await kept(storeOf())).toEqual({ seqs: [], eventsFrom: later + 86_400_000 });
    expect((await post(PATH, { ...days, cursor: 1 })).json).toEqual({ restored: 2, skipped: 0, cursor: 5, done: true });
    expect((await kept(storeOf())).seqs).toEqual([5, 6]);
  });

  it("needs an export", async ({ expect }) => {
    const restoring = goOnRestoring(storeOf(), {}, DAYS, new Budget({ statements: 0 }));
    await expect(restoring).rejects.toThrow("There is no export");
  });

  it("brings back what was deleted, once", async ({ expect }) => {
    const token = await grant();
    await call("GET", "/v1/events/", { token });
    await send(storeOf(), many(5));
    await catchUpAndRetain(storeOf(), env.TEST_EXPORT);
    expect((await kept(storeOf())).seqs).toEqual([]);
    const post = await asOperator();
    expect((await post(PATH, DAYS)).json).toMatchObject({ restored: 5, skipped: 0, done: true });
    expect((await post(PATH, DAYS)).json).toMatchObject({ restored: 0, skipped: 5, done: true });
    expect((await call("GET", "/v1/events/", { token })).json.pagination.total_count).toBe(5);
  });
});
