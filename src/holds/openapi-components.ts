import * as z from "zod/mini";
import { CustomerMeter, Denied, MINIMUM_BALANCE, PAIR } from "../customer-meters/openapi-components.ts";
import { EventOutcome, WithoutCustomer } from "../events/openapi-components.ts";
import { Warnings } from "../http/openapi-answers.ts";
import {
  annotate,
  component,
  EDGEMETER_ONLY,
  fields,
  idField,
  MetadataOutput,
  nullableTimeField,
  timeField,
} from "../wire/openapi.ts";
import { HoldCreate, HoldSortProperty, HoldStatus, LIFETIME } from "./schemas.ts";

component("HoldSortProperty", HoldSortProperty, "A field to sort by; a leading `-` sorts in descending order.");
component(
  "HoldStatus",
  HoldStatus,
  "`open`: it counts. `settled`: by an event. `released`: nothing was used. `expired`: it no longer counts, and can still be settled or released.",
);

/** A hold in an answer. */
export const Hold = component(
  "Hold",
  z.object({
    id: idField("The hold's id."),
    created_at: timeField("When it was made."),
    modified_at: nullableTimeField("When it was settled or released."),
    customer_id: idField("The customer's id."),
    meter_id: idField("The meter's id."),
    units: annotate(z.number(), { description: "The units that are held.", exclusiveMinimum: 0 }),
    expires_at: timeField("From when on it no longer counts, unless it ends before."),
    status: HoldStatus,
    event_id: annotate(z.nullable(annotate(z.string(), { format: "uuid4" })), "The event that settled it."),
    metadata: MetadataOutput,
  }),
  `Units of a meter that are reserved for a customer. ${EDGEMETER_ONLY}`,
);

/** The body of a creation. */
export const Create = component(
  "HoldCreate",
  fields(HoldCreate, {
    ...PAIR,
    units: "The units to hold.",
    expires_in: {
      description: `For how long the hold counts, up to a day: seconds, or an ISO 8601 duration such as \`PT10M\`; ${LIFETIME.default} seconds by default.`,
      override: {
        anyOf: [
          { type: "number", minimum: LIFETIME.min, maximum: LIFETIME.max },
          { type: "string", pattern: "^P", examples: ["PT10M", "PT2H"] },
        ],
        default: LIFETIME.default,
      },
    },
    minimum_balance: MINIMUM_BALANCE,
  }),
  `Units to hold. ${EDGEMETER_ONLY}`,
);

const Created = component(
  "HoldCreated",
  z.object({
    allowed: z.literal(true),
    hold: Hold,
    available: annotate(z.number(), "The balance minus the held units, these included."),
    customer_meter: CustomerMeter,
    warnings: Warnings,
  }),
  `The units are held. ${EDGEMETER_ONLY}`,
);

/** The successful answers to a creation. */
export const ANSWERS = { created: Created, denied: Denied };

/** The body of a settlement. */
export const Settlement = component(
  "HoldSettle",
  z.object({ event: WithoutCustomer }),
  `What was used. ${EDGEMETER_ONLY}`,
);

/** The answer to a settlement. */
export const Settled = component(
  "HoldSettled",
  z.object({
    hold: Hold,
    event: EventOutcome,
    required: annotate(z.number(), "By how much the event raised `consumed_units`; 0 for a duplicate."),
    overage: annotate(z.number(), { description: "By how much that is more than was held.", minimum: 0 }),
    expired: annotate(z.boolean(), "Whether the hold had expired when it was settled."),
    available: annotate(z.number(), "The balance minus the held units, after the settlement."),
    customer_meter: CustomerMeter,
    warnings: Warnings,
  }),
  `A settlement. ${EDGEMETER_ONLY}`,
);
