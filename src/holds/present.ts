import { JsonText } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { HoldRow } from "./queries.ts";
import type { HoldStatus } from "./schemas.ts";

/** The columns of a hold that answers are made of. */
export type PresentedHold = Omit<HoldRow, "organization_id" | "external_customer_id" | "ends_at" | "settlement" | "settlement_timestamp">; // prettier-ignore

/**
 * A hold as the API answers it.
 * @param now milliseconds since 1970 UTC
 */
export function presentHold(row: PresentedHold, now: number) {
  const status: HoldStatus = row.status === "open" && row.expires_at <= now ? "expired" : row.status;
  return {
    id: row.id,
    created_at: formatTime(row.created_at),
    modified_at: row.modified_at === null ? null : formatTime(row.modified_at),
    customer_id: row.customer_id,
    meter_id: row.meter_id,
    units: row.units,
    expires_at: formatTime(row.expires_at),
    status,
    event_id: row.event_id,
    metadata: new JsonText(row.metadata),
  };
}
