import * as z from "zod/mini";
import { Customer } from "../customers/openapi-components.ts";
import { annotate, component, EDGEMETER_ONLY, fields, idField, textField, timeField } from "../wire/openapi.ts";
import { LIFETIME, SessionCreate } from "./schemas.ts";

const MEMBER = {
  description: "There are no members: only null is taken.",
  override: { type: "null" as const },
};

/** The body of a creation. */
export const Create = component(
  "CustomerSessionCreate",
  fields(SessionCreate, {
    customer_id: "The customer's id; or send `external_customer_id`.",
    external_customer_id: "Your own id of the customer, which a customer must have; or send `customer_id`.",
    member_id: MEMBER,
    external_member_id: MEMBER,
    return_url: {
      description: "Where the page leads back to: an `https` URL; `http` only on localhost.",
      override: {
        anyOf: [{ type: "string", format: "uri", minLength: 1, maxLength: 2083 }, { type: "null" as const }],
      },
    },
    expires_in: `For how many seconds the session is valid, ${LIFETIME.min} to ${LIFETIME.max}. ${EDGEMETER_ONLY}`,
  }),
  "A session to create.",
);

/** A session in an answer. */
export const Session = component(
  "CustomerSession",
  z.object({
    created_at: timeField("When the session was created."),
    modified_at: annotate(z.null(), "Always null: a session is not changed."),
    id: idField("The session's id, which is `token_id` in the log. It is no secret."),
    token: textField("The token, for a browser of this customer: `em_cst_…`. Only this answer has it."),
    expires_at: timeField("Until when the session is valid."),
    return_url: annotate(z.nullable(z.string()), "Where the page leads back to."),
    customer_portal_url: textField("The page that shows the customer's usage, with the token behind the `#`."),
    customer_id: idField("The customer's id."),
    customer: Customer,
  }),
  "A session, with which a customer's browser sees that customer's usage and nothing else.",
);
