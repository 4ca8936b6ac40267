import type { Example, Ids } from "../support/example.ts";

const alertOf = ({ meter_id }: Ids) => ({
  name: "80 % of the credits",
  meter_id,
  basis: "consumed_percent",
  thresholds: [80, 100],
});

export const example: Example = {
  id: "c4b0f2d6-1a7e-4f39-8d52-6e9b3c7a0f14",
  async make(send, ids, text) {
    const { id } = await send("POST", "/v1/alerts", { ...alertOf(ids), ...(text !== undefined && { name: text }) });
    return { id };
  },
  requests: {
    "alerts:list": () => ({ query: { limit: "10" }, bad: { query: { page: "0" } } }),
    "alerts:create": (ids) => ({ body: alertOf(ids), bad: { body: { ...alertOf(ids), thresholds: [] } } }),
    "alerts:get": () => ({ bad: { id: "x" } }),
    "alerts:update": () => ({ body: { thresholds: [90] }, bad: { body: { thresholds: [1, 1] } } }),
    "alerts:delete": () => ({ bad: { id: "x" } }),
    "alerts:list_triggers": () => ({ query: { limit: "10" }, bad: { query: { limit: "x" } } }),
  },
};
