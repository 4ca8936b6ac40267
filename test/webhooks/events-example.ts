import type { Example } from "../support/example.ts";

export const example: Example = {
  id: "d2a5b8c1-7e40-4f39-8b16-0c9d3e5f7a21",
  // The endpoint of the example before it receives an event about a new customer, which then goes, so that no list has it.
  async make(send, _, text) {
    const name = text === undefined ? {} : { name: text };
    const customer = await send("POST", "/v1/customers/", { email: "told@example.com", ...name });
    for (let attempt = 0; attempt < 500; attempt++) {
      const { items } = await send("GET", "/v1/webhooks/deliveries?event_type=customer.created");
      if (items.length === 0) continue;
      await send("DELETE", `/v1/customers/${customer.id}`);
      return { id: items[0].webhook_event.id };
    }
    throw new Error("the endpoint was told nothing");
  },
  requests: { "webhooks:redeliver_webhook_event": () => ({ bad: { id: "x" } }) },
};
