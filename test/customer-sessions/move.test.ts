import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { changeHome } from "../../src/auth/homes.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { goOnDeletingOld } from "../../src/operator/delete.ts";
import { goOnMoving } from "../../src/operator/move.ts";
import { openD1 } from "../../src/store/d1.ts";
import { openObject } from "../../src/store/object.ts";
import { call, grant, ORGANIZATION } from "../support/api.ts";
import { makeCustomer, openSession } from "../support/sessions.ts";
import { STORE } from "../support/stores.ts";

const ME = "/v1/customer-portal/customers/me";
const statusOf = async (session: string) => (await call("GET", ME, { token: session })).status;

describe.runIf(STORE === "d1")("A session, and a move", () => {
  it("goes on while the organization is moved, and in its object, where new ones have the same key", async ({
    expect,
  }) => {
    const token = await grant();
    const { customer_id, session } = await makeCustomer(token);
    const move = () => ({ from: openD1(env, ORGANIZATION), to: openObject(env, ORGANIZATION) });
    const name = async () => {
      await changeHome(env.TOKENS, ORGANIZATION, "object");
      return null;
    };
    await goOnMoving(move(), new Budget({ statements: 0 }), name);
    // Nothing can be written now, and nothing has to be.
    expect(await statusOf(await openSession(token, { customer_id }))).toBe(200);
    expect(await statusOf(session)).toBe(200);
    while ((await goOnMoving(move(), new Budget(), name)).phase !== "done");
    while (!(await goOnDeletingOld(move(), new Budget())));
    expect(await statusOf(session)).toBe(200);
    expect(await statusOf(await openSession(token, { customer_id }))).toBe(200);
    expect((await env.TOKENS.list({ prefix: "session-key:" })).keys).toHaveLength(1);
  });
});
