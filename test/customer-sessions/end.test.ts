import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { call, grant, OTHER_ORGANIZATION } from "../support/api.ts";
import { makeCustomer, openSession } from "../support/sessions.ts";
import { losing } from "../support/stores.ts";

const ME = "/v1/customer-portal/customers/me";
const statusOf = async (session: string) => (await call("GET", ME, { token: session })).status;
const end = (token: string, more: object = {}) => call("DELETE", "/v1/customer-sessions/", { token, ...more });
const keys = async () => (await env.TOKENS.list({ prefix: "session-key:" })).keys.length;

describe("DELETE /v1/customer-sessions/", () => {
  it("ends all sessions of the organization within the time of a token, and new ones can be made", async ({
    expect,
  }) => {
    const token = await grant();
    const { customer_id, session } = await makeCustomer(token);
    const other = await makeCustomer(await grant({ organization_id: OTHER_ORGANIZATION }));
    expect(await statusOf(session)).toBe(200);
    expect((await end(token)).status).toBe(204);
    const next = await openSession(token, { customer_id });
    // The isolate has read the old key less than five seconds ago.
    vi.setSystemTime(Date.now() + 5000);
    expect([await statusOf(session), await statusOf(next), await statusOf(other.session)]).toEqual([401, 200, 200]);
    expect(await keys()).toBe(2);
  });

  it("does nothing where there was no session, and can be repeated", async ({ expect }) => {
    const token = await grant();
    for (let times = 0; times < 2; times++) expect((await end(token)).status).toBe(204);
    expect(await keys()).toBe(0);
    const { session } = await makeCustomer(token);
    for (let times = 0; times < 2; times++) expect((await end(token)).status).toBe(204);
    expect([await statusOf(session), await keys()]).toEqual([401, 1]);
  });

  it("can be repeated until KV has heard of it", async ({ expect }) => {
    const token = await grant();
    const { session } = await makeCustomer(token);
    const remove = vi.spyOn(env.TOKENS, "delete").mockRejectedValueOnce(new Error("KV DELETE failed"));
    expect((await end(token)).status).toBe(503);
    expect(await statusOf(session)).toBe(200);
    remove.mockRestore();
    expect((await end(token)).status).toBe(204);
    vi.setSystemTime(Date.now() + 5000);
    expect([await statusOf(session), await keys()]).toEqual([401, 1]);
  });

  it("ends them when several ask at the same moment, and when the connection is lost", async ({ expect }) => {
    const token = await grant();
    const { customer_id, session } = await makeCustomer(token);
    const lost = { open: losing({ after: true, skip: 1 }) };
    const answers = await Promise.all([end(token), end(token, lost), end(token)]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(await statusOf(session)).toBe(401);
    expect(await statusOf(await openSession(token, { customer_id }))).toBe(200);
    expect(await keys()).toBe(1);
  });
});
