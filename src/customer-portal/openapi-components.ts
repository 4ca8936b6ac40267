import * as z from "zod/mini";
import { BALANCE } from "../customers/openapi-components.ts";
import { MeterUnit } from "../meters/schemas.ts";
import {
  annotate,
  component,
  EDGEMETER_ONLY,
  idField,
  nullableTimeField,
  textField,
  timeField,
} from "../wire/openapi.ts";
import { PortalMeterSortProperty } from "./schemas.ts";

component(
  "CustomerCustomerMeterSortProperty",
  PortalMeterSortProperty,
  "A field to sort by; a leading `-` sorts in descending order.",
);

const Meter = component(
  "CustomerCustomerMeterMeter",
  z.object({
    created_at: timeField("When the meter was created."),
    modified_at: nullableTimeField("When the meter was last changed."),
    id: idField("The meter's id."),
    name: textField("The meter's name."),
  }),
  "What a customer sees of a meter.",
);

/** A customer's meter in an answer to the customer. */
export const PortalMeter = component(
  "CustomerCustomerMeter",
  z.object({
    ...BALANCE,
    customer_id: idField("The customer's id."),
    meter: Meter,
    unit: annotate(z.clone(MeterUnit), `The unit of the numbers. ${EDGEMETER_ONLY}`),
    custom_label: annotate(z.nullable(z.string()), `What the unit \`custom\` is called. ${EDGEMETER_ONLY}`),
    reset_at: nullableTimeField(
      `When the balance was last reset; null before the first time, and where the event of the reset is no longer kept. ${EDGEMETER_ONLY}`,
    ),
  }),
  "What a customer has used of a meter, was credited, and has left.",
);

const none = (description: string) => annotate(z.null(), `Always null: ${description}`);
const NOT_BILLED = "Edgemeter does not bill.";
const NAME = annotate(z.nullable(z.string()), "The customer's name.");

const ACCOUNT = {
  type: "object" as const,
  properties: { account_id: { type: "string" as const }, account_username: { type: "string" as const } },
  required: ["account_id", "account_username"],
};

/** A customer in an answer to itself. */
export const PortalCustomer = component(
  "CustomerPortalCustomer",
  z.object({
    created_at: timeField("When the customer was created."),
    modified_at: nullableTimeField("When the customer was last changed."),
    id: idField("The customer's id."),
    email: textField("The e-mail address."),
    email_verified: annotate(z.literal(false), "Always false: nothing is sent to the address."),
    name: NAME,
    billing_name: annotate(z.nullable(z.string()), "The same as the name."),
    billing_address: none(NOT_BILLED),
    tax_id: none(NOT_BILLED),
    oauth_accounts: annotate(z.object({}), {
      description: "Always empty: nobody signs in.",
      override: { type: "object", additionalProperties: ACCOUNT },
    }),
    default_payment_method_id: none(NOT_BILLED),
    type: annotate(z.literal("individual"), "Always `individual`: there are no teams."),
    locale: none(NOT_BILLED),
  }),
  "A customer, as it sees itself.",
);

/** A session in an answer to its customer. */
export const PortalSession = component(
  "CustomerCustomerSession",
  z.object({
    expires_at: timeField("Until when the session is valid."),
    return_url: annotate(z.nullable(z.string()), "Where the page leads back to."),
  }),
  "The session of the request.",
);

/** Who a session acts for. */
export const PortalUser = component(
  "PortalAuthenticatedUser",
  z.object({
    type: annotate(z.literal("customer"), "Always `customer`: there are no members."),
    name: NAME,
    email: textField("The e-mail address."),
    customer_id: idField("The customer's id."),
    member_id: none("there are no members."),
    role: none("there are no members."),
  }),
  "Who the session of the request acts for.",
);
