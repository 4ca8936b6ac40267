import { type SQL, sql } from "drizzle-orm";
import { CUSTOMER_OF_EVENT } from "../rollups/customer-key.ts";
import { type CompiledMeter, matchingTables, takenForRollups } from "../rollups/matching.ts";
import type { MeterGroup, Place } from "./void-share.ts";

// The events of totals since a reset, which are found by their numbers: a reset has one too.

/** Selects the keys of rows from their JSON. */
export const selectKeys = (json: string) => sql`SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${json})`;

/** Those of a group's meters that have some of the places, and these places. */
export function partOf(
  { meters, watermark }: MeterGroup,
  all: Place[],
): { meters: CompiledMeter[]; watermark: number; places: Place[] } {
  // prettier-ignore
  const own = new Set(meters.map(({ id }) => id));
  const places = all.filter(([meter]) => own.has(meter));
  const touched = new Set(places.map(([meter]) => meter));
  return { meters: meters.filter(({ id }) => touched.has(id)), watermark, places };
}

/** Matches the events `e` of the customers of some totals since a reset, up to a watermark. */
export function eventsSince(organizationId: string, places: Place[], watermark: number): SQL {
  const customers = JSON.stringify([...new Set(places.map(([, customer]) => customer))]);
  return sql`e.organization_id = ${organizationId} AND e.seq > ${Math.min(...places.map(([, , since]) => since))}
      AND e.seq <= ${watermark} AND ${CUSTOMER_OF_EVENT} IN (SELECT value FROM json_each(${customers}))`;
}

/** FROM and WHERE for the matching events that belong to some totals `t` since a reset. */
export const joinTotals = (json: string) => sql`FROM matching CROSS JOIN meter_totals AS t
      ON t.meter_id = matching.meter_id AND t.customer = matching.customer AND t.since > 0 AND t.since < matching.seq
      WHERE (t.meter_id, t.customer, t.since) IN (${selectKeys(json)})`;

/** Selects for each of some totals since a reset how many of its events are stored, voided ones not included. */
export function selectStoredSince(organizationId: string, group: MeterGroup, all: Place[]) {
  const { meters, watermark, places } = partOf(group, all);
  if (places.length === 0) return [];
  const counted = { events: eventsSince(organizationId, places, watermark), meters: sql`true` };
  return [
    sql<{ meter_id: string; customer: string; stored: number }>`WITH ${matchingTables(meters, takenForRollups, counted)}
    SELECT t.meter_id, t.customer, count(*) AS stored ${joinTotals(JSON.stringify(places))} GROUP BY 1, 2`,
  ];
}
