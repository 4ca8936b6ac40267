import type { ZodOpenApiPathsObject } from "zod-openapi";
import { CONFLICT, HEADERS, operation, REQUEST_HEADERS, response } from "../http/openapi.ts";
import { listOf } from "../http/openapi-answers.ts";
import { fields, LIST_PARAMETERS, parameters } from "../wire/openapi.ts";
import { Alert, ChangedAlert, Create, Trigger, Update } from "./openapi-components.ts";
import { AlertListQuery, AlertPath, TriggerListQuery } from "./schemas.ts";

const TAG = "alerts";

const ONE = fields(AlertPath, {
  id: {
    param: {
      description: "The id of an alert in your organization; create one first.",
      example: "c4b0f2d6-1a7e-4f39-8d52-6e9b3c7a0f14",
    },
  },
});

const { page, limit } = LIST_PARAMETERS;

/** The paths of alerts in the API's document. */
export const alertPaths: ZodOpenApiPathsObject = {
  "/v1/alerts": {
    get: operation({
      id: "alerts:list",
      tag: TAG,
      summary: "List Alerts",
      description: "Lists alerts, the newest first, one page at a time.",
      scopes: ["alerts:read", "alerts:write"],
      polar: false,
      query: parameters(AlertListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        meter_id: "Only alerts on these meters.",
        customer_id: "Only alerts that watch no one but one of these customers.",
      }),
      answers: { 200: response("A page of alerts.", listOf("Alert", Alert)) },
    }),
    post: operation({
      id: "alerts:create",
      tag: TAG,
      summary: "Create Alert",
      description:
        "Creates an alert: it triggers once for a customer when a balance on the meter reaches a threshold, and again only after a reset, or when the value was back on the other side. What is past a threshold now counts as reached, and so does what is past one right after a reset. An organization can have 100 alerts.",
      scopes: ["alerts:write"],
      polar: false,
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Create,
      answers: { 201: response("The alert.", ChangedAlert, HEADERS.replayed), 409: CONFLICT },
    }),
  },
  "/v1/alerts/{id}": {
    get: operation({
      id: "alerts:get",
      tag: TAG,
      summary: "Get Alert",
      description: "Gets an alert.",
      scopes: ["alerts:read", "alerts:write"],
      polar: false,
      path: ONE,
      answers: { 200: response("The alert.", Alert) },
    }),
    patch: operation({
      id: "alerts:update",
      tag: TAG,
      summary: "Update Alert",
      description:
        "Changes name or thresholds, or disables and enables the alert. What is past a threshold then counts as reached. Another meter, customer or basis is another alert.",
      scopes: ["alerts:write"],
      polar: false,
      path: ONE,
      body: Update,
      answers: { 200: response("The alert.", ChangedAlert), 409: CONFLICT },
    }),
    delete: operation({
      id: "alerts:delete",
      tag: TAG,
      summary: "Delete Alert",
      description: "Deletes an alert; its triggers can no longer be listed.",
      scopes: ["alerts:write"],
      polar: false,
      path: ONE,
      answers: { 204: response("It is deleted.", null) },
    }),
  },
  "/v1/alerts/{id}/triggers": {
    get: operation({
      id: "alerts:list_triggers",
      tag: TAG,
      summary: "List Triggers",
      description:
        "Lists when customers have reached thresholds of the alert, the newest first. Triggers are kept 90 days.",
      scopes: ["alerts:read", "alerts:write"],
      polar: false,
      path: ONE,
      query: parameters(TriggerListQuery.def.in.shape, {
        page,
        limit,
        customer_id: "Only triggers of these customers.",
      }),
      answers: { 200: response("A page of triggers.", listOf("AlertTrigger", Trigger)) },
    }),
  },
};
