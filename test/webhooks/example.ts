import type { Example } from "../support/example.ts";

const EVENTS = ["customer.created", "customer.state_changed", "alert.triggered"];
const ENDPOINT = { url: "https://app.example.com/webhooks", name: "Billing", format: "raw", events: EVENTS };

export const example: Example = {
  id: "6c1f0d7a-3f5e-4c6b-9d20-5b7a1e8c4f92",
  async make(send, _, text) {
    const named = text === undefined ? {} : { name: text };
    const { id } = await send("POST", "/v1/webhooks/endpoints", { ...ENDPOINT, ...named });
    return { id, endpoint_id: id };
  },
  requests: {
    "webhooks:list_webhook_endpoints": () => ({ bad: { query: { limit: "0" } } }),
    "webhooks:create_webhook_endpoint": () => ({
      body: ENDPOINT,
      bad: { body: { ...ENDPOINT, url: "http://127.0.0.1/", events: ["order.paid"] } },
    }),
    "webhooks:get_webhook_endpoint": () => ({ bad: { id: "x" } }),
    "webhooks:update_webhook_endpoint": () => ({ body: { enabled: true }, bad: { body: { enabled: "yes" } } }),
    "webhooks:delete_webhook_endpoint": () => ({ bad: { id: "x" } }),
    "webhooks:reset_webhook_endpoint_secret": () => ({ bad: { id: "x" } }),
    "webhooks:test_webhook_endpoint": () => ({ bad: { id: "x" } }),
    "webhooks:list_webhook_deliveries": () => ({
      query: { event_type: "customer.created" },
      bad: { query: { http_code_class: "6xx" } },
    }),
  },
};
