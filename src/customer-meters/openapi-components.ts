import * as z from "zod/mini";
import { BALANCE, Customer } from "../customers/openapi-components.ts";
import { Meter } from "../meters/openapi-components.ts";
import { component, fields, idField } from "../wire/openapi.ts";
import { CreditCreate, CustomerMeterSortProperty, ResetCreate } from "./schemas.ts";

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

const PAIR = {
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
