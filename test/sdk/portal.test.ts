import { createPolar } from "@polar-sh/sdk/2026-10";
import { Polar } from "polar-sdk-0";
import { beforeAll, describe, it } from "vitest";
import type { Organization } from "./local.ts";
import { openShared } from "./shared.ts";

let local: Organization;
beforeAll(async () => {
  local = await openShared();
});

/** Makes a customer that has used 42 units of a meter. */
async function makeUsage(external_id: string) {
  const polar = createPolar({ accessToken: local.token, baseUrl: local.url });
  const customer = await polar.customers.create({ email: `${external_id}@example.com`, name: "Ada", external_id });
  const filter = { conjunction: "and" as const, clauses: [{ property: "name", operator: "eq" as const, value: external_id }] }; // prettier-ignore
  const meter = await polar.meters.create({ name: external_id, filter, aggregation: { func: "sum", property: "v" } });
  await polar.events.ingest({
    events: [{ name: external_id, external_customer_id: external_id, metadata: { v: 42 } }],
  });
  return { customer, meter };
}

const RETURN = "https://app.example.com/account";

describe("@polar-sh/sdk 1", () => {
  it("makes sessions, by either id, and reads with them what is the customer's", async ({ expect }) => {
    const { customer, meter } = await makeUsage("portal-1");
    const polar = createPolar({ accessToken: local.token, baseUrl: local.url });
    const session = await polar.customerSessions.create({ customer_id: customer.id, return_url: RETURN });
    expect(session).toMatchObject({
      customer_id: customer.id,
      return_url: RETURN,
      customer: { external_id: "portal-1" },
    });
    expect(session.customer_portal_url).toBe(`${local.url}/portal/#token=${session.token}`);
    const { token: accessToken } = await polar.customerSessions.create({ external_customer_id: "portal-1" });
    const { customerMeters, customers, customerSession } = polar.customerPortal;
    const { items, pagination } = await customerMeters.list({ meter_id: [meter.id] }, { accessToken });
    expect(pagination).toEqual({ total_count: 1, max_page: 1 });
    expect(items).toMatchObject([
      { meter_id: meter.id, consumed_units: 42, balance: -42, meter: { name: "portal-1" } },
    ]);
    for (const item of items) expect(await customerMeters.get(item.id, { accessToken })).toEqual(item);
    const names: string[] = [];
    const sorted = { sorting: ["-meter_name" as const], limit: 1 };
    for await (const each of customerMeters.iterList(sorted, { accessToken })) names.push(each.meter.name);
    expect(names).toEqual(names.toSorted().toReversed());
    expect(await customers.get({ accessToken })).toMatchObject({ id: customer.id, name: "Ada", oauth_accounts: {} });
    expect(await customerSession.introspect({ accessToken: session.token })).toEqual({
      expires_at: session.expires_at,
      return_url: RETURN,
    });
    expect(await customerSession.getAuthenticatedUser({ accessToken })).toMatchObject({ type: "customer", customer_id: customer.id }); // prettier-ignore
  });

  it("names the problem of a customer that is unknown", async ({ expect }) => {
    const polar = createPolar({ accessToken: local.token, baseUrl: local.url });
    await expect(polar.customerSessions.create({ external_customer_id: "nobody" })).rejects.toMatchObject({ statusCode: 422 }); // prettier-ignore
  });
});

describe("@polar-sh/sdk 0.49", () => {
  it("makes sessions and reads with them, and finds nothing wrong with the answers", async ({ expect }) => {
    const { customer, meter } = await makeUsage("portal-0");
    const polar = new Polar({ accessToken: local.token, serverURL: local.url });
    const session = await polar.customerSessions.create({ externalCustomerId: "portal-0", returnUrl: RETURN });
    expect(session).toMatchObject({ customerId: customer.id, returnUrl: RETURN, expiresAt: expect.any(Date) });
    const security = { customerSession: session.token };
    const { customerMeters, customers, customerSession } = polar.customerPortal;
    const pages = await customerMeters.list(security, { meterId: meter.id });
    const all = [];
    for await (const { result } of pages) all.push(...result.items);
    expect(all).toMatchObject([{ meterId: meter.id, consumedUnits: 42, meter: { name: "portal-0" } }]);
    for (const item of all) expect(await customerMeters.get(security, { id: item.id })).toEqual(item);
    expect(await customers.get(security)).toMatchObject({ id: customer.id, email: "portal-0@example.com" });
    expect(await customerSession.introspect(security)).toEqual({ expiresAt: session.expiresAt, returnUrl: RETURN });
    expect(await customerSession.getAuthenticatedUser(security)).toMatchObject({ customerId: customer.id });
  });
});
