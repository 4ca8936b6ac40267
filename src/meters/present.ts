import { JsonText } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { MeterRow } from "./queries.ts";
import type { MeterQuantitiesQuery } from "./schemas.ts";

/** Quantities as a table; the name contains the days. */
export function quantitiesTable(query: Pick<MeterQuantitiesQuery, "start_timestamp" | "end_timestamp" | "interval">) {
  const [from, to] = [query.start_timestamp, query.end_timestamp].map((time) => formatTime(time).slice(0, 10));
  return { name: `quantities-${from}-to-${to}-${query.interval}`, columns: ["timestamp", "quantity"] };
}

/** A meter as the API returns it, its fields in this order; stored JSON is served unchanged. */
export function presentMeter(row: MeterRow) {
  return {
    metadata: new JsonText(row.metadata),
    created_at: formatTime(row.created_at),
    modified_at: row.modified_at === null ? null : formatTime(row.modified_at),
    id: row.id,
    name: row.name,
    unit: row.unit,
    custom_label: row.custom_label,
    custom_multiplier: row.custom_multiplier,
    filter: new JsonText(row.filter),
    aggregation: new JsonText(row.aggregation),
    organization_id: row.organization_id,
    archived_at: row.archived_at === null ? null : formatTime(row.archived_at),
  };
}
