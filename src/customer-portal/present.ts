import type { SessionPrincipal } from "../auth/principal.ts";
import type { FoundCustomer } from "../customers/queries.ts";
import { INDIVIDUAL } from "../customers/schemas.ts";
import type { presentBalance } from "../customers/state.ts";
import type { meters } from "../store/tables.ts";
import { formatTime } from "../wire/timestamp.ts";

/** What a customer may know of a meter, and when its balance was last reset, if it was: milliseconds since 1970 UTC. */
export type ShownMeter = Pick<
  typeof meters.$inferSelect,
  "id" | "name" | "created_at" | "modified_at" | "unit" | "custom_label"
> & { ingested_at: number | null };

const timeOrNull = (time: number | null) => (time === null ? null : formatTime(time));

/** A customer's meter as the customer sees it. */
export type PortalMeter = ReturnType<typeof presentPortalMeter>;

/** A customer's meter as the customer sees it: of the meter itself neither filter nor aggregation. */
export function presentPortalMeter(customer_id: string, balance: ReturnType<typeof presentBalance>, meter: ShownMeter) {
  return {
    ...balance,
    customer_id,
    meter: {
      created_at: formatTime(meter.created_at),
      modified_at: timeOrNull(meter.modified_at),
      id: meter.id,
      name: meter.name,
    },
    unit: meter.unit,
    custom_label: meter.custom_label,
    reset_at: timeOrNull(meter.ingested_at),
  };
}

/** A customer as the customer sees itself: neither its metadata nor its external id. */
export function presentPortalCustomer({ id, created_at, modified_at, email, name }: FoundCustomer) {
  return {
    created_at: formatTime(created_at),
    modified_at: timeOrNull(modified_at),
    id,
    email,
    email_verified: false,
    name,
    billing_name: name,
    billing_address: null,
    tax_id: null,
    oauth_accounts: {},
    default_payment_method_id: null,
    type: INDIVIDUAL,
    locale: null,
  };
}

/** A session as its customer sees it. */
export function presentSession({ expiresAt, returnUrl }: SessionPrincipal) {
  return { expires_at: formatTime(expiresAt), return_url: returnUrl };
}

/** Who a session acts for. */
export function presentUser({ id, name, email }: FoundCustomer) {
  return { type: "customer", name, email, customer_id: id, member_id: null, role: null };
}
