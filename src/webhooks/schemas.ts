import * as z from "zod/mini";
import { TEST, WEBHOOK_EVENT_TYPES, type WebhookEventType } from "../outbox/types.ts";
import { list } from "../wire/bounded-array.ts";
import { many, pageQuery, QueryBoolean } from "../wire/query.ts";
import { text } from "../wire/text.ts";
import { Timestamp } from "../wire/timestamp.ts";
import { Uuid4 } from "../wire/uuid.ts";

/** The maximum number of endpoints of an organization. */
export const MAX_ENDPOINTS = 10;
/** The maximum length of a URL in code points, as Polar's; and of a name. */
const [MAX_URL, MAX_NAME] = [2083, 255];

/** What an endpoint can be told about. */
export const EventType = z.enum(WEBHOOK_EVENT_TYPES);

/** How events are written; Polar's formats for chat programs do not exist here. */
export const Format = z.enum(["raw"]);

const Url = text({ min: 1, max: MAX_URL });
const Name = z.nullish(text({ max: MAX_NAME }));
/** Types of events, each once. */
const EventTypes = z.pipe(
  list(EventType, { max: 100 }),
  z.transform((types: WebhookEventType[]) => [...new Set(types)]),
);

/** The body of `POST /v1/webhooks/endpoints`. */
export const EndpointCreate = z.object({
  url: Url,
  name: Name,
  format: Format,
  events: EventTypes,
  organization_id: z._default(z.nullable(Uuid4), null),
});
export type EndpointCreate = z.output<typeof EndpointCreate>;

/** The body of `PATCH /v1/webhooks/endpoints/{id}`: what is absent stays; null stays too, except for the name. */
export const EndpointUpdate = z.object({
  url: z.nullish(Url),
  name: Name,
  format: z.nullish(Format),
  events: z.nullish(EventTypes),
  enabled: z.nullish(z.boolean()),
});
export type EndpointUpdate = z.output<typeof EndpointUpdate>;

/** Where a request names an endpoint. */
export const EndpointPath = z.object({ id: Uuid4 });
/** Where a request names an event. */
export const EventPath = z.object({ id: Uuid4 });

/** The query string of `GET /v1/webhooks/endpoints`. */
export const EndpointListQuery = pageQuery({ organization_id: many(Uuid4) }, {});

/** The classes of status codes. */
export const HttpCodeClass = z.enum(["2xx", "3xx", "4xx", "5xx"]);
/** The types of events that are sent: those of endpoints, and tests. */
export const SentType = z.enum([...WEBHOOK_EVENT_TYPES, TEST]);

/** The query string of `GET /v1/webhooks/deliveries`; its filters must all hold. */
export const DeliveryListQuery = pageQuery(
  {
    endpoint_id: many(Uuid4),
    start_timestamp: z.optional(Timestamp),
    end_timestamp: z.optional(Timestamp),
    succeeded: z.optional(QueryBoolean),
    query: z.optional(text()),
    http_code_class: z.optional(HttpCodeClass),
    event_type: many(SentType),
  },
  {},
);
export type DeliveryListQuery = z.output<typeof DeliveryListQuery>;
