import * as z from "zod/mini";
import { BALANCE, Customer } from "../customers/openapi-components.ts";
import { Meter } from "../meters/openapi-components.ts";
import { EventOutcome, WithoutCustomer } from "../events/openapi-components.ts";
import { Warnings } from "../http/openapi-answers.ts";
import { annotate, component, EDGEMETER_ONLY, fields, idField } from "../wire/openapi.ts";
import { ConsumptionCreate, CreditCreate, CustomerMeterSortProperty, ResetCreate } from "./schemas.ts";

component(
  "CustomerMeterSortProperty",
  CustomerMeterSortProperty,
  "A field to sort by; a leading `-` sorts in descending order.",
);

const { id, created_at, modified_at, meter_id, ...UNITS } = BALANCE;

/** A customer's meter in an answer. */
export const CustomerMeter = component(
  "CustomerMeter",
  z.object({
    id,
    created_at,
    modified_at,
    customer_id: idField("The customer's id."),
    meter_id,
    ...UNITS,
    customer: Customer,
    meter: Meter,
  }),
  "What a customer has used of a meter, was credited, and has left.",
);

/** How a body names its customer and its meter. */
export const PAIR = {
  customer_id: "The customer's id; or send `external_customer_id`.",
  external_customer_id: "Your own id of the customer, which a customer must have; or send `customer_id`.",
  meter_id: { description: "The meter's id; the meter may be archived." },
};

/** The body of a credit. */
export const Credit = component(
  "CustomerMeterCredit",
  fields(CreditCreate, {
    ...PAIR,
    units: "The units to credit, or to take away where they are negative: any integer within ±(2^53 − 1) except 0.",
    metadata: {
      description:
        "Pairs of your own, at most 50, which are stored in the event beside `meter_id`, `units` and `rollover`; these three keys are refused here.",
    },
  }),
  "A credit.",
);

/** The body of a reset. */
export const Reset = component(
  "CustomerMeterReset",
  fields(ResetCreate, {
    ...PAIR,
    rollover: "Whether to credit what is left: the whole part of the balance, if it is positive.",
  }),
  "A reset.",
);

/** How bodies and queries describe what must be left. */
export const MINIMUM_BALANCE =
  "What must at least be available afterwards: 0 by default; a negative number allows an overdraft.";

/** The body of a consumption. */
export const Consumption = component(
  "CustomerMeterConsume",
  fields(
    { shape: { ...ConsumptionCreate.shape, event: WithoutCustomer } },
    { ...PAIR, minimum_balance: MINIMUM_BALANCE },
  ),
  `An event to append if enough is available. ${EDGEMETER_ONLY}`,
);

const AVAILABLE = "The balance minus the held units";
const required = annotate(z.number(), "By how much the event raises, or would raise, `consumed_units`.");

/** The answer when not enough is available. */
export const Denied = component(
  "CustomerMeterDenied",
  z.object({
    allowed: z.literal(false),
    reason: annotate(z.literal("insufficient_balance"), "Why: there is no other reason yet."),
    required: annotate(z.number(), "The units that would have been consumed or held."),
    available: annotate(z.number(), `${AVAILABLE}, as they are.`),
    customer_meter: CustomerMeter,
    warnings: Warnings,
  }),
  `Nothing was stored, because not enough is available. ${EDGEMETER_ONLY}`,
);

const Allowed = component(
  "CustomerMeterConsumed",
  z.object({
    allowed: z.literal(true),
    event: EventOutcome,
    required,
    available: annotate(z.number(), `${AVAILABLE}, after the event.`),
    customer_meter: CustomerMeter,
    warnings: Warnings,
  }),
  `The event is stored. ${EDGEMETER_ONLY}`,
);

/** The answer to a consumption. */
export const ConsumptionAnswer = z.union([Allowed, Denied]);

/** The answer to a check. */
export const Checked = component(
  "CustomerMeterChecked",
  z.object({
    allowed: annotate(z.boolean(), "Whether as many units could be consumed now."),
    required: annotate(z.number(), "The units that were asked for."),
    available: annotate(z.number(), `${AVAILABLE}.`),
    customer_meter: CustomerMeter,
  }),
  `What is available. ${EDGEMETER_ONLY}`,
);
