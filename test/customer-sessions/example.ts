import { type Example, STRICT } from "../support/example.ts";

export const example: Example = {
  id: "2f6b1c9d-7e4a-4c35-b8d0-9a1e5f7c3b62",
  async make(send, { customer_id }) {
    const { id, token } = await send("POST", "/v1/customer-sessions/", { customer_id });
    return { id, session_token: token };
  },
  requests: {
    "customer-sessions:create": ({ external_customer_id }) => ({
      body: { external_customer_id, return_url: "https://app.example.com/account" },
      bad: { body: { external_customer_id, return_url: "javascript:alert(1)" } },
    }),
    "customer-sessions:end": () => ({ bad: STRICT }),
  },
};
