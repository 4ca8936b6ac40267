import { sha256 } from "../sha256.ts";
import { JsonText } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { CustomerRow } from "./queries.ts";
import { INDIVIDUAL } from "./schemas.ts";

/** The columns that appear in answers. */
export const PRESENTED = [
  "id",
  "organization_id",
  "external_id",
  "email",
  "name",
  "metadata",
  "created_at",
  "modified_at",
] as const;
export type CustomerFields = Pick<CustomerRow, (typeof PRESENTED)[number]>;

/** A list of customers as a table. */
export const CUSTOMERS_TABLE = { name: "customers", columns: [...PRESENTED, "first_user_event_at"] };

/**
 * A customer as the API returns it, its fields in this order. Only webhook events have deleted ones.
 * @param firstUserEventAt milliseconds since 1970 UTC; or JSON to use in place of the time
 */
export async function presentCustomer(
  row: CustomerFields & { deleted_at?: number | null },
  firstUserEventAt: number | null | JsonText,
) {
  return {
    id: row.id,
    created_at: formatTime(row.created_at),
    modified_at: row.modified_at === null ? null : formatTime(row.modified_at),
    metadata: new JsonText(row.metadata),
    external_id: row.external_id,
    email: row.email,
    email_verified: false,
    type: INDIVIDUAL,
    name: row.name,
    billing_name: row.name,
    billing_address: null,
    tax_id: null,
    locale: null,
    organization_id: row.organization_id,
    default_payment_method_id: null,
    deleted_at: row.deleted_at == null ? null : formatTime(row.deleted_at),
    first_user_event_at: typeof firstUserEventAt === "number" ? formatTime(firstUserEventAt) : firstUserEventAt,
    avatar_url: `https://www.gravatar.com/avatar/${await sha256(row.email.toLowerCase())}?d=404`,
  };
}
export type Customer = Awaited<ReturnType<typeof presentCustomer>>;
