import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { API_ROUTES, call, grant, METER, NOBODY, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { isOfPortal } from "../support/examples.ts";
import { changedClaims, makeCustomer, openSession } from "../support/sessions.ts";
import { counting } from "../support/stores.ts";
import { findSessionKey } from "../../src/auth/session-keys.ts";
import { readSessionToken, signClaims } from "../../src/auth/session-token.ts";
import { customerMeterId } from "../../src/engine/reading/customer-meter-id.ts";

const PORTAL = [...new Set(API_ROUTES.map(({ path }) => path))].filter(isOfPortal);
const OTHERS = [...new Set(API_ROUTES.map(({ method, path }) => `${method} ${path}`))].filter(
  (route) => !isOfPortal(route.split(" ")[1]!),
);
const RANGE = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";
const [UNKNOWN, DELETED] = ["unknown, or was ended", "was deleted"];
const SECRET = "secret-of-another";

/** A customer with a balance in an organization; what names it, and a session. */
async function setUp(organization_id?: string, external_id = "c1", name = "own meter") {
  const token = await grant(organization_id === undefined ? {} : { organization_id });
  const { customer_id, session } = await makeCustomer(token, external_id);
  const { json: meter } = await call("POST", "/v1/meters/", { token, body: { ...METER, name } });
  const event = { name: "use", customer_id, timestamp: "2026-01-01T12:00:00Z" };
  await call("POST", "/v1/events/ingest", { token, body: { events: [event] } });
  return { token, customer_id, session, meter: meter.id as string, balance: customerMeterId(customer_id, meter.id) };
}
type Setting = Awaited<ReturnType<typeof setUp>>;

/** Asks a route for a customer's balance. */
function ask(route: string, token: string, { balance }: Pick<Setting, "balance">, more: object = {}) {
  return call("GET", `${route.replace(":id", balance)}?${RANGE}`, { token, ...more });
}

/** Sessions that are none, in this order, and what their refusal says: the last ones end those before. */
const REFUSED: { what: string; tokenOf: (own: Setting) => Promise<string> | string; says: string }[] = [
  { what: "an organization's token", tokenOf: ({ token }) => token, says: "an organization's token" },
  { what: "one of Polar", tokenOf: () => "polar_cst_0123456789", says: "Polar token" },
  { what: "another version", tokenOf: ({ session }) => changedClaims(session, { v: 2 }), says: "another version" },
  { what: "no signature", tokenOf: ({ session }) => session.split(".")[0]!, says: "malformed" },
  { what: "an empty signature", tokenOf: ({ session }) => `${session.split(".")[0]}.`, says: UNKNOWN },
  { what: "another customer", tokenOf: ({ session }) => changedClaims(session, { customer: NOBODY }), says: UNKNOWN },
  {
    what: "another organization",
    tokenOf: ({ session }) => changedClaims(session, { organization: OTHER_ORGANIZATION }),
    says: UNKNOWN,
  },
  { what: "a later end", tokenOf: ({ session }) => changedClaims(session, { expires: 1e15 }), says: UNKNOWN },
  { what: "an unknown key", tokenOf: ({ session }) => changedClaims(session, { key: NOBODY }), says: UNKNOWN },
  {
    what: "another organization, signed by a key that is not its own",
    async tokenOf({ session }) {
      const { v: _, ...claims } = readSessionToken(session)!.claims;
      const key = await findSessionKey(env.TOKENS, ORGANIZATION, claims.key, Date.now());
      return signClaims({ ...claims, organization: OTHER_ORGANIZATION }, key!);
    },
    says: UNKNOWN,
  },
  {
    what: "a deleted customer",
    async tokenOf({ token }) {
      const { customer_id, session } = await makeCustomer(token, "c2");
      await call("DELETE", `/v1/customers/${customer_id}`, { token });
      return session;
    },
    says: DELETED,
  },
  {
    what: "a replaced key",
    async tokenOf({ token, session }) {
      await call("DELETE", "/v1/customer-sessions/", { token });
      vi.setSystemTime(Date.now() + 5000);
      return session;
    },
    says: UNKNOWN,
  },
  {
    what: "a time that is over",
    async tokenOf({ token, customer_id }) {
      const session = await openSession(token, { customer_id, expires_in: 60 });
      vi.setSystemTime(Date.now() + 60_000);
      return session;
    },
    says: "has expired",
  },
];

describe.for(PORTAL)("GET %s", (route) => {
  it("refuses every session that is none, and reads the store only for one that is signed", async ({ expect }) => {
    const own = await setUp();
    for (const { what, tokenOf, says } of REFUSED) {
      const token = await tokenOf(own);
      const { open, count } = counting();
      const answer = await ask(route, token, own, { open });
      expect([answer.status, answer.json.error], what).toEqual([401, "invalid_token"]);
      expect(answer.json.detail).toContain(says);
      expect(answer.text).not.toContain(token);
      expect(count.trips > 0, what).toBe(says === DELETED);
    }
  });

  it("answers its customer's session alone, and says nothing of anybody else", async ({ expect }) => {
    const own = await setUp();
    const sibling = await makeCustomer(own.token, SECRET);
    const other = await setUp(OTHER_ORGANIZATION, SECRET, SECRET);
    const answer = await ask(route, own.session, own);
    expect([answer.status, answer.headers.get("Cache-Control")]).toEqual([200, "private, no-store"]);
    expect(answer.text).not.toContain(SECRET);
    for (const theirs of [customerMeterId(sibling.customer_id, own.meter), other.balance, other.meter]) {
      if (route.includes(":id")) expect((await ask(route, own.session, { balance: theirs })).status).toBe(404);
    }
    // Sessions of others see what is theirs under the same path.
    for (const session of [sibling.session, other.session]) {
      const { status, text } = await ask(route, session, own);
      expect(status).toBe(route.includes(":id") ? 404 : 200);
      expect(text).not.toContain(own.customer_id);
    }
  });

  it("is a 401 without a token, and a 503 while KV fails", async ({ expect }) => {
    const own = await setUp();
    const stranger = await call("GET", route.replace(":id", own.balance));
    expect([stranger.status, stranger.json.error]).toEqual([401, "Unauthorized"]);
    vi.spyOn(env.TOKENS, "get").mockRejectedValue(new Error("KV GET failed"));
    const failed = await ask(route, own.session, own);
    expect([failed.status, failed.json.error]).toEqual([503, "ServiceUnavailable"]);
  });
});

describe("A customer's session", () => {
  it("is refused with a 401 by every other route", async ({ expect }) => {
    const { session } = await makeCustomer(await grant());
    for (const route of OTHERS) {
      const [method, path] = route.split(" ") as [string, string];
      const body = method === "GET" ? {} : { body: "{" };
      const answer = await call(method, path.replace(/:\w+/, NOBODY), { token: session, ...body });
      expect([answer.status, answer.json.error], route).toEqual([401, "invalid_token"]);
      expect(answer.json.detail, route).toContain("/v1/customer-portal/ only");
    }
  });

  it("learns of no path that does not exist, as a stranger does not", async ({ expect }) => {
    const token = await grant();
    const { session } = await makeCustomer(token);
    const status = async (path: string, sent: string | null) => (await call("GET", path, { token: sent })).status;
    expect(await status("/v1/nope", session)).toBe(401);
    expect(await status("/v1/customer-portal/nope", session)).toBe(404);
    for (const sent of [null, token]) expect(await status("/v1/customer-portal/nope", sent)).toBe(401);
  });

  it("is refused after any change of one character", async ({ expect }) => {
    const { session } = await makeCustomer(await grant());
    const statuses = new Set<number>();
    for (let at = "em_cst_".length; at < session.length; at += 23) {
      const changed = session.slice(0, at) + (session[at] === "A" ? "B" : "A") + session.slice(at + 1);
      statuses.add((await call("GET", "/v1/customer-portal/customers/me", { token: changed })).status);
    }
    const last = session.slice(0, -1) + String.fromCharCode(session.charCodeAt(session.length - 1) ^ 1);
    statuses.add((await call("GET", "/v1/customer-portal/customers/me", { token: last })).status);
    expect([...statuses]).toEqual([401]);
  });

  it("is compared by crypto.subtle.verify, whose time does not depend on where two signatures differ", async ({
    expect,
  }) => {
    const { session } = await makeCustomer(await grant());
    const verify = vi.spyOn(crypto.subtle, "verify");
    await call("GET", "/v1/customer-portal/customers/me", { token: `${session.slice(0, -5)}AAAAA` });
    expect(verify).toHaveBeenCalledOnce();
    expect(await verify.mock.results[0]!.value).toBe(false);
  });

  it("leads back from where it has expired, if it is genuine", async ({ expect }) => {
    const { token, customer_id } = await setUp();
    const return_url = "https://app.example.com/account";
    const session = await openSession(token, { customer_id, return_url, expires_in: 60 });
    vi.setSystemTime(Date.now() + 60_000);
    const expired = await call("GET", "/v1/customer-portal/customers/me", { token: session });
    expect(expired.json).toMatchObject({ error: "invalid_token", return_url });
    const forged = changedClaims(session, { return_url: "https://evil.example" });
    expect((await call("GET", "/v1/customer-portal/customers/me", { token: forged })).text).not.toContain("evil");
  });

  it("takes nothing of what its organization may send", async ({ expect }) => {
    const { token, session, customer_id } = await setUp();
    const asked: string[] = [];
    const limit = async ({ key }: { key: string }) => {
      asked.push(key);
      return { success: !key.includes(customer_id) };
    };
    const bindings = { RATE_LIMITER: { limit } };
    expect((await call("GET", "/v1/customer-portal/customers/me", { token: session, bindings })).status).toBe(429);
    expect((await call("GET", "/v1/meters/", { token, bindings })).status).toBe(200);
    expect(asked).toHaveLength(2);
  });
});
