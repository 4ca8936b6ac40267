import type { ZodOpenApiPathsObject } from "zod-openapi";
import { CustomerMeter } from "../customer-meters/openapi-components.ts";
import { CONFLICT, HEADERS, operation, REQUEST_HEADERS, response } from "../http/openapi.ts";
import { Credit, Reset } from "./openapi-components.ts";

const TAG = "customer_meters";
const ANSWERS = {
  201: response("The customer's meter as it is then.", CustomerMeter, HEADERS.replayed),
  409: CONFLICT,
};
const COMMON =
  "The customer is named by exactly one of `customer_id` and `external_customer_id`. The body can have at most 1 MiB.";

/** The paths of credits and resets in the API's document. */
export const creditPaths: ZodOpenApiPathsObject = {
  "/v1/customer-meters/credits": {
    post: operation({
      id: "customer_meters:credit",
      tag: TAG,
      summary: "Credit Customer",
      description: `Credits a customer with units of a meter, or takes credited units away. The sum of a customer's credits never falls below zero: after 100, −150 and 20 it is 20. List Events shows the credit as the system event \`meter.credited\`. ${COMMON}`,
      scopes: ["customer_meters:write"],
      polar: false,
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Credit,
      answers: ANSWERS,
    }),
  },
  "/v1/customer-meters/resets": {
    post: operation({
      id: "customer_meters:reset",
      tag: TAG,
      summary: "Reset Customer Meter",
      description: `Starts a customer's balance on a meter again: events and credits that were accepted before no longer count in it. With \`rollover\`, what is left is credited again in the same step. Quantities do not change. List Events shows the reset as the system event \`meter.reset\`. ${COMMON}`,
      scopes: ["customer_meters:write"],
      polar: false,
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Reset,
      answers: ANSWERS,
    }),
  },
};
