import { type Example, RANGE } from "../support/example.ts";

const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] };
const aggregation = { func: "sum", property: "total_tokens" };
const METER = { name: "AI tokens", filter, aggregation };
/** Its tokens are text, which no sum takes. */
const EVENT = { name: "ai_usage", external_customer_id: "customer-1", metadata: { total_tokens: "42" } };

export const example: Example = {
  id: "1b671a64-40d5-491e-99b0-da01ff1f3341",
  async make(send, _, text) {
    const texts = text === undefined ? {} : { name: text, metadata: { text } };
    const { id } = await send("POST", "/v1/meters/", { ...METER, ...texts });
    return { id, meter_id: id };
  },
  requests: {
    "meters:list": () => ({ query: { sorting: "name" }, bad: { query: { sorting: "size" } } }),
    "meters:create": () => ({ body: METER, bad: { body: { ...METER, name: "AI" } } }),
    "meters:preview": () => ({
      body: { filter, aggregation, ...RANGE },
      bad: { body: { filter, aggregation: { func: "sum" }, ...RANGE } },
    }),
    "meters:explain_definition": () => ({
      body: { filter, aggregation, event: EVENT },
      bad: { body: { filter, aggregation: { func: "sum" }, event: EVENT } },
    }),
    "meters:explain": () => ({
      body: { event: EVENT },
      bad: { body: { event: { ...EVENT, timestamp: "2026-01-01" } } },
    }),
    "meters:get": () => ({ bad: { id: "x" } }),
    "meters:update": () => ({ body: { name: "Tokens of all models" }, bad: { body: { unit: "custom" } } }),
    "meters:quantities": () => ({ query: RANGE, bad: { query: { ...RANGE, timezone: "+02:00" } } }),
  },
};
