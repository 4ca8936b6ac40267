import { JsonText } from "../schema/json-text.ts";
import type { MeterRow } from "./queries.ts";
import type { Meter } from "./schemas.ts";

/** A stored meter as the API answers it. */
export function toMeter(row: MeterRow): Meter {
  return {
    metadata: new JsonText(row.metadata),
    created_at: toTime(row.createdAt),
    modified_at: row.modifiedAt === null ? null : toTime(row.modifiedAt),
    id: row.id,
    name: row.name,
    unit: row.unit,
    custom_label: row.customLabel,
    custom_multiplier: row.customMultiplier,
    filter: new JsonText(row.filter),
    aggregation: new JsonText(row.aggregation),
    organization_id: row.organizationId,
    archived_at: row.archivedAt === null ? null : toTime(row.archivedAt),
  };
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
