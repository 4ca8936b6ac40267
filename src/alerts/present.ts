import { JsonText } from "../wire/json-text.ts";
import { parseJson } from "../wire/json.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { AlertRow, TriggerRow } from "./queries.ts";

const timeOrNull = (time: number | null) => (time === null ? null : formatTime(time));

/** An alert as the API answers it. */
export function presentAlert(row: AlertRow) {
  return {
    id: row.id,
    created_at: formatTime(row.created_at),
    modified_at: timeOrNull(row.modified_at),
    name: row.name,
    meter_id: row.meter_id,
    customer_id: row.customer_id,
    basis: row.basis,
    thresholds: new JsonText(row.thresholds),
    enabled: row.enabled === 1,
  };
}

/** A trigger as the API answers it. */
export function presentTrigger({ id, created_at, customer_id, thresholds, value, since }: TriggerRow) {
  return {
    id,
    created_at: formatTime(created_at),
    customer_id,
    thresholds: parseJson(thresholds),
    value,
    since: timeOrNull(since),
  };
}
