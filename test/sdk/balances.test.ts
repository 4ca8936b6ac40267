import { createPolar } from "@polar-sh/sdk/2026-10";
import { Polar } from "polar-sdk-0";
import { beforeAll, describe, it } from "vitest";
import type { Organization } from "./local.ts";
import { openShared } from "./shared.ts";

let local: Organization;
beforeAll(async () => {
  local = await openShared();
});

/** Makes a customer and a meter, resets it, credits 100 units and uses 42. */
async function makeBalance(external_customer_id: string) {
  const polar = createPolar({ accessToken: local.token, baseUrl: local.url });
  const customer = await polar.customers.create({
    email: `${external_customer_id}@example.com`,
    external_id: external_customer_id,
  });
  const filter = {
    conjunction: "and" as const,
    clauses: [{ property: "name", operator: "eq" as const, value: external_customer_id }],
  };
  const meter = await polar.meters.create({
    name: external_customer_id,
    filter,
    aggregation: { func: "sum", property: "v" },
  });
  const pair = { external_customer_id, meter_id: meter.id };
  const bodies = { resets: pair, credits: { ...pair, units: 100, metadata: { order: "A-17" } } };
  for (const [path, body] of Object.entries(bodies)) {
    const headers = { Authorization: `Bearer ${local.token}`, "Content-Type": "application/json" };
    const url = `${local.url}/v1/customer-meters/${path}`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status !== 201) throw new Error(await response.text());
  }
  await polar.events.ingest({ events: [{ name: external_customer_id, external_customer_id, metadata: { v: 42 } }] });
  return { customer, meter };
}

describe("@polar-sh/sdk 1", () => {
  const polar = () => createPolar({ accessToken: local.token, baseUrl: local.url });

  it("reads balances: the state of a customer by either id, and customers' meters", async ({ expect }) => {
    const { customer, meter } = await makeBalance("sdk-1b");
    const { customers, customerMeters } = polar();
    const state = await customers.getState(customer.id);
    expect(await customers.getStateExternal("sdk-1b")).toEqual(state);
    const { id, ...units } = state.active_meters.find(({ meter_id }) => meter_id === meter.id)!;
    expect(units).toMatchObject({ consumed_units: 42, credited_units: 100, balance: 58 });
    const { items } = await customerMeters.list({ external_customer_id: "sdk-1b", meter_id: [meter.id] });
    expect(items).toMatchObject([{ id, ...units, customer: { id: customer.id }, meter: { id: meter.id } }]);
    expect(await customerMeters.get(id)).toEqual(items[0]);
    const all: string[] = [];
    for await (const each of customerMeters.iterList({ customer_id: customer.id, sorting: ["-balance"], limit: 2 }))
      all.push(each.meter_id);
    expect(all[0]).toBe(meter.id);
    expect(all).toHaveLength(state.active_meters.length);
  });

  it("lists credits and resets as system events", async ({ expect }) => {
    const { meter } = await makeBalance("sdk-1s");
    const { items } = await polar().events.list({ source: "system", external_customer_id: "sdk-1s" });
    const metadata = { meter_id: meter.id, units: 100, rollover: false, order: "A-17" };
    expect(items.find(({ name }) => name === "meter.credited")).toMatchObject({ source: "system", metadata });
    expect(items.find(({ name }) => name === "meter.reset")).toMatchObject({ metadata: { meter_id: meter.id } });
  });
});

describe("@polar-sh/sdk 0.49", () => {
  const polar = () => new Polar({ accessToken: local.token, serverURL: local.url });

  it("reads balances and their system events, and finds nothing wrong with the answers", async ({ expect }) => {
    const { customer, meter } = await makeBalance("sdk-0b");
    const { customers, customerMeters, events } = polar();
    const state = await customers.getState({ id: customer.id });
    expect(await customers.getStateExternal({ externalId: "sdk-0b" })).toEqual(state);
    const { id, ...units } = state.activeMeters.find(({ meterId }) => meterId === meter.id)!;
    expect(units).toMatchObject({ consumedUnits: 42, creditedUnits: 100, balance: 58, modifiedAt: expect.any(Date) });
    const listed = await customerMeters.list({ externalCustomerId: "sdk-0b", meterId: meter.id });
    const one = await customerMeters.get({ id });
    for await (const page of listed) expect(page.result.items).toEqual([one]);
    expect(one).toMatchObject({ id, ...units, customer: { id: customer.id }, meter: { id: meter.id } });
    const system = await events.list({ source: "system", customerId: customer.id });
    const metadata = { meterId: meter.id, units: 100, rollover: false };
    expect(system).toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ metadata })]) });
  });
});
