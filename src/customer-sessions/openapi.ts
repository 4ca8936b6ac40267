import type { ZodOpenApiPathsObject } from "zod-openapi";
import { operation, response } from "../http/openapi.ts";
import { Create, Session } from "./openapi-components.ts";

const TAG = "customer_sessions";

/** The paths of customers' sessions in the API's document. */
export const customerSessionPaths: ZodOpenApiPathsObject = {
  "/v1/customer-sessions/": {
    post: operation({
      id: "customer-sessions:create",
      tag: TAG,
      summary: "Create Customer Session",
      description:
        "Makes a session of a customer, for an hour unless `expires_in` says otherwise. Its token is for that customer's browser: with it `/v1/customer-portal/` answers that customer's balances and quantities, and nothing else does. The customer is named by exactly one of `customer_id` and `external_customer_id`. Nothing is stored.",
      scopes: ["customer_sessions:write"],
      body: Create,
      answers: { 201: response("The session.", Session) },
    }),
    delete: operation({
      id: "customer-sessions:end",
      tag: TAG,
      summary: "End Customer Sessions",
      description:
        "Ends all sessions of all of the organization's customers. Edge locations may take them for about 65 seconds more. New sessions can be made at once.",
      scopes: ["customer_sessions:write"],
      polar: false,
      answers: { 204: response("The sessions are ended.", null) },
    }),
  },
};
