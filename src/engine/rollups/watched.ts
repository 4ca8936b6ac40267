import { type SQL, sql } from "drizzle-orm";

/** True for a meter whose id is given when an enabled alert watches it. */
export function hasAlertsOn(meterId: SQL): SQL<number> {
  return sql`EXISTS (SELECT 1 FROM alert_thresholds AS watching WHERE watching.meter_id = ${meterId})`;
}

/** True for an organization with an enabled alert. */
export function hasAlerts(organizationId: string): SQL<number> {
  // The number is text, because SQLite would not use the partial index for a bound value.
  return sql`EXISTS (SELECT 1 FROM alerts WHERE organization_id = ${organizationId} AND enabled = 1)`;
}
