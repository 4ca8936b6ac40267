import * as z from "zod/mini";
import {
  component,
  countField,
  annotate,
  fields,
  idField,
  INPUT_PAIR,
  OUTPUT_PAIR,
  EDGEMETER_ONLY,
  ref,
  timeField,
  textField,
} from "../wire/openapi.ts";
import { Warnings } from "../http/openapi-answers.ts";
import { eventAnswers } from "./openapi-answers.ts";
import { explanationComponents } from "./openapi-explanation.ts";
import { CostMetadata, EventMetadata, LlmMetadata } from "./metadata.ts";
import {
  EventCreateCustomer,
  EventCreateExternalCustomer,
  EventCreateWithoutCustomer,
  EventNamesSortProperty,
  EventsIngest,
  EventSortProperty,
  EventSource,
  MAX_EVENTS,
} from "./schemas.ts";

/** At most 5 digits before the point and 12 after it, not counting zeros at either end: as Polar's document writes it. */
const AMOUNT = String.raw`^(?!^[-+.]*$)[+-]?0*(?:\d{0,5}|(?=[\d.]{1,18}0*$)\d{0,5}\.\d{0,12}0*$)`;

component("EventSource", EventSource, "Who made the event: `system` is the platform, `user` is you.");
component("EventSortProperty", EventSortProperty, "A field to sort by; a leading `-` sorts in descending order.");
component(
  "EventNamesSortProperty",
  EventNamesSortProperty,
  "A field to sort by; a leading `-` sorts in descending order.",
);

const Llm = component(
  "LLMMetadata",
  fields(LlmMetadata, {
    vendor: "The provider of the model.",
    model: "The name of the model.",
    prompt: "The prompt.",
    response: "The response.",
    input_tokens: "Input tokens.",
    cached_input_tokens: "How many of the input tokens were read from a cache.",
    output_tokens: "Output tokens.",
    total_tokens: "All tokens.",
  }),
  {
    description: "The usage of a language model. Further fields are kept if they are text, numbers, booleans or null.",
    unusedIO: "input",
    override: ({ jsonSchema }) => {
      jsonSchema.additionalProperties = {
        anyOf: [{ type: "null" }, ...(OUTPUT_PAIR as { anyOf: object[] }).anyOf],
      } as never;
    },
  },
);

const CostInput = component(
  "CostMetadata-Input",
  fields(CostMetadata, {
    amount: {
      description:
        "At most 5 digits before the point and 12 after it. A number with more decimals is rounded, half to even; text keeps every digit. Filters and aggregations take either as a number.",
      override: { anyOf: [{ type: "number" }, { type: "string" }] },
    },
    currency: { description: "The only currency is `usd`.", const: "usd" },
  }),
  { description: "The cost of the event.", unusedIO: "input" },
);
const CostOutput = component(
  "CostMetadata-Output",
  z.object({
    amount: annotate(z.string(), { description: "The amount, digit for digit.", pattern: AMOUNT }),
    currency: annotate(z.literal("usd"), "The currency."),
  }),
  "The cost of the event.",
);

const MetadataInput = component("EventMetadataInput", EventMetadata, {
  description:
    "Properties of the event: text of 1 to 500 characters, numbers and booleans under keys of your own, a cost under `_cost`, the usage of a language model under `_llm`. Integers beyond ±(2^53 − 1) are refused.",
  override: {
    type: "object",
    properties: { _cost: ref("CostMetadata-Input"), _llm: ref("LLMMetadata") },
    additionalProperties: INPUT_PAIR,
  },
});
const EVENT_FIELDS = {
  timestamp:
    "When it happened; at most five minutes ahead of the server's clock. The default is the time of the request.",
  name: "What happened. Most filters compare it.",
  organization_id: "The organization that the event belongs to: only the token's own, which is the default.",
  external_id:
    "Your id of the event. A second event with the same id is a duplicate and is not stored. An empty text is no id.",
  parent_id: "The event that this one belongs to. Accepted, and not used yet.",
} as const;
const ByExternalId = component(
  "EventCreateExternalCustomer",
  fields(EventCreateExternalCustomer, {
    ...EVENT_FIELDS,
    external_customer_id:
      "Your id of the customer, exactly as the customer has it: white space around it belongs to it.",
  }),
  { description: "An event of a customer, by your own id of the customer.", unusedIO: "input" },
);
const ById = component(
  "EventCreateCustomer",
  fields(EventCreateCustomer, {
    ...EVENT_FIELDS,
    customer_id: "The customer's id in Edgemeter; an unknown one is a 422. It counts before an `external_customer_id`.",
    external_customer_id: {
      description: "Your id of the customer, stored with the event and not used.",
      override: { anyOf: [{ type: "string" }, { type: "null" }] },
    },
  }),
  {
    description: "An event of a customer, by the customer's id in Edgemeter.",
    unusedIO: "input",
  },
);
/** An event whose customer another part of the request names. */
export const WithoutCustomer = component(
  "EventCreateWithoutCustomer",
  fields(z.omit(EventCreateWithoutCustomer, { customer_id: true, external_customer_id: true }), {
    timestamp: EVENT_FIELDS.timestamp,
    name: EVENT_FIELDS.name,
    external_id: EVENT_FIELDS.external_id,
  }),
  `An event of the customer that the request names. ${EDGEMETER_ONLY}`,
);

/** An event in a request, in either form. */
export const EVENT_INPUT = { anyOf: [ref("EventCreateCustomer"), ref("EventCreateExternalCustomer")] };

/** The body of an ingestion. */
export const Ingest = component(
  "EventsIngest",
  fields(EventsIngest, {
    events: {
      description: `The events, at most ${MAX_EVENTS.toLocaleString("en-US")}. Either all of them are accepted or none.`,
      override: {
        type: "array",
        maxItems: MAX_EVENTS,
        items: EVENT_INPUT,
      },
    },
  }),
  { description: "Events to ingest.", override: { required: ["events"] } },
);

const OUTCOME = {
  id: idField("The id of the event, or of the stored event with the same `external_id`."),
  result: annotate(
    z.enum(["inserted", "duplicate", "duplicate_differs"]),
    "`inserted`: stored. `duplicate`: already stored. `duplicate_differs`: already stored, with different fields.",
  ),
  differs: z.optional(annotate(z.array(z.string()), "The fields in which a duplicate differs from the stored event.")),
};
/** The outcome of one event of a request. */
export const Outcome = component(
  "EventIngestOutcome",
  z.object({ index: countField("The event's index in the request."), ...OUTCOME }),
  `The outcome of one event. ${EDGEMETER_ONLY}`,
);
/** The outcome of the event of a consumption or a settlement. */
export const EventOutcome = component("EventOutcome", z.object(OUTCOME), `The outcome of an event. ${EDGEMETER_ONLY}`);
/** The answer to an ingestion. */
export const IngestAnswer = component(
  "EventsIngestResponse",
  z.object({
    inserted: countField("Events that were stored."),
    duplicates: annotate(countField("Events that were not stored, because their `external_id` is stored already."), {
      default: 0,
    }),
    events: z.optional(
      annotate(
        z.array(Outcome),
        `The outcome of each event; only with \`Prefer: return=representation\`. ${EDGEMETER_ONLY}`,
      ),
    ),
    warnings: Warnings,
  }),
  "The outcome of an ingestion.",
);

/** An event name in an answer. */
export const EventName = component(
  "EventName",
  z.object({
    name: textField("The name."),
    label: textField("The name, for display."),
    source: EventSource,
    occurrences: countField("How many events have this name."),
    first_seen: timeField("When the first of them happened."),
    last_seen: timeField("When the last of them happened."),
  }),
  "An event name.",
);

/** Schemas to which only hand-written references point. */
export const eventComponents = {
  ...eventAnswers,
  ...explanationComponents,
  LLMMetadata: Llm,
  "CostMetadata-Input": CostInput,
  "CostMetadata-Output": CostOutput,
  EventMetadataInput: MetadataInput,
  EventCreateCustomer: ById,
  EventCreateExternalCustomer: ByExternalId,
};
