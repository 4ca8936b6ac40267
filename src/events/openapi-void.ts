import * as z from "zod/mini";
import { Warnings } from "../http/openapi-answers.ts";
import { annotate, component, countField, EDGEMETER_ONLY, fields } from "../wire/openapi.ts";
import { EVENT_INPUT, Outcome } from "./openapi-components.ts";
import { EventReference, EventsVoid, MAX_VOIDED } from "./schemas.ts";

const Reference = component(
  "EventReference",
  fields(EventReference, {
    id: "The event's id.",
    external_id: "Your id of the event.",
  }),
  `An event, by either of its ids. ${EDGEMETER_ONLY}`,
);

/** The body of a request that voids events. */
export const Void = component(
  "EventsVoid",
  fields(EventsVoid, {
    events: {
      description: "The events to void.",
      override: {
        type: "array",
        minItems: 1,
        maxItems: MAX_VOIDED,
        items: { $ref: "#/components/schemas/EventReference" },
      },
    },
    reason: "Why they are voided. It is stored with each event.",
    replacements: {
      description:
        "Events to ingest instead, in the same transaction. An `external_id` that an event has, voided or not, is a 422.",
      override: { type: "array", maxItems: MAX_VOIDED, items: EVENT_INPUT, default: [] },
    },
  }),
  { description: `Events to void. ${EDGEMETER_ONLY}`, override: { required: ["events", "reason"] } },
);

const VoidOutcome = component(
  "EventVoidOutcome",
  z.object({
    index: countField("The event's index in the request."),
    id: annotate(z.nullable(z.string()), "The event's id; null if no event has the `external_id`."),
    result: annotate(
      z.enum(["voided", "already_voided", "not_found", "not_voidable"]),
      "`not_voidable`: an event of the platform, or one whose void would need other events that were deleted.",
    ),
  }),
  `The outcome of voiding one event. ${EDGEMETER_ONLY}`,
);

/** The answer to a request that voids events. */
export const VoidAnswer = component(
  "EventsVoidResponse",
  z.object({
    voided: countField("Events that this request voided."),
    inserted: countField("Replacements that were stored."),
    events: annotate(z.array(VoidOutcome), "The outcome of each event."),
    replacements: annotate(z.array(Outcome), "The outcome of each replacement."),
    warnings: Warnings,
  }),
  `What was voided and stored. ${EDGEMETER_ONLY}`,
);

/** Schemas to which only hand-written references point. */
export const voidComponents = { EventReference: Reference };
