import type { Example } from "../support/example.ts";

const CUSTOMER = { email: "ada@example.com", name: "Ada", external_id: "customer-1", metadata: { plan: "pro" } };
const OTHER = { ...CUSTOMER, external_id: "customer-7", email: "grace@example.com" };

export const example: Example = {
  id: "9b2d8c1e-5f30-4a7b-8c46-1d2e3f405162",
  async make(send, _, text) {
    const texts = text === undefined ? {} : { email: `${text}@example.com`, name: text, external_id: `${text}-1` };
    const { id, external_id } = await send("POST", "/v1/customers/", { ...CUSTOMER, ...texts });
    return { id, customer_id: id, external_id, external_customer_id: external_id };
  },
  requests: {
    "customers:list": () => ({ query: { query: "ada" }, bad: { query: { sorting: "size" } } }),
    "customers:create": () => ({ body: OTHER, bad: { body: { email: "ada" } } }),
    "customers:get": () => ({ bad: { id: "x" } }),
    "customers:update": () => ({ body: { name: "Ada L." }, bad: { body: { external_id: "customer-2" } } }),
    "customers:delete": () => ({ bad: { query: { anonymize: "maybe" } } }),
    "customers:get_external": () => ({ bad: { id: "%ff" } }),
    "customers:update_external": () => ({ body: { metadata: { plan: "free" } }, bad: { body: { email: "ada" } } }),
    "customers:delete_external": () => ({ bad: { query: { anonymize: "maybe" } } }),
    "customers:get_state": () => ({ bad: { id: "x" } }),
    "customers:get_state_external": () => ({ bad: { id: "%ff" } }),
  },
};
