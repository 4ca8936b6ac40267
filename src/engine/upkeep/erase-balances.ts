import { type SQL, sql } from "drizzle-orm";
import { activityWatermark } from "../rollups/rollups.ts";
import { CUSTOMER_OF_EVENT, externalKey, generationOf, type Owner } from "../rollups/customer-key.ts";
import { forgetValues } from "../rollups/values.ts";
import { customerKeys } from "./erase-share.ts";

/** The statements that delete a customer's balances: credits, totals since resets, and what alerts know of them; the last one of them `MOST_FORGOTTEN` values. */
export function eraseBalances(organizationId: string, owner: Owner, condition: SQL): SQL[] {
  const own = sql`meter_id IN (SELECT id FROM meters WHERE organization_id = ${organizationId})`;
  const totals = sql`${own} AND customer IN (SELECT value FROM json_each(${customerKeys(owner)}))
      AND since > 0 AND ${condition}`;
  return [
    ...["meter_balances", "compared_balances", "alert_thresholds"].map(
      (table) => sql`DELETE FROM ${sql.raw(table)} WHERE ${own} AND customer_id = ${owner.id} AND ${condition}`,
    ),
    ...["alerts", "alert_triggers"].map(
      (table) =>
        sql`DELETE FROM ${sql.raw(table)} WHERE organization_id = ${organizationId} AND customer_id = ${owner.id} AND ${condition}`,
    ),
    sql`DELETE FROM meter_totals WHERE ${totals}`,
    forgetValues(totals),
  ];
}

/** The statement that deletes the time of a customer's first event. */
export function eraseActivity(organizationId: string, owner: Owner, condition: SQL): SQL {
  return sql`DELETE FROM customer_activity WHERE organization_id = ${organizationId}
      AND customer IN (SELECT value FROM json_each(${customerKeys(owner)})) AND ${condition}`;
}

/** True if there are or were events with an external id since the last customer with it was deleted. */
export function hasUnowned(organizationId: string, externalId: string): SQL {
  const key = externalKey(sql`${externalId}`, generationOf(organizationId, externalId));
  return sql`(
    EXISTS (SELECT 1 FROM customer_activity WHERE organization_id = ${organizationId} AND customer = ${key})
    OR EXISTS (
      SELECT 1 FROM events AS e WHERE e.organization_id = ${organizationId}
        AND e.seq > ${activityWatermark(organizationId)} AND ${CUSTOMER_OF_EVENT} = ${key}
    )
  )`;
}
