import * as z from "zod/mini";
import { annotate, component, countField, EDGEMETER_ONLY, fields, idField, nullableTimeField, textField, timeField } from "../wire/openapi.ts"; // prettier-ignore
import { AlertBasis, AlertCreate, AlertUpdate, MAX_THRESHOLDS } from "./schemas.ts";

component(
  "AlertBasis",
  AlertBasis,
  "`consumed_units`: reached when at least as much is consumed. `balance`: reached when as much is left, or less. `consumed_percent`: 100 · consumed / credited units, reached when it is at least as high; never while nothing is credited.",
);

const NUMBERS = { type: "array" as const, items: { type: "number" as const }, minItems: 1, maxItems: MAX_THRESHOLDS };
const THRESHOLDS = {
  description: `The values to be told about, up to ${MAX_THRESHOLDS} different ones.`,
  override: NUMBERS,
};

const ALERT = {
  id: idField("The alert's id."),
  created_at: timeField("When it was created."),
  modified_at: nullableTimeField("When it was last changed."),
  name: textField("Its name."),
  meter_id: idField("The meter whose balances it watches."),
  customer_id: annotate(z.nullable(annotate(z.string(), { format: "uuid4" })), "The only customer that it watches; null for every one."), // prettier-ignore
  basis: AlertBasis,
  thresholds: annotate(z.array(z.number()), "The values to be told about."),
  enabled: annotate(z.boolean(), "Whether it triggers."),
};

/** An alert in an answer. */
export const Alert = component("Alert", z.object(ALERT), `What to be told about a meter's balances. ${EDGEMETER_ONLY}`);

/** An alert after a change. */
export const ChangedAlert = component(
  "AlertChanged",
  z.object({
    ...ALERT,
    already_reached: annotate(
      z.nullable(countField("")),
      "For how many customers a threshold is reached already, which triggers nothing; null when more than 1,000 customers would have to be examined.",
    ),
  }),
  `An alert after a change. ${EDGEMETER_ONLY}`,
);

/** The body of a creation. */
export const Create = component(
  "AlertCreate",
  fields(AlertCreate, {
    name: "What the alert is called.",
    meter_id: "The meter whose balances it watches.",
    customer_id: "The only customer that it watches; every one, also later ones, without it.",
    thresholds: THRESHOLDS,
    enabled: "Whether it triggers.",
  }),
  `An alert to create. ${EDGEMETER_ONLY}`,
);

/** The body of an update. */
export const Update = component(
  "AlertUpdate",
  fields(AlertUpdate, {
    name: "What the alert is called.",
    thresholds: THRESHOLDS,
    enabled: "Whether it triggers.",
  }),
  `The fields of an alert to change; the others stay as they are. ${EDGEMETER_ONLY}`,
);

/** A trigger in an answer. */
export const Trigger = component(
  "AlertTrigger",
  z.object({
    id: idField("The trigger's id."),
    created_at: timeField("When the thresholds were found to be reached."),
    customer_id: idField("The customer who reached them."),
    thresholds: annotate(z.array(z.number()), "Those that were reached at once, in ascending order."),
    value: annotate(z.number(), "The value of the alert's basis then."),
    since: nullableTimeField("When the customer's balance had last been reset; null if never."),
  }),
  `A customer has reached thresholds. ${EDGEMETER_ONLY}`,
);
