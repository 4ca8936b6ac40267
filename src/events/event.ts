import { JsonText } from "../schema/json-text.ts";
import type { EventNameRow, EventRow } from "./queries.ts";

/** A stored event as the API answers it. There are no customers, members and hierarchies yet. */
export function toEvent(organizationId: string, row: EventRow) {
  return {
    id: row.id,
    timestamp: new Date(row.timestamp).toISOString(),
    organization_id: organizationId,
    customer_id: null,
    customer: null,
    external_customer_id: row.external_customer_id,
    child_count: 0,
    parent_id: null,
    label: row.name,
    name: row.name,
    source: row.source,
    metadata: new JsonText(row.metadata),
  };
}

/** A name of events as the API answers it. */
export function toEventName(row: EventNameRow) {
  return {
    name: row.name,
    label: row.name,
    source: row.source,
    occurrences: row.occurrences,
    first_seen: new Date(row.first_seen).toISOString(),
    last_seen: new Date(row.last_seen).toISOString(),
  };
}
