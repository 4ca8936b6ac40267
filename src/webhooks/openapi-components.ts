import * as z from "zod/mini";
import { annotate, component, fields, idField, nullableTimeField, textField, timeField } from "../wire/openapi.ts";
import { EndpointCreate, EndpointUpdate, EventType, Format, HttpCodeClass, SentType } from "./schemas.ts";

component("WebhookEventType", EventType, "What an endpoint can be told about; `alert.triggered` is Edgemeter's own.");
component("WebhookSentType", SentType, "The types of the events that are sent: those of endpoints, and tests.");
component("WebhookFormat", Format, "How events are written. Polar's formats for chat programs do not exist here.");
component("WebhookHttpCodeClass", HttpCodeClass, "A class of status codes.");

const TYPES = { type: "array" as const, items: { $ref: "component:WebhookEventType" } };
const NULL = { type: "null" as const };
const URL_SCHEMA = { type: "string" as const, format: "uri", minLength: 1, maxLength: 2083 };
const URL_RULES =
  "An `https` URL without credentials or fragment; a host that is an address must be one on the internet. Redirects are not followed.";

/** The body of a creation. */
export const Create = component(
  "WebhookEndpointCreate",
  fields(EndpointCreate, {
    url: { description: `Where events are sent. ${URL_RULES}`, override: URL_SCHEMA },
    name: "What the endpoint is for.",
    format: "How events are written.",
    events: {
      description:
        "What the endpoint is told about. The SDKs refuse types that they do not know, so take `alert.triggered` only where it is handled.",
      override: TYPES,
    },
    organization_id: "Only the token's own organization, which is the default.",
  }),
  "An endpoint to create.",
);

/** The body of an update. */
export const Update = component(
  "WebhookEndpointUpdate",
  fields(EndpointUpdate, {
    url: {
      description: `Where events are sent. ${URL_RULES} Null changes nothing.`,
      override: { anyOf: [URL_SCHEMA, NULL] },
    },
    name: "What the endpoint is for.",
    format: "How events are written. Null changes nothing.",
    events: {
      description: "What the endpoint is told about. Null changes nothing.",
      override: { anyOf: [TYPES, NULL] },
    },
    enabled:
      "Whether events are sent. What was not delivered yet waits at a disabled endpoint, at most 30 days. Null changes nothing.",
  }),
  "The fields of an endpoint to change; the others stay as they are.",
);

/** An endpoint in an answer. */
export const Endpoint = component(
  "WebhookEndpoint",
  z.object({
    created_at: timeField("When the endpoint was created."),
    modified_at: nullableTimeField("When it was last changed."),
    id: idField("The endpoint's id."),
    url: textField("Where events are sent."),
    name: annotate(z.nullable(z.string()), "What the endpoint is for."),
    format: Format,
    secret: textField("The key of the signatures, as Standard Webhooks write it: keep it like a token."),
    organization_id: idField("The organization whose events are sent."),
    events: annotate(z.array(EventType), "What the endpoint is told about."),
    enabled: annotate(
      z.boolean(),
      "Whether events are sent. An answer 410, and ten deliveries in a row that failed for good, disable an endpoint.",
    ),
  }),
  "Where an organization wants webhook events to be sent.",
);

const Event = component(
  "WebhookEvent",
  z.object({
    created_at: timeField("When it happened."),
    modified_at: nullableTimeField("When it was last sent."),
    id: idField("The event's id, which is the header `webhook-id` of every attempt."),
    last_http_code: annotate(z.nullable(z.int()), "The status of the last answer of this endpoint."),
    succeeded: annotate(
      z.nullable(z.boolean()),
      "Whether it was delivered to this endpoint; null until that is certain.",
    ),
    skipped: annotate(z.boolean(), "Whether it was given up before the last attempt."),
    payload: annotate(
      z.nullable(z.string()),
      "The body of the request; null after it was deleted: 30 days after the last attempt, or when its customer was erased.",
    ),
    type: SentType,
    is_archived: annotate(z.boolean(), "Whether the payload was deleted."),
  }),
  "A webhook event, as it stands at an endpoint.",
);

/** An attempt in an answer. */
export const Delivery = component(
  "WebhookDelivery",
  z.object({
    created_at: timeField("When the event was sent."),
    modified_at: annotate(z.null(), "Always null: an attempt is not changed."),
    id: idField("The attempt's id."),
    succeeded: annotate(z.boolean(), "Whether the endpoint answered with a status 2xx within 10 seconds."),
    http_code: annotate(z.nullable(z.int()), "The status of the answer; null if there was none."),
    response: annotate(z.nullable(z.string()), "The first 1,000 characters of the answer, or why there was none."),
    webhook_event: Event,
  }),
  "One attempt to send an event to an endpoint.",
);
