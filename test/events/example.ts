import type { Example } from "../support/example.ts";

const EVENT = {
  name: "ai_usage",
  timestamp: "2026-01-01T12:00:00Z",
  external_customer_id: "customer-1",
  external_id: "request-8a1f",
  metadata: { model: "large", total_tokens: 42, _cost: { amount: "0.0021", currency: "usd" } },
};

export const example: Example = {
  id: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
  async make(send, _, text) {
    const texts = text && { external_customer_id: `${text}-1`, metadata: { ...EVENT.metadata, text } };
    await send("POST", "/v1/events/ingest", { events: [Object.assign({}, EVENT, texts)] });
    const { items } = await send("GET", "/v1/events/?source=user");
    return { id: items[0].id, parent_id: items[0].id };
  },
  requests: {
    "events:list": () => ({ query: { name: "ai_usage" }, bad: { query: { filter: "{" } } }),
    "events:ingest": () => ({
      body: { events: [EVENT] },
      bad: { body: { events: [{ ...EVENT, timestamp: "2026-01-01" }] } },
    }),
    "events:void": () => ({
      body: { events: [{ external_id: EVENT.external_id }], reason: "The tokens were counted twice." },
      bad: { body: { events: [{ external_id: EVENT.external_id }] } },
    }),
    "events:list_names": () => ({ query: { sorting: "-occurrences" }, bad: { query: { limit: "0" } } }),
    "events:list_meters": () => ({ query: { limit: "10" }, bad: { query: { archived: "maybe" } } }),
    "events:get": () => ({ bad: { id: "x" } }),
  },
};
