import { JsonText } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { AttemptRow } from "./deliveries.ts";
import type { EndpointRow } from "./endpoints.ts";

/** An endpoint as the API answers it, with its secret, as Polar does. */
export function presentEndpoint(row: EndpointRow) {
  return {
    created_at: formatTime(row.created_at),
    modified_at: row.modified_at === null ? null : formatTime(row.modified_at),
    id: row.id,
    url: row.url,
    name: row.name,
    format: "raw",
    secret: row.secret,
    organization_id: row.organization_id,
    events: new JsonText(row.events),
    enabled: row.enabled === 1,
  };
}

/** An attempt as the API answers it: Polar calls it a delivery. */
export function presentAttempt(row: AttemptRow) {
  return {
    created_at: formatTime(row.created_at),
    modified_at: null,
    id: row.id,
    succeeded: row.succeeded === 1,
    http_code: row.http_code,
    response: row.response,
    webhook_event: {
      created_at: formatTime(row.event_created_at),
      modified_at: formatTime(row.event_modified_at),
      id: row.event_id,
      last_http_code: row.last_http_code,
      succeeded: row.event_succeeded === null ? null : row.event_succeeded === 1,
      skipped: row.skipped === 1,
      payload: row.payload,
      type: row.type,
      is_archived: row.archived_at !== null,
    },
  };
}
