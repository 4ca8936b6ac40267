import { type SQL, sql } from "drizzle-orm";
import { externalKey } from "./customer-key.ts";

// Which events everything has been made of that is kept for ever: after that they can be deleted, and nothing changes.

/** Milliseconds for which an event stays after it was accepted, however old it is: so long it is a duplicate, and is found by repetitions. */
const MIN_STAY = 86_400_000;

/** The last seq that the rollups and totals of all the organization's meters have, and the activity of its customers. */
export function countedUpTo(organizationId: string): SQL {
  return sql`(
      SELECT min(o.activity_watermark, coalesce((
        SELECT min(m.watermark) FROM meters AS m WHERE m.organization_id = o.id
      ), o.last_seq)) FROM organizations AS o WHERE o.id = ${organizationId}
    )`;
}

/**
 * True for an event `e` up to `countedUpTo` of which nothing more is needed.
 * @param now milliseconds since 1970 UTC
 */
export function isDispensable(now: number): SQL {
  return sql`e.ingested_at < ${now - MIN_STAY}`;
}

/**
 * What goes into FROM and WHERE to find customers `c` and meters `m` that need an event `e`: there is no total since a reset
 * for an external id that the customer was given after it, so balances examine the events (balances.ts).
 */
export function needsEvent(organizationId: string): SQL {
  const key = externalKey(sql.raw("c.external_id"), sql.raw("c.generation"));
  // A customer whose version is 1 has had its external id from the beginning.
  return sql`customers AS c CROSS JOIN meters AS m CROSS JOIN meter_balances AS b
      WHERE e.customer_id IS NULL AND c.organization_id = ${organizationId} AND c.external_id = e.external_customer_id
        AND c.generation IS e.generation AND c.deleted_at IS NULL AND c.version > 1
        AND m.organization_id = ${organizationId} AND b.meter_id = m.id AND b.customer_id = c.id
        AND b.reset_seq > 0 AND b.reset_seq < e.seq AND NOT EXISTS (
          SELECT 1 FROM meter_totals AS so_far WHERE so_far.meter_id = m.id
            AND so_far.customer = ${key} AND so_far.since = b.reset_seq
        )`;
}

/** The organization's events_from, for a meter that begins to count. */
export function eventsFrom(organizationId: string): SQL {
  return sql`(SELECT events_from FROM organizations WHERE id = ${organizationId})`;
}
