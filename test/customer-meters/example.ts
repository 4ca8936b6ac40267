import { customerMeterId } from "../../src/engine/reading/customer-meter-id.ts";
import type { Example, Ids } from "../support/example.ts";

const pairOf = ({ external_customer_id, meter_id }: Ids) => ({ external_customer_id, meter_id });

const EVENT = { name: "ai_usage", external_id: "request-9c3d", metadata: { model: "large", total_tokens: 100 } };

export const example: Example = {
  id: "804a967a-1fe5-4365-95f6-c72fc05f6223",
  async make(_, { customer_id, meter_id }) {
    return { id: customerMeterId(customer_id!, meter_id!) };
  },
  requests: {
    "customer_meters:list": () => ({ query: { sorting: "balance" }, bad: { query: { sorting: "size" } } }),
    "customer_meters:get": () => ({ bad: { id: "x" } }),
    "customer_meters:check": (ids) => ({
      query: { ...pairOf(ids), units: "100" } as Record<string, string>,
      bad: { query: { ...pairOf(ids), units: "-1" } as Record<string, string> },
    }),
    "customer_meters:consume": (ids) => ({
      body: { ...pairOf(ids), minimum_balance: -1000, event: EVENT },
      bad: { body: { ...pairOf(ids), event: { ...EVENT, name: 5 } } },
    }),
    "customer_meters:credit": (ids) => ({
      body: { ...pairOf(ids), units: 1000, metadata: { order: "A-17" } },
      bad: { body: { ...pairOf(ids), units: 0 } },
    }),
    "customer_meters:reset": (ids) => ({
      body: { ...pairOf(ids), rollover: true },
      bad: { body: { meter_id: ids["meter_id"] } },
    }),
  },
};
