import type { ZodOpenApiPathsObject } from "zod-openapi";
import { HEADERS, operation, response } from "../http/openapi.ts";
import { listOf } from "../http/openapi-answers.ts";
import { Quantities, QUANTITIES_PARAMETERS } from "../meters/openapi-quantities.ts";
import { fields, LIST_PARAMETERS, parameters } from "../wire/openapi.ts";
import { PortalCustomer, PortalMeter, PortalSession, PortalUser } from "./openapi-components.ts";
import { PortalMeterListQuery, PortalMeterPath, PortalQuantitiesQuery } from "./schemas.ts";

const TAG = "customer_portal";
const oneOf = (description: string) =>
  fields(PortalMeterPath, { id: { param: { description, example: "804a967a-1fe5-4365-95f6-c72fc05f6223" } } });
const { page, limit } = LIST_PARAMETERS;
const { start_timestamp, end_timestamp, timezone, group_limit, group_sorting } = QUANTITIES_PARAMETERS;

/** The paths of what a customer's session sees, in the API's document. */
export const customerPortalPaths: ZodOpenApiPathsObject = {
  "/v1/customer-portal/meters/": {
    get: operation({
      id: "customer_portal:customer_meters:list",
      tag: TAG,
      summary: "List Meters of the Customer",
      description:
        "Lists the customer's balances, one page at a time: on each meter that is not archived, and on an archived one once something was counted, credited or reset.",
      scopes: null,
      query: parameters(PortalMeterListQuery.def.in.shape, {
        page,
        limit,
        meter_id: "Only these meters.",
        query: "Only meters whose name contains this text; case is ignored.",
        sorting: {
          description:
            "The fields to sort by, the most significant first. Null comes last in ascending order, and first in descending order. Ties are sorted by the meter's id.",
          default: ["-modified_at"],
        },
      }),
      answers: { 200: response("A page of balances.", listOf("CustomerCustomerMeter", PortalMeter)) },
    }),
  },
  "/v1/customer-portal/meters/{id}": {
    get: operation({
      id: "customer_portal:customer_meters:get",
      tag: TAG,
      summary: "Get Meter of the Customer",
      description: "Gets the customer's balance on a meter.",
      scopes: null,
      path: oneOf("The balance's id, which List Meters of the Customer returns."),
      answers: { 200: response("The balance.", PortalMeter) },
    }),
  },
  "/v1/customer-portal/meters/{id}/quantities": {
    get: operation({
      id: "customer_portal:customer_meters:quantities",
      tag: TAG,
      summary: "Get Quantities of the Customer",
      description:
        "Gets what the customer has used of a meter over time. Every event that was accepted before the request counts.",
      scopes: null,
      polar: false,
      path: oneOf("The balance's id, or the meter's."),
      query: parameters(PortalQuantitiesQuery.shape, {
        start_timestamp: { description: start_timestamp, example: "2026-01-01T00:00:00Z" },
        end_timestamp: { description: end_timestamp, example: "2026-01-03T00:00:00Z" },
        interval: {
          description: "The length of the period that a row covers; `total` for one row that covers exactly the range.",
          example: "day",
        },
        timezone,
        group_by: {
          description: "Also answers the quantities of groups, by the value of one of the meter's dimensions.",
          examples: ["model"],
        },
        group_limit,
        group_sorting,
      }),
      answers: { 200: response("The quantities.", Quantities, HEADERS.eventsFrom) },
    }),
  },
  "/v1/customer-portal/customers/me": {
    get: operation({
      id: "customer_portal:customers:get",
      tag: TAG,
      summary: "Get Customer",
      description: "Gets the customer of the session.",
      scopes: null,
      answers: { 200: response("The customer.", PortalCustomer) },
    }),
  },
  "/v1/customer-portal/customer-session/introspect": {
    get: operation({
      id: "customer_portal:customer-session:introspect",
      tag: TAG,
      summary: "Introspect Customer Session",
      description: "Tells until when the session is valid, and where it leads back to.",
      scopes: null,
      answers: { 200: response("The session.", PortalSession) },
    }),
  },
  "/v1/customer-portal/customer-session/user": {
    get: operation({
      id: "customer_portal:customer-session:get_authenticated_user",
      tag: TAG,
      summary: "Get Authenticated User",
      description: "Tells who the session acts for.",
      scopes: null,
      answers: { 200: response("The customer.", PortalUser) },
    }),
  },
};
