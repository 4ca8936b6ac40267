import { sql } from "drizzle-orm";
import { invalidateShadows } from "../engine/upkeep/verify.ts";
import { countedUpTo, isDeletable } from "../engine/rollups/counted.ts";
import { takeFromCounts } from "../engine/rollups/event-counts.ts";
import { exportedUpTo } from "../export/ranges.ts";
import type { Statement } from "../store/store.ts";
import { DAY } from "../time/zone.ts";
import type { Retention } from "./settings.ts";

/** The maximum number of events of a part. */
const MAX_EVENTS = 10_000;

/** An event to delete. */
export type DeletableEvent = { seq: number; timestamp: number };

/** What is deleted, and the current time (milliseconds since 1970 UTC). */
type PartQuery = Retention & { now: number };

/**
 * Selects the next events to delete, in the order of the seq: of the oldest events, those that can be deleted and are of the
 * same UTC day. The number of examined events is limited, whether or not they can be deleted.
 */
export function selectPart(organizationId: string, { before, now, isExported }: PartQuery): Statement<DeletableEvent> {
  const first = sql`(SELECT min(timestamp) FROM deletable)`;
  const counted = countedUpTo(organizationId);
  return sql`
    WITH done (seq) AS MATERIALIZED (SELECT ${isExported ? sql`min(${counted}, ${exportedUpTo(organizationId)})` : counted}),
    oldest (seq, timestamp) AS MATERIALIZED (
      SELECT e.seq, e.timestamp FROM events AS e
      WHERE e.organization_id = ${organizationId} AND e.timestamp < ${before} ORDER BY e.timestamp LIMIT ${MAX_EVENTS}
    ),
    deletable (seq, timestamp) AS MATERIALIZED (
      SELECT o.seq, o.timestamp
      FROM oldest AS o CROSS JOIN events AS e ON e.organization_id = ${organizationId} AND e.seq = o.seq
      WHERE o.seq <= (SELECT seq FROM done) AND ${isDeletable(now)}
    )
    SELECT seq, timestamp FROM deletable
    WHERE timestamp < ${first} + ${DAY} - (${first} % ${DAY} + ${DAY}) % ${DAY}
    ORDER BY seq`;
}

/**
 * The transaction that deletes events of a part, if that is still allowed: a meter may have been created since they were
 * read.
 * @param until the time from which all events are kept: milliseconds since 1970 UTC
 */
export function deletePart(organizationId: string, seqs: number[], until: number, now: number): Statement[] {
  const chosen = sql`e.organization_id = ${organizationId} AND e.seq IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))
      AND e.seq <= ${countedUpTo(organizationId)} AND ${isDeletable(now)}`;
  return [
    sql`UPDATE organizations SET events_from = max(coalesce(events_from, ${until}), ${until}),
        deleted_before = max(coalesce(deleted_before, ${until}), ${until})
      WHERE id = ${organizationId} AND coalesce(min(events_from, deleted_before) < ${until}, true)
        AND EXISTS (SELECT 1 FROM events AS e WHERE ${chosen})`,
    invalidateShadows(organizationId),
    ...takeFromCounts(organizationId, chosen),
    sql`DELETE FROM events AS e WHERE ${chosen}`,
  ];
}
