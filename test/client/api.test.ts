import { beforeAll, describe, it } from "vitest";
import { createEdgemeter, type Edgemeter, type Schemas } from "../../client/src/index.ts";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";

let local: Organization;
let edgemeter: Edgemeter;
beforeAll(async () => {
  local = await openShared();
  edgemeter = createEdgemeter({ baseUrl: local.url, token: local.token });
});

const METER: Schemas["MeterCreate"] = {
  name: "Tokens",
  filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] },
  aggregation: { func: "sum", property: "total_tokens" },
};

/** A client whose connection is lost after the server has answered, the first time. */
function losing(): Edgemeter {
  let isLost = false;
  return createEdgemeter({
    baseUrl: local.url,
    token: local.token,
    clock: { now: Date.now, random: () => 0, sleep: async () => {} },
    fetch: async (request) => {
      const response = await fetch(request);
      if (isLost) return response;
      isLost = true;
      await response.arrayBuffer();
      throw new TypeError("the connection is lost");
    },
  });
}

describe("edgemeter-client with a running server", () => {
  it("creates, reads, changes, lists and deletes", async ({ expect }) => {
    const meter = await edgemeter.post("/v1/meters/", { body: METER });
    const path = { id: meter.id };
    expect(await edgemeter.get("/v1/meters/{id}", { path })).toEqual(meter);
    expect(await edgemeter.patch("/v1/meters/{id}", { path, body: { name: "Changed" } })).toMatchObject({
      name: "Changed",
    });
    const { id } = await edgemeter.post("/v1/customers/", { body: { email: "a@example.com", external_id: "a/1" } });
    const external = { path: { external_id: "a/1" } };
    expect(await edgemeter.get("/v1/customers/external/{external_id}", external)).toMatchObject({ id });
    expect(await edgemeter.delete("/v1/customers/external/{external_id}", external)).toBeUndefined();
    await expect(edgemeter.get("/v1/customers/{id}", { path: { id } })).rejects.toMatchObject({
      status: 404,
      error: "ResourceNotFound",
      detail: expect.any(String),
      requestId: expect.any(String),
    });
    const { response } = await edgemeter.request("get", "/v1/meters/{id}", { path });
    const header = { "If-None-Match": response.headers.get("ETag") ?? "" };
    await expect(edgemeter.get("/v1/meters/{id}", { path, header })).rejects.toMatchObject({ status: 304 });
  });

  it("sends events, and reads quantities and pages of any length", async ({ expect }) => {
    const meter = await edgemeter.post("/v1/meters/", { body: METER });
    const timestamp = "2026-01-01T12:00:00Z";
    const events = Array.from({ length: 250 }, (_, n) => ({
      name: "ai_usage",
      external_customer_id: "c1",
      timestamp,
      metadata: { total_tokens: 2, n },
    }));
    expect(await edgemeter.post("/v1/events/ingest", { body: { events } })).toEqual({ inserted: 250, duplicates: 0 });
    const day = { start_timestamp: timestamp, end_timestamp: timestamp, interval: "day" as const };
    const quantities = await edgemeter.get("/v1/meters/{id}/quantities", { path: { id: meter.id }, query: day });
    expect(quantities.total).toBe(500);
    const seen = new Set<unknown>();
    for await (const event of edgemeter.list("/v1/events/", { query: { name: "ai_usage" } })) seen.add(event.id);
    expect(seen.size).toBe(250);
  });

  it("creates once when the first answer is lost", async ({ expect }) => {
    const body = { ...METER, name: "Created once" };
    const { data, response } = await losing().request("post", "/v1/meters/", { body });
    expect(response.headers.get("Idempotent-Replayed")).toBe("true");
    const { items } = await edgemeter.get("/v1/meters/", { query: { query: "Created once" } });
    expect(items).toEqual([data]);
  });

  it("ingests once when the first answer is lost", async ({ expect }) => {
    const events = [{ name: "once", external_customer_id: "c1" }];
    expect(await losing().post("/v1/events/ingest", { body: { events } })).toEqual({ inserted: 1, duplicates: 0 });
    const seen: unknown[] = [];
    for await (const { name } of edgemeter.list("/v1/events/", { query: { name: "once" } })) seen.push(name);
    expect(seen).toEqual(["once"]);
  });

  it("deletes when the first answer is lost", async ({ expect }) => {
    const { id } = await edgemeter.post("/v1/customers/", { body: { email: "b@example.com" } });
    expect(await losing().delete("/v1/customers/{id}", { path: { id } })).toBeUndefined();
  });

  it("throws the problems of what is refused", async ({ expect }) => {
    const refused = edgemeter.post("/v1/meters/", { body: { ...METER, name: "" } });
    await expect(refused).rejects.toMatchObject({
      status: 422,
      error: "RequestValidationError",
      detail: [{ loc: ["body", "name"], type: "string_too_short" }],
    });
    const stranger = createEdgemeter({ baseUrl: local.url, token: "nope" });
    await expect(stranger.get("/v1/meters/")).rejects.toMatchObject({ status: 401, error: "invalid_token" });
  });
});
