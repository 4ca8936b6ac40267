import * as z from "zod/mini";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { operation, response } from "../http/openapi.ts";
import { listOf } from "../http/openapi-answers.ts";
import { Conflict } from "../http/openapi-errors.ts";
import { EDGEMETER_ONLY, fields, LIST_PARAMETERS, parameters } from "../wire/openapi.ts";
import { Create, Delivery, Endpoint, Update } from "./openapi-components.ts";
import { DeliveryListQuery, EndpointListQuery, EndpointPath, EventPath, MAX_ENDPOINTS } from "./schemas.ts";

const TAG = "webhooks";
const READ = ["webhooks:read", "webhooks:write"] as const;

const ONE = fields(EndpointPath, {
  id: {
    param: {
      description: "The id of a webhook endpoint in your organization; Create Webhook Endpoint returns it.",
      example: "6c1f0d7a-3f5e-4c6b-9d20-5b7a1e8c4f92",
    },
  },
});
const EVENT = fields(EventPath, {
  id: {
    param: {
      description: "The id of a webhook event of your organization; List Webhook Deliveries returns it.",
      example: "d2a5b8c1-7e40-4f39-8b16-0c9d3e5f7a21",
    },
  },
});
const ACCEPTED = z.null();
const { organization_id, page, limit } = LIST_PARAMETERS;

/** The paths of webhooks in the API's document. */
export const webhookPaths: ZodOpenApiPathsObject = {
  "/v1/webhooks/endpoints": {
    get: operation({
      id: "webhooks:list_webhook_endpoints",
      tag: TAG,
      summary: "List Webhook Endpoints",
      description: "Lists the organization's endpoints with their secrets, oldest first.",
      scopes: [...READ],
      query: parameters(EndpointListQuery.def.in.shape, { organization_id, page, limit }),
      answers: { 200: response("A page of endpoints.", listOf("WebhookEndpoint", Endpoint)) },
    }),
    post: operation({
      id: "webhooks:create_webhook_endpoint",
      tag: TAG,
      summary: "Create Webhook Endpoint",
      description: `Creates an endpoint, to which the requested types of events are sent. An organization can have ${MAX_ENDPOINTS}. Each event is sent until the endpoint answers with a status 2xx within 10 seconds: at once, and then up to nine times more within two days. It can arrive twice, with the same \`webhook-id\`. Requests are signed as [Standard Webhooks](https://www.standardwebhooks.com) define it, so its libraries verify them, and Polar's SDKs do.`,
      scopes: ["webhooks:write"],
      body: Create,
      answers: {
        201: response("The endpoint, with its secret.", Endpoint),
        409: response(`The organization has ${MAX_ENDPOINTS} endpoints.`, Conflict),
      },
    }),
  },
  "/v1/webhooks/endpoints/{id}": {
    get: operation({
      id: "webhooks:get_webhook_endpoint",
      tag: TAG,
      summary: "Get Webhook Endpoint",
      description: "Gets an endpoint with its secret.",
      scopes: [...READ],
      path: ONE,
      answers: { 200: response("The endpoint.", Endpoint) },
    }),
    patch: operation({
      id: "webhooks:update_webhook_endpoint",
      tag: TAG,
      summary: "Update Webhook Endpoint",
      description: "Changes an endpoint, or disables or enables it.",
      scopes: ["webhooks:write"],
      path: ONE,
      body: Update,
      answers: { 200: response("The endpoint.", Endpoint) },
    }),
    delete: operation({
      id: "webhooks:delete_webhook_endpoint",
      tag: TAG,
      summary: "Delete Webhook Endpoint",
      description:
        "Deletes an endpoint. What was not delivered yet is not sent any more; the attempts before are still listed.",
      scopes: ["webhooks:write"],
      path: ONE,
      answers: { 204: response("The endpoint is deleted.", null) },
    }),
  },
  "/v1/webhooks/endpoints/{id}/secret": {
    patch: operation({
      id: "webhooks:reset_webhook_endpoint_secret",
      tag: TAG,
      summary: "Reset Webhook Endpoint Secret",
      description:
        "Gives an endpoint a new secret. All later attempts are signed with it, including those of earlier events.",
      scopes: ["webhooks:write"],
      path: ONE,
      answers: { 200: response("The endpoint, with the new secret.", Endpoint) },
    }),
  },
  "/v1/webhooks/endpoints/{id}/test": {
    post: operation({
      id: "webhooks:test_webhook_endpoint",
      tag: TAG,
      summary: "Test Webhook Endpoint",
      description:
        'Sends `{"type":"webhook.test","timestamp":…,"data":{}}` to an endpoint, signed as any other event and listed among the deliveries, but once only.',
      scopes: ["webhooks:write"],
      polar: false,
      path: ONE,
      answers: {
        202: response(`The test is sent after this answer. ${EDGEMETER_ONLY}`, ACCEPTED),
        409: response("The endpoint is disabled.", Conflict),
      },
    }),
  },
  "/v1/webhooks/deliveries": {
    get: operation({
      id: "webhooks:list_webhook_deliveries",
      tag: TAG,
      summary: "List Webhook Deliveries",
      description: "Lists attempts, newest first, with their events. All filters must hold. They are kept 90 days.",
      scopes: [...READ],
      query: parameters(DeliveryListQuery.def.in.shape, {
        page,
        limit,
        endpoint_id: "Only attempts at these endpoints.",
        start_timestamp: "Only attempts from this time on.",
        end_timestamp: "Only attempts up to this time.",
        succeeded: "Only attempts that succeeded, or only those that failed.",
        query: "Only attempts whose payload or answer contains this text, or of the event with this id.",
        http_code_class: "Only attempts that were answered with such a status.",
        event_type: "Only events of these types.",
      }),
      answers: { 200: response("A page of attempts.", listOf("WebhookDelivery", Delivery)) },
    }),
  },
  "/v1/webhooks/events/{id}/redeliver": {
    post: operation({
      id: "webhooks:redeliver_webhook_event",
      tag: TAG,
      summary: "Redeliver Webhook Event",
      description:
        "Sends an event again, with its first payload and id, to every enabled endpoint that names its type now; with up to nine repetitions, as when it happened.",
      scopes: ["webhooks:write"],
      path: EVENT,
      answers: {
        202: response("The event is sent after this answer.", ACCEPTED),
        409: response("The payload was deleted, or no enabled endpoint names the type.", Conflict),
      },
    }),
  },
};
