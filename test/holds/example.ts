import type { Example, Ids } from "../support/example.ts";

const holdOf = ({ external_customer_id, meter_id }: Ids) => ({
  external_customer_id,
  meter_id,
  units: 500,
  expires_in: "PT10M",
  minimum_balance: -2000,
  metadata: { request: "8a1f" },
});
const EVENT = { name: "ai_usage", external_id: "request-9b2e", metadata: { model: "large", total_tokens: 420 } };

export const example: Example = {
  id: "2f1c7a4e-93d8-4b06-a5e1-7c0d4b8f6e23",
  async make(send, ids, text) {
    const texts = text === undefined ? {} : { metadata: { text } };
    const { hold } = await send("POST", "/v1/customer-meters/holds", { ...holdOf(ids), ...texts });
    return { id: hold.id };
  },
  requests: {
    "holds:list": () => ({ query: { status: "open" }, bad: { query: { status: "closed" } } }),
    "holds:create": (ids) => ({ body: holdOf(ids), bad: { body: { ...holdOf(ids), units: 0 } } }),
    "holds:get": () => ({ bad: { id: "x" } }),
    "holds:settle": () => ({ body: { event: EVENT }, bad: { body: { event: { ...EVENT, customer_id: "x" } } } }),
    "holds:release": () => ({ bad: { id: "x" } }),
  },
};
