import { presentCustomerOfEvent } from "../customers/of-event.ts";
import { JsonText } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { EventNameRow } from "./names.ts";
import type { EventRow } from "./queries.ts";

/** A list of events as a table. */
export const EVENTS_TABLE = {
  name: "events",
  columns: [
    "id",
    "timestamp",
    "organization_id",
    "customer_id",
    "external_customer_id",
    "customer.id",
    "customer.external_id",
    "customer.name",
    "customer.email",
    "name",
    "source",
    "metadata",
    "external_id",
    "ingested_at",
    "voided_at",
    "void_reason",
  ],
};

/** A stored event as the API returns it. Members and hierarchies do not exist yet. */
export async function presentEvent(organizationId: string, row: EventRow) {
  return {
    id: row.id,
    timestamp: formatTime(row.timestamp),
    organization_id: organizationId,
    customer_id: row.customer_id,
    customer: await presentCustomerOfEvent(row.customer),
    external_customer_id: row.external_customer_id,
    child_count: 0,
    parent_id: null,
    label: row.name,
    name: row.name,
    source: row.source,
    metadata: new JsonText(row.metadata),
    external_id: row.external_id,
    ingested_at: formatTime(row.ingested_at),
    voided_at: row.voided_at === null ? null : formatTime(row.voided_at),
    void_reason: row.void_reason,
  };
}

/** A name of events as the API returns it. */
export function presentEventName({ name, source, occurrences, first_seen, last_seen }: EventNameRow) {
  return {
    name,
    label: name,
    source,
    occurrences,
    first_seen: formatTime(first_seen),
    last_seen: formatTime(last_seen),
  };
}
