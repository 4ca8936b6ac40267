import type { ZodOpenApiPathsObject } from "zod-openapi";
import { CONFLICT, HEADERS, operation, REQUEST_HEADERS, response } from "../http/openapi.ts";
import { orCsv } from "../http/openapi-csv.ts";
import { cursorListOf } from "../http/openapi-answers.ts";
import { fields, CURSOR_PARAMETER, FORMAT_PARAMETER, LIST_PARAMETERS, parameters } from "../wire/openapi.ts";
import {
  Checked,
  Consumption,
  ConsumptionAnswer,
  Credit,
  CustomerMeter,
  MINIMUM_BALANCE,
  Reset,
} from "./openapi-components.ts";
import { CheckQuery, CustomerMeterListQuery, CustomerMeterPath } from "./schemas.ts";

const TAG = "customer_meters";

const ONE = fields(CustomerMeterPath, {
  id: {
    param: {
      description: "The id of a customer's meter; List Customer Meters and Get Customer State return it.",
      example: "804a967a-1fe5-4365-95f6-c72fc05f6223",
    },
  },
});

const ENTERED = {
  201: response("The customer's meter as it is then.", CustomerMeter, HEADERS.replayed),
  409: CONFLICT,
};
/** How a request names its customer. */
const ENTRY =
  "The customer is named by exactly one of `customer_id` and `external_customer_id`. The body can have at most 1 MiB.";

/** The paths of customers' meters in the API's document. */
export const customerMeterPaths: ZodOpenApiPathsObject = {
  "/v1/customer-meters/": {
    get: operation({
      id: "customer_meters:list",
      tag: TAG,
      summary: "List Customer Meters",
      description:
        "Lists the balances of customers on meters, one page at a time. There is one for each customer and each meter that is not archived, also where nothing happened yet; for an archived meter when you filter by its `meter_id`. All filters must hold. Where there are more than 100,000 customers × meters, filter by a customer or a meter.",
      scopes: ["customer_meters:read"],
      query: parameters(CustomerMeterListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        cursor: CURSOR_PARAMETER,
        format: FORMAT_PARAMETER,
        customer_id: "Only these customers.",
        external_customer_id: "Only the customers with these ids of your own.",
        meter_id: "Only these meters, archived ones too.",
        sorting: {
          description:
            "The fields to sort by, the most significant first. Null comes last in ascending order, and first in descending order. Ties are sorted by the ids of customer and meter.",
          default: ["-modified_at"],
        },
      }),
      answers: { 200: orCsv(response("A page of customers' meters.", cursorListOf("CustomerMeter", CustomerMeter))) },
    }),
  },
  "/v1/customer-meters/{id}": {
    get: operation({
      id: "customer_meters:get",
      tag: TAG,
      summary: "Get Customer Meter",
      description: "Gets the balance of a customer on a meter, which may be archived.",
      scopes: ["customer_meters:read"],
      path: ONE,
      answers: { 200: response("The customer's meter.", CustomerMeter) },
    }),
  },
  "/v1/customer-meters/check": {
    get: operation({
      id: "customer_meters:check",
      tag: TAG,
      summary: "Check Customer Meter",
      description:
        "Tells whether a customer has as many units of a meter available. This is advice: another request can be first. To be sure, consume or hold.",
      scopes: ["customer_meters:read"],
      polar: false,
      query: parameters(CheckQuery.shape, {
        customer_id: "The customer's id; or send `external_customer_id`.",
        external_customer_id: "Your own id of the customer; or send `customer_id`.",
        meter_id: {
          description: "The meter's id; the meter may be archived.",
          example: "1b671a64-40d5-491e-99b0-da01ff1f3341",
        },
        units: { description: "How many units are needed.", default: 1 },
        minimum_balance: { description: MINIMUM_BALANCE, default: 0 },
      }),
      answers: { 200: response("What is available, and whether it is enough.", Checked), 409: CONFLICT },
    }),
  },
  "/v1/customer-meters/consume": {
    post: operation({
      id: "customer_meters:consume",
      tag: TAG,
      summary: "Consume",
      description: `Appends an event if the customer has enough available on the meter with the event in it; otherwise nothing is stored. The decision and the event are one transaction, however many requests arrive at once. The event counts in every meter whose filter matches; only the named one decides. An event that this one does not count is a 422 \`event_not_counted\`. With an \`external_id\` the request can be sent again: a stored one is allowed as a duplicate, and consumes nothing. A denial is not kept. ${ENTRY}`,
      scopes: ["events:write", "customer_meters:read"],
      needs: "all",
      polar: false,
      body: Consumption,
      answers: { 200: response("Whether it was allowed, and what is available.", ConsumptionAnswer), 409: CONFLICT },
    }),
  },
  "/v1/customer-meters/credits": {
    post: operation({
      id: "customer_meters:credit",
      tag: TAG,
      summary: "Credit Customer",
      description: `Credits a customer with units of a meter, or takes credited units away. The sum of a customer's credits never falls below zero: after 100, −150 and 20 it is 20. List Events shows the credit as the system event \`meter.credited\`. ${ENTRY}`,
      scopes: ["customer_meters:write"],
      polar: false,
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Credit,
      answers: ENTERED,
    }),
  },
  "/v1/customer-meters/resets": {
    post: operation({
      id: "customer_meters:reset",
      tag: TAG,
      summary: "Reset Customer Meter",
      description: `Starts a customer's balance on a meter again: events and credits that were accepted before no longer count in it. With \`rollover\`, what is left is credited again in the same step. Quantities do not change. List Events shows the reset as the system event \`meter.reset\`. ${ENTRY}`,
      scopes: ["customer_meters:write"],
      polar: false,
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Reset,
      answers: ENTERED,
    }),
  },
};
