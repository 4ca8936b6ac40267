import * as z from "zod/mini";
import { annotate, component, countField, EDGEMETER_ONLY, timeField } from "../wire/openapi.ts";

const Quantity = component(
  "MeterQuantity",
  z.object({
    timestamp: timeField(
      "The row's time: the start of the range, or one or more intervals after it. The row covers the whole period in which this time falls; with `total` it covers the range, from its start to before its end.",
    ),
    quantity: annotate(z.number(), "The aggregation of the events in the period; 0 without any."),
  }),
  "The quantity of one whole calendar hour, day, week, month or year, or of the range.",
);
/** Quantities as fields of an answer. */
export const QUANTITIES = {
  quantities: annotate(
    z.array(Quantity),
    "One row per interval from start to end, both included; one row with `total`.",
  ),
  total: annotate(
    z.number(),
    "The aggregation of the events in all periods of the rows; with `total` the row's quantity.",
  ),
};
const OF_GROUP = {
  total: annotate(z.number(), "As `total` of the answer, of these events."),
  quantities: annotate(z.array(Quantity), "As `quantities` of the answer, of these events."),
};
const CustomerKey = component(
  "MeterQuantitiesCustomer",
  z.object({
    customer_id: annotate(
      z.nullable(annotate(z.string(), { format: "uuid4" })),
      "The customer's id, unless nobody registered has the external id.",
    ),
    external_customer_id: annotate(z.nullable(z.string()), "Your id of the customer."),
    name: annotate(z.nullable(z.string()), "The name of a registered customer."),
    email: annotate(z.nullable(z.string()), "The e-mail address of a registered customer."),
  }),
  `A customer whose events are a group: both identities of a registered one. ${EDGEMETER_ONLY}`,
);
const Group = component(
  "MeterQuantitiesGroup",
  z.object({
    key: annotate(
      z.union([CustomerKey, z.string(), z.number(), z.boolean(), z.null()]),
      "The value of the property, or the customer.",
    ),
    missing: annotate(z.optional(z.literal(true)), "Present when the events do not have the property."),
    ...OF_GROUP,
  }),
  `The events that have a value, or are of a customer. ${EDGEMETER_ONLY}`,
);
const Others = component(
  "MeterQuantitiesOthers",
  z.object(OF_GROUP),
  `The events of all groups that are not shown. ${EDGEMETER_ONLY}`,
);
/** Groups as fields of an answer. */
export const GROUPS = {
  group_by: annotate(
    z.optional(z.string()),
    `What the request groups by; present only then, as the next three. ${EDGEMETER_ONLY}`,
  ),
  group_count: z.optional(countField(`How many groups there are. ${EDGEMETER_ONLY}`)),
  groups: annotate(z.optional(z.array(Group)), `The first groups in the requested order. ${EDGEMETER_ONLY}`),
  others: annotate(
    z.optional(z.nullable(Others)),
    `The events of all other groups together, computed from them; null without any. ${EDGEMETER_ONLY}`,
  ),
};

/** Quantities in an answer. */
export const Quantities = component(
  "MeterQuantities",
  z.object({ ...QUANTITIES, ...GROUPS }),
  "A meter's quantities over time.",
);

/** Descriptions of the parameters of quantities, in a query string or in the body of a preview. */
export const QUANTITIES_PARAMETERS = {
  start_timestamp:
    "The start of the requested range, and the time of the first row; not before 2023, even where events are older.",
  end_timestamp:
    "The end of the requested range, at most 7 days after the start with `hour`, 366 with `day`, 371 with `week`, 1460 with `month`, 3650 with `year`, and ten years with `total`, which does not include the end.",
  timezone: {
    description: "The time zone in which days, weeks, months and years begin: an IANA name.",
    examples: ["UTC", "Europe/Paris"],
  },
  customer_id: "Only events of these customers, by either of their ids.",
  external_customer_id: "Only events of these customers, by your own ids; adds to `customer_id`.",
  customer_aggregation_function:
    "Aggregates the events of each customer first, then combines the customers' quantities with this function.",
  group_by: {
    description: `Also answers the quantities of groups: by \`customer\`, or by the value of a property as filters name it, such as \`model\` or \`_llm.model\`; \`metadata.customer\` is a property. By a property the events of the range are examined. Not with \`customer_aggregation_function\`. ${EDGEMETER_ONLY}`,
    examples: ["customer", "model"],
  },
  group_limit: `How many groups are shown, 1 to 100. All others together are in \`others\`. ${EDGEMETER_ONLY}`,
  group_sorting: `The order of the groups: by their totals, ties by key; or by key. ${EDGEMETER_ONLY}`,
};
