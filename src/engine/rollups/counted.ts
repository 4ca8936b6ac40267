import { type SQL, sql } from "drizzle-orm";

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

/** The organization's events_from. */
export function eventsFrom(organizationId: string): SQL {
  return sql`(SELECT events_from FROM organizations WHERE id = ${organizationId})`;
}
