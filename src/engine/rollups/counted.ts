import { type SQL, sql } from "drizzle-orm";
import { externalKey } from "./customer-key.ts";

// Retention may delete an event once everything that is derived from it has been computed.

/** Milliseconds for which an accepted event is kept, however old its timestamp: duplicates and repetitions must find it. */
const MIN_STAY = 86_400_000;

/** The last seq that is included in the rollups and totals of all the organization's meters, and in customer activity. */
export function countedUpTo(organizationId: string): SQL {
  return sql`(
      SELECT min(o.activity_watermark, coalesce((
        SELECT min(m.watermark) FROM meters AS m WHERE m.organization_id = o.id
      ), o.last_seq)) FROM organizations AS o WHERE o.id = ${organizationId}
    )`;
}

/**
 * True for an event `e` up to `countedUpTo` that is no longer needed.
 * @param now milliseconds since 1970 UTC
 */
export function isDeletable(now: number): SQL {
  return sql`e.ingested_at < ${now - MIN_STAY}`;
}

/**
 * FROM and WHERE for the customers `c` and meters `m` whose balances still need an event `e`: the external id was set after a
 * reset, and its total since the reset is missing. It is computed after the change, which can fail in between.
 */
export function balancesNeeding(organizationId: string): SQL {
  const key = externalKey(sql.raw("c.external_id"), sql.raw("c.generation"));
  // At version 1, a customer has had its external id from the beginning.
  return sql`customers AS c CROSS JOIN meters AS m CROSS JOIN meter_balances AS b
      WHERE e.customer_id IS NULL AND c.organization_id = ${organizationId} AND c.external_id = e.external_customer_id
        AND c.generation IS e.generation AND c.deleted_at IS NULL AND c.version > 1
        AND m.organization_id = ${organizationId} AND b.meter_id = m.id AND b.customer_id = c.id
        AND b.reset_seq > 0 AND b.reset_seq < e.seq AND NOT EXISTS (
          SELECT 1 FROM meter_totals AS so_far WHERE so_far.meter_id = m.id
            AND so_far.customer = ${key} AND so_far.since = b.reset_seq
        )`;
}

/** The organization's events_from. */
export function eventsFrom(organizationId: string): SQL {
  return sql`(SELECT events_from FROM organizations WHERE id = ${organizationId})`;
}
