import type { ZodOpenApiPathsObject } from "zod-openapi";
import { Conflict } from "../http/openapi-errors.ts";
import { HEADERS, operation, REQUEST_HEADERS, response } from "../http/openapi.ts";
import { orCsv } from "../http/openapi-csv.ts";
import { cursorListOf } from "../http/openapi-answers.ts";
import {
  EDGEMETER_ONLY,
  fields,
  CURSOR_PARAMETER,
  FORMAT_PARAMETER,
  LIST_PARAMETERS,
  parameters,
} from "../wire/openapi.ts";
import { Create, Customer, CustomerState, Erasure, Update, UpdateExternalId } from "./openapi-components.ts";
import { CustomerDeleteQuery, CustomerListQuery, CustomerPath, ExternalCustomerPath } from "./schemas.ts";

const TAG = "customers";
const READ = ["customers:read", "customers:write"] as const;

const BY_ID = fields(CustomerPath, {
  id: {
    param: {
      description:
        "The id of a customer in your organization; create one first. Create Customer and List Customers return it.",
      example: "9b2d8c1e-5f30-4a7b-8c46-1d2e3f405162",
    },
  },
});
const BY_EXTERNAL_ID = fields(ExternalCustomerPath, {
  external_id: {
    param: {
      description: "Your own id of a customer, percent-encoded, a slash in it too.",
      example: "customer-1",
    },
  },
});

const DELETE_QUERY = parameters(CustomerDeleteQuery.shape, {
  anonymize: {
    description:
      "Also removes the e-mail address, the name and the metadata from storage; from a customer that is deleted already, too.",
    default: false,
  },
  events: {
    description: `Also erases the customer's events by either id, their share in quantities, the \`external_id\` and all that \`anonymize\` removes; of a customer that is deleted already, too. The answer is 202 until it is done: repeat the request. ${EDGEMETER_ONLY}`,
    default: false,
  },
});
const FOUND = {
  200: response("The customer.", Customer, HEADERS.etag),
  304: response(`The customer still has a version in If-None-Match. ${EDGEMETER_ONLY}`, null, HEADERS.etag),
};
const CHANGED = { 200: response("The customer.", Customer, HEADERS.etag) };
const DELETED = {
  202: response(
    `The customer is deleted, and some of its events are still to be erased: repeat the request. ${EDGEMETER_ONLY}`,
    Erasure,
  ),
  204: response("The customer is deleted, and with `events` all of its events are erased.", null),
};

const DELETED_EXTERNAL = {
  ...DELETED,
  409: response(
    `With \`events\` or \`anonymize\`: no customer has this \`external_id\`, and several deleted ones had it. Name one by its id. ${EDGEMETER_ONLY}`,
    Conflict,
  ),
};

const STATE = { 200: response("The customer with its balances.", CustomerState) };
const STATE_DESCRIPTION =
  "Gets a customer with the balance on each meter, as of now: every event, credit and reset that was accepted before the request counts.";

const UPDATE = "Changes the fields that you send. An `external_id` can be set once. The body can have at most 1 MiB.";
const UPDATE_EXTERNAL =
  "Changes the fields that you send; an `external_id` is ignored. The body can have at most 1 MiB.";
const DELETE =
  "Deletes a customer: it is not found any more, and its e-mail address and `external_id` are free for others. Its events stay, with the ids that they carry, unless you ask for `events`: they are nobody's, also when another customer gets the `external_id`.";

/** The paths of customers in the API's document. */
export const customerPaths: ZodOpenApiPathsObject = {
  "/v1/customers/": {
    get: operation({
      id: "customers:list",
      tag: TAG,
      summary: "List Customers",
      description: "Lists the organization's customers, one page at a time.",
      scopes: [...READ],
      query: parameters(CustomerListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        cursor: CURSOR_PARAMETER,
        format: FORMAT_PARAMETER,
        email: "Only the customer with this e-mail address; case is ignored.",
        query:
          "Only customers whose e-mail address or name contains this text, or whose `external_id` begins with it; case is ignored.",
        sorting: {
          description:
            "The fields to sort by, the most significant first. Customers without a name come last in ascending order. Ties are sorted by id.",
          default: ["-created_at"],
        },
        metadata: "Only customers with these metadata values.",
      }),
      answers: { 200: orCsv(response("A page of customers.", cursorListOf("Customer", Customer))) },
    }),
    post: operation({
      id: "customers:create",
      tag: TAG,
      summary: "Create Customer",
      description:
        "Creates a customer. Events that carry its `external_id` are its own, also those that were ingested earlier, but not before another customer with it was deleted. The body can have at most 1 MiB.",
      scopes: ["customers:write"],
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Create,
      answers: { 201: response("The customer.", Customer, { ...HEADERS.etag, ...HEADERS.replayed }) },
    }),
  },
  "/v1/customers/{id}": {
    get: operation({
      id: "customers:get",
      tag: TAG,
      summary: "Get Customer",
      description: "Gets a customer.",
      scopes: [...READ],
      path: BY_ID,
      headers: REQUEST_HEADERS.ifNoneMatch,
      answers: FOUND,
    }),
    patch: operation({
      id: "customers:update",
      tag: TAG,
      summary: "Update Customer",
      description: UPDATE,
      scopes: ["customers:write"],
      path: BY_ID,
      headers: REQUEST_HEADERS.ifMatch,
      body: Update,
      conditional: true,
      answers: CHANGED,
    }),
    delete: operation({
      id: "customers:delete",
      tag: TAG,
      summary: "Delete Customer",
      description: DELETE,
      scopes: ["customers:write"],
      path: BY_ID,
      query: DELETE_QUERY,
      answers: DELETED,
    }),
  },
  "/v1/customers/{id}/state": {
    get: operation({
      id: "customers:get_state",
      tag: TAG,
      summary: "Get Customer State",
      description: STATE_DESCRIPTION,
      scopes: [...READ],
      path: BY_ID,
      answers: STATE,
    }),
  },
  "/v1/customers/external/{external_id}": {
    get: operation({
      id: "customers:get_external",
      tag: TAG,
      summary: "Get Customer by External ID",
      description: "Gets a customer by your own id.",
      scopes: [...READ],
      path: BY_EXTERNAL_ID,
      headers: REQUEST_HEADERS.ifNoneMatch,
      answers: FOUND,
    }),
    patch: operation({
      id: "customers:update_external",
      tag: TAG,
      summary: "Update Customer by External ID",
      description: UPDATE_EXTERNAL,
      scopes: ["customers:write"],
      path: BY_EXTERNAL_ID,
      headers: REQUEST_HEADERS.ifMatch,
      body: UpdateExternalId,
      conditional: true,
      answers: CHANGED,
    }),
    delete: operation({
      id: "customers:delete_external",
      tag: TAG,
      summary: "Delete Customer by External ID",
      description: DELETE,
      scopes: ["customers:write"],
      path: BY_EXTERNAL_ID,
      query: DELETE_QUERY,
      answers: DELETED_EXTERNAL,
    }),
  },
  "/v1/customers/external/{external_id}/state": {
    get: operation({
      id: "customers:get_state_external",
      tag: TAG,
      summary: "Get Customer State by External ID",
      description: `${STATE_DESCRIPTION} The customer is named by your own id.`,
      scopes: [...READ],
      path: BY_EXTERNAL_ID,
      answers: STATE,
    }),
  },
};
