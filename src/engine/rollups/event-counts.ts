import { type SQL, sql } from "drizzle-orm";
import { activityWatermark, BUCKET_OF_EVENT } from "./rollups.ts";

// How many events of each name and source are stored in each bucket, up to the organization's activity watermark: with them
// neither the totals of lists nor the names of events take longer in a longer log.

const KEYS = sql.raw("organization_id, bucket, name, source");

/** Selects the keys and counts of events `e` that meet a condition. */
function selectCounts(organizationId: string, events: SQL): SQL {
  return sql`SELECT ${organizationId} AS organization_id, ${BUCKET_OF_EVENT} AS bucket, e.name AS name, e.source AS source, count(*) AS count
      FROM events AS e WHERE e.organization_id = ${organizationId} AND ${events} GROUP BY 2, 3, 4`;
}

/** Adds the events `e` that meet a condition. */
export function addToCounts(organizationId: string, events: SQL): SQL {
  return sql`
    INSERT INTO event_counts (${KEYS}, count) ${selectCounts(organizationId, events)}
    ON CONFLICT (${KEYS}) DO UPDATE SET count = count + excluded.count`;
}

/** Takes out the events `e` that meet a condition, before the same transaction deletes them. */
export function takeFromCounts(organizationId: string, events: SQL): SQL[] {
  const counted = selectCounts(organizationId, sql`e.seq <= ${activityWatermark(organizationId)} AND ${events}`);
  return [
    sql`DELETE FROM event_counts WHERE (${KEYS}, count) IN (${counted})`,
    sql`
    UPDATE event_counts AS c SET count = c.count - taken.count FROM (${counted}) AS taken
    WHERE c.organization_id = taken.organization_id AND c.bucket = taken.bucket AND c.name = taken.name
      AND c.source = taken.source`,
  ];
}
