import { JsonText } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { ReadQuantities } from "./quantities.ts";
import type { MeterRow } from "./queries.ts";
import type { MeterQuantitiesQuery } from "./schemas.ts";

type Range = Pick<MeterQuantitiesQuery, "start_timestamp" | "end_timestamp" | "interval">;

/** Quantities as a table, whose name contains the days: groups one below the other, then all others. */
export function quantitiesTable(query: Range, answer: ReadQuantities["answer"]) {
  const [from, to] = [query.start_timestamp, query.end_timestamp].map((time) => formatTime(time).slice(0, 10));
  const name = `quantities-${from}-to-${to}-${query.interval}`;
  const { quantities, group_by: groupBy, groups, others } = answer;
  if (groups === undefined) return { name, columns: ["timestamp", "quantity"], items: quantities };
  const isByCustomer = groupBy === "customer";
  const key = isByCustomer ? CUSTOMER_COLUMNS : ["key", "missing"];
  const inGroups = groups.flatMap((group) => group.quantities.map((row) => ({ ...group, ...row })));
  const inOthers = others?.quantities.map((row) => ({ others: true, ...row })) ?? [];
  return {
    name: `${name}-by-${isByCustomer ? "customer" : "property"}`,
    columns: [...key, "others", "timestamp", "quantity"],
    items: [...inGroups, ...inOthers],
  };
}

const CUSTOMER_COLUMNS = ["key.customer_id", "key.external_customer_id", "key.name", "key.email"];

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
    dimensions: new JsonText(row.dimensions ?? "[]"),
  };
}
