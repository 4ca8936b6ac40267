import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { Scope } from "../auth/principal.ts";
import { CONFLICT, HEADERS, operation, REQUEST_HEADERS, response } from "../http/openapi.ts";
import { cursorListOf } from "../http/openapi-answers.ts";
import { Conflict } from "../http/openapi-errors.ts";
import { CURSOR_PARAMETER, fields, LIST_PARAMETERS, parameters } from "../wire/openapi.ts";
import { ANSWERS, Create, Hold, Settled, Settlement } from "./openapi-components.ts";
import { HoldListQuery, HoldPath } from "./schemas.ts";

const TAG = "holds";

const ONE = fields(HoldPath, {
  id: {
    param: {
      description: "The id of a hold in your organization; Create Hold returns it.",
      example: "2f1c7a4e-93d8-4b06-a5e1-7c0d4b8f6e23",
    },
  },
});
const SCOPES: [Scope, ...Scope[]] = ["events:write", "customer_meters:read"];

/** The paths of holds in the API's document. */
export const holdPaths: ZodOpenApiPathsObject = {
  "/v1/customer-meters/holds": {
    get: operation({
      id: "holds:list",
      tag: TAG,
      summary: "List Holds",
      description: "Lists holds, one page at a time. All filters must hold.",
      scopes: ["customer_meters:read"],
      polar: false,
      query: parameters(HoldListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        cursor: CURSOR_PARAMETER,
        customer_id: "Only holds of these customers.",
        external_customer_id: "Only holds of the customers with these ids of your own.",
        meter_id: "Only holds on these meters.",
        status: "Only holds with these statuses.",
        sorting: { description: "The order: newest first by default.", default: ["-created_at"] },
      }),
      answers: { 200: response("A page of holds.", cursorListOf("Hold", Hold)) },
    }),
    post: operation({
      id: "holds:create",
      tag: TAG,
      summary: "Create Hold",
      description:
        "Reserves units of a meter for a customer, if as many are available: for work whose cost is known when it is done. A hold is not a debit: it takes from what is available, not from the balance, until it is settled, released or expired. The decision and the hold are one transaction. A denial is not kept with the `Idempotency-Key`. The customer is named by exactly one of `customer_id` and `external_customer_id`.",
      scopes: SCOPES,
      needs: "all",
      polar: false,
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Create,
      answers: {
        200: response("Not enough is available; nothing is held.", ANSWERS.denied),
        201: response("The hold.", ANSWERS.created, HEADERS.replayed),
        409: CONFLICT,
      },
    }),
  },
  "/v1/customer-meters/holds/{id}": {
    get: operation({
      id: "holds:get",
      tag: TAG,
      summary: "Get Hold",
      description: "Gets a hold. It is deleted 30 days after its end.",
      scopes: ["customer_meters:read"],
      polar: false,
      path: ONE,
      answers: { 200: response("The hold.", Hold) },
    }),
  },
  "/v1/customer-meters/holds/{id}/settle": {
    post: operation({
      id: "holds:settle",
      tag: TAG,
      summary: "Settle Hold",
      description:
        "Appends the event of what was used, and ends the hold, in one transaction. It is never denied, because the usage has happened: it may cost more than was held, and come after the hold has expired. The event carries the customer's id that the hold was made with. The same settlement again answers the same event as a duplicate: the same are those with equal fields, and an absent timestamp equals any. An `external_id` that is stored already settles the hold by that event, and consumes nothing again.",
      scopes: SCOPES,
      needs: "all",
      polar: false,
      path: ONE,
      body: Settlement,
      answers: {
        200: response("The settled hold, and what is available then.", Settled),
        409: response(
          "The hold was released, or settled by another event, or its customer was deleted; or others kept changing it.",
          Conflict,
        ),
      },
    }),
  },
  "/v1/customer-meters/holds/{id}/release": {
    post: operation({
      id: "holds:release",
      tag: TAG,
      summary: "Release Hold",
      description: "Ends a hold without an event. It can be repeated; an expired hold becomes a released one.",
      scopes: SCOPES,
      needs: "all",
      polar: false,
      path: ONE,
      answers: { 200: response("The hold.", Hold), 409: response("The hold was settled.", Conflict) },
    }),
  },
};
