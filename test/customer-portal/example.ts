import { customerMeterId } from "../../src/engine/reading/customer-meter-id.ts";
import { type Example, RANGE, STRICT } from "../support/example.ts";

export const example: Example = {
  id: "804a967a-1fe5-4365-95f6-c72fc05f6223",
  async make(_, { customer_id, meter_id }) {
    return { id: customerMeterId(customer_id!, meter_id!) };
  },
  requests: {
    "customer_portal:customer_meters:list": () => ({
      query: { sorting: "meter_name" },
      bad: { query: { sorting: "customer_name" } },
    }),
    "customer_portal:customer_meters:get": () => ({ bad: { id: "x" } }),
    "customer_portal:customer_meters:quantities": () => ({
      query: RANGE,
      bad: { query: { ...RANGE, timezone: "+02:00" } },
    }),
    "customer_portal:customers:get": () => ({ bad: STRICT }),
    "customer_portal:customer-session:introspect": () => ({ bad: STRICT }),
    "customer_portal:customer-session:get_authenticated_user": () => ({ bad: STRICT }),
  },
};
