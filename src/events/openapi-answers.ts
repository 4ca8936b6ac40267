import * as z from "zod/mini";
import { Customer } from "../customers/openapi-components.ts";
import {
  annotate,
  component,
  countField,
  EDGEMETER_ONLY,
  idField,
  INTEGER,
  OUTPUT_PAIR,
  ref,
  textField,
  timeField,
} from "../wire/openapi.ts";

const MetadataOutput = component("EventMetadataOutput", z.custom(), {
  description: "Properties of the event.",
  override: {
    type: "object",
    properties: { _cost: ref("CostMetadata-Output"), _llm: ref("LLMMetadata") },
    additionalProperties: OUTPUT_PAIR,
  },
});

const nothing = (description: string) => annotate(z.null(), description);

/** What all events in answers share, apart from the fields that tell their kinds apart. */
const EVENT = {
  id: idField("The event's id."),
  timestamp: timeField("When it happened."),
  organization_id: idField("The organization that it belongs to."),
  customer_id: annotate(
    z.nullable(annotate(z.string(), { format: "uuid4" })),
    "The customer's id, if the event was sent with it.",
  ),
  customer: annotate(
    z.nullable(Customer),
    "The customer of the event now: the one with its `customer_id`; otherwise the one with its `external_customer_id`.",
  ),
  external_customer_id: annotate(z.nullable(z.string()), "Your id of the customer, if the event was sent with it."),
  child_count: annotate(countField("Always 0: event hierarchies are not available yet."), { default: 0 }),
  parent_id: nothing("Always null: event hierarchies are not available yet."),
  label: textField("The name, for display."),
  external_id: annotate(z.nullable(z.string()), `Your id of the event, if it was sent with one. ${EDGEMETER_ONLY}`),
  ingested_at: timeField(`When it was accepted. ${EDGEMETER_ONLY}`),
  voided_at: annotate(
    z.nullable(timeField("When it was voided.")),
    `When it was voided: no meter counts it since then. ${EDGEMETER_ONLY}`,
  ),
  void_reason: annotate(z.nullable(z.string()), `Why it was voided. ${EDGEMETER_ONLY}`),
};

const UserEvent = component(
  "UserEvent",
  z.object({
    ...EVENT,
    name: textField("What happened."),
    source: annotate(z.literal("user"), "Who made it: you."),
    metadata: MetadataOutput,
  }),
  "An event that you sent.",
);

const SYSTEM = annotate(z.literal("system"), "Who made it: the platform. No meter counts it.");
const METER_ID = idField("The meter's id.");

const MeterCreditEvent = component(
  "MeterCreditEvent",
  z.object({
    ...EVENT,
    name: z.literal("meter.credited"),
    source: SYSTEM,
    metadata: component(
      "MeterCreditedMetadata",
      z.catchall(
        z.object({
          meter_id: METER_ID,
          units: annotate(z.clone(INTEGER), "The credited units; negative where units were taken away."),
          rollover: annotate(z.boolean(), "Whether a reset credited what was left."),
        }),
        annotate(z.unknown(), { override: OUTPUT_PAIR }),
      ),
      "What was credited, beside the metadata that you sent with the credit.",
    ),
  }),
  "A customer was credited on a meter.",
);

const MeterResetEvent = component(
  "MeterResetEvent",
  z.object({
    ...EVENT,
    name: z.literal("meter.reset"),
    source: SYSTEM,
    metadata: component("MeterResetMetadata", z.object({ meter_id: METER_ID }), "Which meter was reset."),
  }),
  "A customer's meter was reset.",
);

const VoidEvent = component(
  "VoidEvent",
  z.object({
    ...EVENT,
    name: z.literal("event.voided"),
    source: SYSTEM,
    metadata: component(
      "EventVoidedMetadata",
      z.object({
        event_id: idField("The voided event's id."),
        reason: textField("Why it was voided."),
        token_id: annotate(z.nullable(z.string()), "The id of the token that voided it."),
      }),
      "Which event was voided, and why.",
    ),
  }),
  `An event was voided. ${EDGEMETER_ONLY}`,
);

const SystemEvent = component("SystemEvent", z.custom(), {
  description: "An event of the platform: a credit, a reset or a void.",
  override: { anyOf: [ref("MeterCreditEvent"), ref("MeterResetEvent"), ref("VoidEvent")] },
});

/** An event in an answer. */
export const Event = component("Event", z.custom(), {
  description: "An event.",
  override: { anyOf: [ref("UserEvent"), ref("SystemEvent")] },
});

/** Schemas of answers to which only hand-written references point. */
export const eventAnswers = { UserEvent, SystemEvent, MeterCreditEvent, MeterResetEvent, VoidEvent };
