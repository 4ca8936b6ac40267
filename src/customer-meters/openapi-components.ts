import * as z from "zod/mini";
import { BALANCE, Customer } from "../customers/openapi-components.ts";
import { Meter } from "../meters/openapi-components.ts";
import { component, idField } from "../wire/openapi.ts";
import { CustomerMeterSortProperty } from "./schemas.ts";

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
