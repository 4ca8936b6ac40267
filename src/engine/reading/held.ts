import { type SQL, sql } from "drizzle-orm";
import { clamp } from "../rollups/rollups.ts";

// What is reserved for customers. It is the sum of their open holds when it is read, so nothing has to be written when a
// hold expires. The status is written into the SQL as text: SQLite would not use the index of open holds for a bound value.

/** Matches holds that are open, and have not expired at a time in milliseconds since 1970 UTC. */
export function isOpenHold(now: number | SQL): SQL {
  return sql`status = 'open' AND expires_at > ${now}`;
}

/**
 * The units that are held for a customer on a meter.
 * @param except the id of a hold that is left out
 */
export function heldUnits(pair: { customer_id: SQL; meter_id: SQL }, now: number | SQL, except?: string): SQL {
  const others = except === undefined ? sql`` : sql` AND id <> ${except}`;
  return sql`(SELECT ${clamp(sql`total(units)`)} FROM holds
      WHERE customer_id = ${pair.customer_id} AND meter_id = ${pair.meter_id} AND ${isOpenHold(now)}${others})`;
}

/** The statement that releases the open holds of the customers that a condition names. */
export function releaseHolds(named: SQL | undefined, now: number): SQL {
  return sql`UPDATE holds SET status = 'released', modified_at = ${now}, ends_at = ${now}
    WHERE customer_id IN (SELECT customers.id FROM customers WHERE ${named}) AND ${isOpenHold(now)}`;
}

/** Holds that one transaction erases at most. */
export const MOST_ERASED = 1000;

/** The statement that deletes some of a customer's holds, at most MOST_ERASED. */
export function eraseHolds(customerId: string, condition: SQL): SQL {
  return sql`DELETE FROM holds WHERE id IN (SELECT id FROM holds WHERE customer_id = ${customerId} LIMIT ${MOST_ERASED}) AND ${condition}`;
}
