import { createPolar } from "@polar-sh/sdk/2026-10";
import { Polar } from "polar-sdk-0";
import { HTTPValidationError } from "polar-sdk-0/models/errors/httpvalidationerror.js";
import { beforeAll, describe, it } from "vitest";
import type { Organization } from "./local.ts";
import { openShared } from "./shared.ts";

let local: Organization;
beforeAll(async () => {
  local = await openShared();
});

const ALL = { conjunction: "and" as const, clauses: [] };

function create(name: string): Promise<unknown> {
  const polar = createPolar({ accessToken: local.token, baseUrl: local.url });
  return polar.meters.create({ name, filter: ALL, aggregation: { func: "count" } });
}

/** Creates 70 meters, one after the other, and gives their names. */
async function fill(name: string): Promise<string[]> {
  const names = Array.from({ length: 70 }, (_, i) => `${name} ${i}`);
  for (const each of names) await create(each);
  return names;
}

describe("@polar-sh/sdk 1", () => {
  const polar = () => createPolar({ accessToken: local.token, baseUrl: local.url });

  it("creates and gets a meter, with the call of Polar's own page", async ({ expect }) => {
    const created = await polar().meters.create({
      name: "AI requests",
      filter: { conjunction: "or", clauses: [{ property: "model", operator: "ne", value: "mini" }] },
      aggregation: { func: "sum", property: "total_tokens" },
      organization_id: local.organization,
    });
    expect(created).toMatchObject({ name: "AI requests", organization_id: local.organization, archived_at: null });
    expect(await polar().meters.get(created.id)).toEqual(created);
  });

  it("updates, archives and unarchives", async ({ expect }) => {
    const { id } = await polar().meters.create({ name: "To change", filter: ALL, aggregation: { func: "count" } });
    expect(await polar().meters.update(id, { name: "Changed" })).toMatchObject({ id, name: "Changed" });
    expect((await polar().meters.update(id, { is_archived: true })).archived_at).toBeTypeOf("string");
    expect((await polar().meters.update(id, { is_archived: false })).archived_at).toBeNull();
  });

  it("lists 70 meters without a duplicate or a hole while others are created behind them", async ({ expect }) => {
    const expected = await fill("paged-a");
    const seen: string[] = [];
    for await (const meter of polar().meters.iterList({ sorting: ["created_at"], query: "paged-a", limit: 20 })) {
      seen.push(meter.name);
      if (seen.length % 20 === 0) await create(`paged-a late ${seen.length}`);
    }
    expect(seen.slice(0, 70)).toEqual(expected);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("ingests events, lists them and reads quantities", async ({ expect }) => {
    const name = "sdk-1";
    const timestamp = "2026-01-01T12:00:00Z";
    const sent = {
      name,
      timestamp,
      external_customer_id: "c1",
      external_id: "sdk-1/1",
      metadata: { total_tokens: 40 },
    };
    const answer = await polar().events.ingest({ events: [sent, sent, { ...sent, external_id: "sdk-1/2" }] });
    expect(answer).toEqual({ inserted: 2, duplicates: 1 });
    const listed = await polar().events.list({ name, sorting: ["timestamp"] });
    expect(listed.items).toMatchObject([sent, sent].map(({ metadata }) => ({ name, metadata, source: "user" })));
    const [first] = listed.items;
    expect(await polar().events.get(first?.id ?? "")).toEqual(first);
    expect((await polar().events.listNames({ query: name })).items).toMatchObject([{ name, occurrences: 2 }]);
    const filter = {
      conjunction: "and" as const,
      clauses: [{ property: "name", operator: "eq" as const, value: name }],
    };
    const meter = await polar().meters.create({ name, filter, aggregation: { func: "sum", property: "total_tokens" } });
    const quantities = await polar().meters.quantities(meter.id, {
      start_timestamp: "2026-01-01T00:00:00Z",
      end_timestamp: "2026-01-02T00:00:00Z",
      interval: "day",
      external_customer_id: ["c1", "c2"],
    });
    expect(quantities).toMatchObject({ quantities: [{ quantity: 80 }, { quantity: 0 }], total: 80 });
  });

  it("creates, lists, gets, updates and deletes customers, by either id", async ({ expect }) => {
    const { customers, events } = polar();
    const created = await customers.create({ email: "sdk-1@example.com", external_id: "sdk/1", name: "One" });
    expect(created).toMatchObject({ type: "individual", first_user_event_at: null, metadata: {} });
    expect(await customers.get(created.id)).toEqual(created);
    expect(await customers.getExternal("sdk/1")).toEqual(created);
    expect((await customers.list({ query: "sdk-1" })).items).toEqual([created]);
    await events.ingest({ events: [{ name: "sdk-1 customer", customer_id: created.id }] });
    const [event] = (await events.list({ name: "sdk-1 customer" })).items;
    expect(event?.customer).toMatchObject({ id: created.id, first_user_event_at: event?.timestamp });
    expect(await customers.update(created.id, { name: "Two" })).toMatchObject({ id: created.id, name: "Two" });
    expect(await customers.updateExternal("sdk/1", { name: null })).toMatchObject({ id: created.id, name: null });
    await customers.delete(created.id);
    const again = await customers.create({ email: "sdk-1@example.com", external_id: "sdk/1" });
    await customers.deleteExternal("sdk/1", { anonymize: true });
    await expect(customers.get(again.id)).rejects.toMatchObject({ statusCode: 404 });
  });

  it("throws what the Worker refuses, with its status", async ({ expect }) => {
    const unknown = polar().meters.get("99999999-9999-4999-8999-999999999999");
    await expect(unknown).rejects.toMatchObject({ statusCode: 404, error: { error: "ResourceNotFound" } });
    const stranger = createPolar({ accessToken: "nope", baseUrl: local.url });
    await expect(stranger.meters.get("x")).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe("@polar-sh/sdk 0.49", () => {
  const polar = () => new Polar({ accessToken: local.token, serverURL: local.url });

  it("creates and gets a meter, and finds nothing wrong with the answers", async ({ expect }) => {
    const created = await polar().meters.create({
      name: "AI requests",
      filter: { conjunction: "or", clauses: [{ property: "model", operator: "ne", value: "mini" }] },
      aggregation: { func: "sum", property: "total_tokens" },
      organizationId: local.organization,
    });
    expect(created).toMatchObject({ name: "AI requests", organizationId: local.organization, archivedAt: null });
    expect(created.createdAt).toBeInstanceOf(Date);
    expect(await polar().meters.get({ id: created.id })).toEqual(created);
  });

  it("updates, archives and unarchives", async ({ expect }) => {
    const { id } = await polar().meters.create({ name: "To change", filter: ALL, aggregation: { func: "count" } });
    const update = (meterUpdate: object) => polar().meters.update({ id, meterUpdate });
    expect(await update({ name: "Changed" })).toMatchObject({ id, name: "Changed" });
    expect((await update({ isArchived: true })).archivedAt).toBeInstanceOf(Date);
    expect((await update({ isArchived: false })).archivedAt).toBeNull();
  });

  it("lists 70 meters without a duplicate or a hole while others are created behind them", async ({ expect }) => {
    const expected = await fill("paged-b");
    const seen: string[] = [];
    const pages = await polar().meters.list({ sorting: ["created_at"], query: "paged-b", limit: 20 });
    for await (const page of pages) {
      seen.push(...page.result.items.map(({ name }) => name));
      if (seen.length % 60 === 0) await create(`paged-b late ${seen.length}`);
    }
    expect(seen.slice(0, 70)).toEqual(expected);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("ingests events, lists them and reads quantities", async ({ expect }) => {
    const name = "sdk-0";
    const timestamp = new Date("2026-01-01T12:00:00Z");
    const sent = { name, timestamp, externalCustomerId: "c1", externalId: "sdk-0/1", metadata: { total_tokens: 40 } };
    const answer = await polar().events.ingest({ events: [sent, sent, { ...sent, externalId: "sdk-0/2" }] });
    expect(answer).toEqual({ inserted: 2, duplicates: 1 });
    const listed = await polar().events.list({ name });
    expect(listed).toMatchObject({ items: [sent, sent].map(({ metadata }) => ({ name, metadata, source: "user" })) });
    const pages = await polar().events.listNames({ query: name });
    for await (const page of pages) expect(page.result.items).toMatchObject([{ name, occurrences: 2 }]);
    const filter = {
      conjunction: "and" as const,
      clauses: [{ property: "name", operator: "eq" as const, value: name }],
    };
    const meter = await polar().meters.create({ name, filter, aggregation: { func: "sum", property: "total_tokens" } });
    const quantities = await polar().meters.quantities({
      id: meter.id,
      startTimestamp: new Date("2026-01-01T00:00:00Z"),
      endTimestamp: new Date("2026-01-02T00:00:00Z"),
      interval: "day",
      externalCustomerId: ["c1", "c2"],
    });
    expect(quantities).toMatchObject({ quantities: [{ quantity: 80 }, { quantity: 0 }], total: 80 });
  });

  it("creates, lists, gets, updates and deletes customers, by either id", async ({ expect }) => {
    const { customers, events } = polar();
    const created = await customers.create({ email: "sdk-0@example.com", externalId: "sdk/0", name: "One" });
    expect(created).toMatchObject({ type: "individual", externalId: "sdk/0", billingName: "One" });
    expect(await customers.get({ id: created.id })).toEqual(created);
    expect(await customers.getExternal({ externalId: "sdk/0" })).toEqual(created);
    for await (const page of await customers.list({ query: "sdk-0" })) expect(page.result.items).toEqual([created]);
    await events.ingest({ events: [{ name: "sdk-0 customer", customerId: created.id }] });
    const listed = await events.list({ name: "sdk-0 customer" });
    expect(listed).toMatchObject({ items: [{ customer: { id: created.id, email: "sdk-0@example.com" } }] });
    const update = (customerUpdate: object) => customers.update({ id: created.id, customerUpdate });
    expect(await update({ name: "Two" })).toMatchObject({ name: "Two", billingName: "Two" });
    const external = { externalId: "sdk/0", customerUpdateExternalID: { name: null } };
    expect(await customers.updateExternal(external)).toMatchObject({ id: created.id, name: null });
    await customers.delete({ id: created.id });
    const again = await customers.create({ email: "sdk-0@example.com", externalId: "sdk/0" });
    await customers.deleteExternal({ externalId: "sdk/0", anonymize: true });
    await expect(customers.get({ id: again.id })).rejects.toMatchObject({ statusCode: 404 });
  });

  it("reads the problems of a 422", async ({ expect }) => {
    const refused = polar().meters.create({
      name: "ab",
      filter: { conjunction: "and", clauses: [] },
      aggregation: { func: "count" },
    });
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HTTPValidationError);
    expect((error as HTTPValidationError).detail).toMatchObject([{ loc: ["body", "name"], type: "string_too_short" }]);
  });
});
