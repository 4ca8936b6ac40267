import {
  boolean,
  integer,
  list,
  named,
  number,
  object,
  oneOf,
  orNull,
  text,
  time,
  union,
  uuid,
  type Names,
  type Type,
} from "./types.ts";

// Facts about events in Polar's API, as in polar.ts.

const AMOUNT = text({ pattern: String.raw`^(?!^[-+.]*$)[+-]?0*(?:\d{0,5}|(?=[\d.]{1,18}0*$)\d{0,5}\.\d{0,12}0*$)` });
const USD = text({ pattern: "usd" });
/** Numbers and booleans; text beside them has limits in requests only. */
export const PLAIN = [integer(), number, boolean];
/** A value of metadata in a request. */
export const PAIR_SENT = union(text({ min: 1, max: 500 }), ...PLAIN);

/** What both forms of an event share. */
const EVENT: Record<string, Type> = {
  "timestamp?": time,
  name: text({ max: 128 }),
  "organization_id?": orNull(uuid),
  "external_id?": orNull(text()),
  "parent_id?": orNull(text()),
  "metadata?": named("EventMetadataInput"),
};

/** What an event is in any answer, whoever made it. */
const EVENT_ANSWERED: Record<string, Type> = {
  id: uuid,
  timestamp: time,
  organization_id: uuid,
  customer_id: orNull(uuid),
  customer: orNull(named("Customer")),
  external_customer_id: orNull(text()),
  "member_id?": orNull(uuid),
  "external_member_id?": orNull(text()),
  "child_count?": integer(),
  "parent_id?": orNull(uuid),
  label: text(),
};

/** The named types of events. */
export const EVENT_SCHEMAS: Names = {
  EventSource: oneOf("system", "user"),
  EventSortProperty: oneOf("timestamp", "-timestamp"),
  EventNamesSortProperty: oneOf(
    ...["name", "occurrences", "first_seen", "last_seen"].flatMap((name) => [name, `-${name}`]),
  ),
  "CostMetadata-Input": object({ amount: union(number, AMOUNT), currency: USD }),
  "CostMetadata-Output": object({ amount: AMOUNT, currency: USD }),
  LLMMetadata: object({
    vendor: text(),
    model: text(),
    "prompt?": orNull(text()),
    "response?": orNull(text()),
    input_tokens: integer(),
    "cached_input_tokens?": integer(),
    output_tokens: integer(),
    total_tokens: integer(),
  }),
  EventMetadataInput: object({ "_cost?": named("CostMetadata-Input"), "_llm?": named("LLMMetadata") }, PAIR_SENT),
  EventMetadataOutput: object(
    { "_cost?": named("CostMetadata-Output"), "_llm?": named("LLMMetadata") },
    union(text(), ...PLAIN),
  ),
  EventCreateCustomer: object({ ...EVENT, customer_id: uuid, "member_id?": orNull(uuid) }),
  EventCreateExternalCustomer: object({
    ...EVENT,
    external_customer_id: text(),
    "external_member_id?": orNull(text()),
  }),
  EventsIngest: object({ events: list(union(named("EventCreateCustomer"), named("EventCreateExternalCustomer"))) }),
  EventsIngestResponse: object({ inserted: integer(), "duplicates?": integer() }),
  Event: union(named("SystemEvent"), named("UserEvent")),
  UserEvent: object({
    ...EVENT_ANSWERED,
    name: text(),
    source: oneOf("user"),
    metadata: named("EventMetadataOutput"),
  }),
  // Polar has more of them.
  SystemEvent: union(named("MeterCreditEvent"), named("MeterResetEvent")),
  MeterCreditEvent: object({
    ...EVENT_ANSWERED,
    name: oneOf("meter.credited"),
    source: oneOf("system"),
    metadata: named("MeterCreditedMetadata"),
  }),
  MeterCreditedMetadata: object({ meter_id: uuid, units: integer(), rollover: boolean }),
  MeterResetEvent: object({
    ...EVENT_ANSWERED,
    name: oneOf("meter.reset"),
    source: oneOf("system"),
    metadata: named("MeterResetMetadata"),
  }),
  MeterResetMetadata: object({ meter_id: uuid }),
  EventName: object({
    name: text(),
    label: text(),
    source: named("EventSource"),
    occurrences: integer(),
    first_seen: time,
    last_seen: time,
  }),
};
