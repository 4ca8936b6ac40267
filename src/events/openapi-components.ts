import * as z from "zod/mini";
import {
  component,
  count,
  describe,
  fields,
  id,
  INPUT_PAIR,
  OUTPUT_PAIR,
  OWN,
  ref,
  time,
  words,
} from "../schema/openapi.ts";
import { CostMetadata, EventMetadata, LlmMetadata } from "./metadata.ts";
import {
  EventCreateCustomer,
  EventCreateExternalCustomer,
  EventNamesSortProperty,
  EventsIngest,
  EventSortProperty,
  EventSource,
  MAX_EVENTS,
} from "./schemas.ts";

/** At most 5 digits before the point and 12 after it, zeros at either end apart: as Polar's document writes it. */
const AMOUNT = String.raw`^(?!^[-+.]*$)[+-]?0*(?:\d{0,5}|(?=[\d.]{1,18}0*$)\d{0,5}\.\d{0,12}0*$)`;

component("EventSource", EventSource, "Who made the event: the platform or you.");
component("EventSortProperty", EventSortProperty, "An order; `-` in front for descending.");
component("EventNamesSortProperty", EventNamesSortProperty, "An order; `-` in front for descending.");

const Llm = component(
  "LLMMetadata",
  fields(LlmMetadata, {
    vendor: "Who runs the model.",
    model: "The model.",
    prompt: "What was asked.",
    response: "What it answered.",
    input_tokens: "Tokens read.",
    cached_input_tokens: "Tokens read from a cache, of those.",
    output_tokens: "Tokens written.",
    total_tokens: "Tokens in all.",
  }),
  { description: "The use of a language model.", unusedIO: "input" },
);

const CostInput = component(
  "CostMetadata-Input",
  fields(CostMetadata, {
    amount: {
      description: "A number, or its text to keep every digit: at most 5 digits before the point, 12 after it.",
      override: { anyOf: [{ type: "number" }, { type: "string" }] },
    },
    currency: { description: "The only currency is `usd`.", const: "usd" },
  }),
  { description: "What the event cost.", unusedIO: "input" },
);
const CostOutput = component(
  "CostMetadata-Output",
  z.object({
    amount: describe(z.string(), { description: "The amount, digit for digit.", pattern: AMOUNT }),
    currency: describe(z.literal("usd"), "The currency."),
  }),
  "What the event cost.",
);

const MetadataInput = component("EventMetadataInput", EventMetadata, {
  description:
    "What is known of the event: text of 1 to 500 characters, numbers and booleans under keys of your own, a cost under `_cost`, the use of a language model under `_llm`. Integers beyond ±(2^53 − 1) are refused.",
  override: {
    type: "object",
    properties: { _cost: ref("CostMetadata-Input"), _llm: ref("LLMMetadata") },
    additionalProperties: INPUT_PAIR,
  },
});
const MetadataOutput = component("EventMetadataOutput", z.custom(), {
  description: "What is known of the event.",
  override: {
    type: "object",
    properties: { _cost: ref("CostMetadata-Output"), _llm: ref("LLMMetadata") },
    additionalProperties: OUTPUT_PAIR,
  },
});

const SENT = {
  timestamp: "When it happened, not in the future; when it is received, where this is left out.",
  name: "What happened: what filters mostly ask for.",
  organization_id: "The organization that the event belongs to. A token may name its own only.",
  external_id: "Your id of the event. A second event with it is a duplicate and is left out.",
  parent_id: "The event that this one belongs to. It is kept; there are no hierarchies yet.",
} as const;
const ByExternalId = component(
  "EventCreateExternalCustomer",
  fields(EventCreateExternalCustomer, { ...SENT, external_customer_id: "Your id of the customer." }),
  { description: "An event of a customer whom you know by an id of your own.", unusedIO: "input" },
);
const ById = component(
  "EventCreateCustomer",
  fields(EventCreateCustomer, { ...SENT, customer_id: "The id of the customer here." }),
  {
    description: "An event of a customer who is known here. There is no customers resource yet: every id is refused.",
    unusedIO: "input",
  },
);
/** The body of an ingestion. */
export const Ingest = component(
  "EventsIngest",
  fields(EventsIngest, {
    events: {
      description: `The events, at most ${MAX_EVENTS}: all of them are accepted or none.`,
      override: {
        type: "array",
        maxItems: MAX_EVENTS,
        items: { anyOf: [ref("EventCreateCustomer"), ref("EventCreateExternalCustomer")] },
      },
    },
  }),
  { description: "Events to ingest.", override: { required: ["events"] } },
);

const Outcome = component(
  "EventIngestOutcome",
  z.object({
    index: count("The event's place in the request."),
    id: id("The id of the event, or of the one that was stored before under its external_id."),
    result: describe(z.enum(["inserted", "duplicate", "duplicate_differs"]), "What became of it."),
    differs: z.optional(describe(z.array(z.string()), "The fields in which a duplicate differs from what is stored.")),
  }),
  `What became of an event. ${OWN}`,
);
/** What an ingestion answers. */
export const IngestAnswer = component(
  "EventsIngestResponse",
  z.object({
    inserted: count("Events that were stored."),
    duplicates: describe(count("Events that were left out: their external_id is stored already."), { default: 0 }),
    events: z.optional(
      describe(z.array(Outcome), `What became of each event; with \`Prefer: return=representation\`. ${OWN}`),
    ),
  }),
  "What became of the events.",
);

const nothing = (description: string) => describe(z.null(), description);

const UserEvent = component(
  "UserEvent",
  z.object({
    id: id("The event's id."),
    timestamp: time("When it happened."),
    organization_id: id("The organization that it belongs to."),
    customer_id: nothing("Always null: there is no customers resource yet."),
    customer: nothing("Always null: there is no customers resource yet."),
    external_customer_id: describe(z.nullable(z.string()), "Your id of the customer."),
    child_count: describe(count("Always 0: there are no hierarchies yet."), { default: 0 }),
    parent_id: nothing("Always null: there are no hierarchies yet."),
    label: words("What to show; the name."),
    name: words("What happened."),
    source: describe(z.literal("user"), "Who made it: you."),
    metadata: MetadataOutput,
  }),
  "An event that you sent.",
);

/** An event in an answer. */
export const Event = component("Event", z.custom(), { description: "An event.", override: ref("UserEvent") });

/** A name of events in an answer. */
export const EventName = component(
  "EventName",
  z.object({
    name: words("The name."),
    label: words("What to show; the name."),
    source: EventSource,
    occurrences: count("How many events have it."),
    first_seen: time("When the first happened."),
    last_seen: time("When the last happened."),
  }),
  "A name of events.",
);

/** Schemas that only others' text refers to. */
export const eventComponents = {
  UserEvent,
  LLMMetadata: Llm,
  "CostMetadata-Input": CostInput,
  "CostMetadata-Output": CostOutput,
  EventMetadataInput: MetadataInput,
  EventCreateCustomer: ById,
  EventCreateExternalCustomer: ByExternalId,
};
