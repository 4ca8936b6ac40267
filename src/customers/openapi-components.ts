import * as z from "zod/mini";
import {
  annotate,
  component,
  EDGEMETER_ONLY,
  fields,
  idField,
  INTEGER,
  MetadataOutput,
  nullableTimeField,
  textField,
  timeField,
} from "../wire/openapi.ts";
import {
  CustomerCreate,
  CustomerSortProperty,
  CustomerUpdate,
  CustomerUpdateExternalId,
  MAX_EXTERNAL_ID,
} from "./schemas.ts";

component("CustomerSortProperty", CustomerSortProperty, "A field to sort by; a leading `-` sorts in descending order.");

const EMAIL =
  "The e-mail address: unique in the organization, without regard to case. It is trimmed, and its domain written in lower case. Nothing is sent to it.";
const NAME = "The customer's name. It is trimmed; blank is none.";
const EXTERNAL_ID = {
  description:
    "Your own id of the customer, unique in the organization. It is trimmed here, and nowhere else: events and paths name it as it is answered. Blank is none; `.` and `..` are refused.",
  override: { anyOf: [{ type: "string" as const, maxLength: MAX_EXTERNAL_ID }, { type: "null" as const }] },
};
const BILLING = {
  description: "Absent or null: Edgemeter does not bill, and refuses any other value.",
  override: { type: "null" as const },
};
const BILLING_FIELDS = { billing_address: BILLING, tax_id: BILLING, locale: BILLING, owner: BILLING };
const TYPE = {
  description: "Only `individual`; there are no teams.",
  override: { type: "string" as const, const: "individual", default: "individual" },
};

/** The body of a creation. */
export const Create = component(
  "CustomerCreate",
  fields(CustomerCreate, {
    ...BILLING_FIELDS,
    email: { description: EMAIL, format: "email" },
    name: NAME,
    external_id: EXTERNAL_ID,
    type: TYPE,
    organization_id: "The organization that the customer belongs to: only the token's own, which is the default.",
  }),
  "A customer to create.",
);

const UPDATE_FIELDS = {
  ...BILLING_FIELDS,
  metadata: { description: "Replaces the metadata." },
  email: {
    description: `${EMAIL} Null changes nothing.`,
    override: { anyOf: [{ type: "string" as const, format: "email" }, { type: "null" as const }] },
  },
  name: `${NAME} Null removes it.`,
};

/** The body of an update by id. */
export const Update = component(
  "CustomerUpdate",
  fields(CustomerUpdate, {
    ...UPDATE_FIELDS,
    external_id: { ...EXTERNAL_ID, description: `${EXTERNAL_ID.description} It can be set once.` },
    type: { ...TYPE, override: { anyOf: [{ const: "individual" }, { type: "null" as const }] } },
  }),
  "The fields of a customer to change; the others stay as they are.",
);

/** The body of an update by external id. */
export const UpdateExternalId = component(
  "CustomerUpdateExternalID",
  fields(CustomerUpdateExternalId, UPDATE_FIELDS),
  "The fields of a customer to change; the others stay as they are.",
);

const none = (description: string) => annotate(z.null(), `Always null: ${description}`);
const NOT_BILLED = "Edgemeter does not bill.";

const CUSTOMER = z.object({
  id: idField("The customer's id."),
  created_at: timeField("When the customer was created."),
  modified_at: nullableTimeField("When the customer was last changed."),
  metadata: MetadataOutput,
  external_id: annotate(z.nullable(z.string()), "Your own id of the customer."),
  email: textField("The e-mail address."),
  email_verified: annotate(z.literal(false), "Always false: nothing is sent to the address."),
  type: annotate(z.literal("individual"), "Always `individual`: there are no teams."),
  name: annotate(z.nullable(z.string()), "The customer's name."),
  billing_name: annotate(z.nullable(z.string()), "The same as the name."),
  billing_address: none(NOT_BILLED),
  tax_id: none(NOT_BILLED),
  locale: none(NOT_BILLED),
  organization_id: idField("The organization that the customer belongs to."),
  default_payment_method_id: none(NOT_BILLED),
  deleted_at: none("a deleted customer is not found."),
  first_user_event_at: nullableTimeField(
    "The time of the customer's earliest event, by either id; null without any. Every accepted event counts at once.",
  ),
  avatar_url: textField("A Gravatar address, which holds the SHA-256 of the e-mail address in lower case."),
});

/** A customer in an answer. */
export const Customer = component("Customer", CUSTOMER, "A customer: a person or a company whose usage is metered.");

/** The identity and the numbers of a balance in an answer. */
export const BALANCE = {
  id: idField("The id of this customer and meter together. It never changes."),
  created_at: timeField("When the customer or the meter was created, whichever was later."),
  modified_at: nullableTimeField(
    "When the last event that counts here, credit or reset was accepted; null before the first.",
  ),
  meter_id: idField("The meter's id."),
  consumed_units: annotate(
    z.number(),
    "The meter's aggregation of the customer's events since the last reset, whatever their timestamps; 0 without any.",
  ),
  credited_units: annotate(z.clone(INTEGER), "The sum of the credits since the last reset. It never falls below zero."),
  balance: annotate(z.number(), "The credited units minus the consumed units; it can be negative."),
  held_units: annotate(z.number(), {
    description: `The sum of the open holds, which \`balance\` does not subtract. ${EDGEMETER_ONLY}`,
    minimum: 0,
  }),
};

const StateMeter = component("CustomerStateMeter", z.object(BALANCE), "A customer's balance on a meter.");

const noList = (description: string) =>
  annotate(z.array(z.unknown()), {
    description: `Always empty: ${description}`,
    override: { type: "array", maxItems: 0, items: { type: "null" } },
  });

/** A customer with all balances in an answer. */
export const CustomerState = component(
  "CustomerState",
  z.object({
    ...CUSTOMER.shape,
    active_subscriptions: noList("there are no subscriptions."),
    granted_benefits: noList("there are no benefits."),
    active_meters: annotate(
      z.array(StateMeter),
      "The balance on each meter, the oldest meter first. An archived meter is listed once something was counted, credited or reset.",
    ),
  }),
  "A customer with the balances on all meters.",
);

/** What an erasure answers that is not done. */
export const Erasure = component(
  "CustomerErasure",
  fields(z.object({ remaining: z.int() }), {
    remaining: {
      description: "How many events, stored and exported ones, are still to be examined at most.",
      override: { minimum: 1 },
    },
  }),
  "An erasure that is under way.",
);
