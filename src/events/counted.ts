import { and, eq, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { MOST_COMPARED } from "../engine/definition/scan-cost.ts";
import { activityWatermark, BUCKET, BUCKETS } from "../engine/rollups/rollups.ts";
import { event_counts, events } from "../store/tables.ts";
import { MAX_TIME } from "./slices.ts";

// Lists by name, source and time are counted from event_counts, the events above the watermark, and those at the edges of
// the range that are not whole buckets.

const e = alias(events, "e");
/** Also called `e`, so that conditions on an event's name and source hold for both tables. */
const counts = alias(event_counts, "e");

/** The maximum number of rows of event_counts that a statement reads. */
const MAX_COUNTS = 500_000;

/** What is listed: a range of times, `from` included and `to` not, and conditions on name and source. */
export type CountedList = { from: number; to: number; conditions: SQL | undefined };

/** The whole buckets of a list: from `first`, included, to `end`, excluded. Those before 1970 are rounded to zero, and only open ranges have them. */
function wholeBuckets({ from, to }: CountedList): { first: number; end: number } {
  const first = from <= -MAX_TIME ? BUCKETS.first : Math.max(1, Math.ceil(from / BUCKET));
  const end = to >= MAX_TIME ? BUCKETS.last : Math.floor(to / BUCKET);
  return end < 1 ? { first, end: first } : { first, end };
}

/** The rows of event_counts for the whole buckets of a list. */
function countsOf(organizationId: string, list: CountedList): SQL {
  const { first, end } = wholeBuckets(list);
  const ofBuckets = sql`${counts.bucket} >= ${first} AND ${counts.bucket} < ${end}`;
  return sql`${event_counts} AS ${counts} WHERE ${and(eq(counts.organization_id, organizationId), ofBuckets, list.conditions)}`;
}

/** The parts of a list's range that are not whole buckets: times, the first included and the second not. */
function edgesOf(list: CountedList): [number, number][] {
  const { from, to } = list;
  const { first, end } = wholeBuckets(list);
  const edges: [number, number][] = first < end ? [[from, first * BUCKET], [end * BUCKET, to]] : [[from, to]]; // prettier-ignore
  return edges.filter(([start, until]) => start < until);
}

/** True if the buckets at an edge have few enough events to examine them all. */
function isEdgeAffordable(organizationId: string, [start, until]: [number, number]): SQL {
  const [first, last] = [start, until - 1].map((time) => Math.trunc(time / BUCKET));
  return sql`(SELECT total(count) <= ${MOST_COMPARED} FROM event_counts
      WHERE organization_id = ${organizationId} AND bucket BETWEEN ${first} AND ${last})`;
}

/** Selects the seqs of a list's events that are in none of its whole buckets' counts, except those at too large an edge. */
function selectUncounted(organizationId: string, list: CountedList): SQL {
  const { from, to, conditions } = list;
  const watermark = activityWatermark(organizationId);
  const own = eq(e.organization_id, organizationId);
  const isRecent = sql`${e.seq} > ${watermark} AND +${e.timestamp} >= ${from} AND +${e.timestamp} < ${to}`;
  const tail = sql`SELECT ${e.seq} FROM ${events} AS ${e} WHERE ${and(own, isRecent, conditions)}`;
  const ofEdges = edgesOf(list).map((edge) => {
    const isAtEdge = sql`${e.timestamp} >= ${edge[0]} AND ${e.timestamp} < ${edge[1]} AND +${e.seq} <= ${watermark}`;
    return sql`
      UNION ALL SELECT ${e.seq} FROM ${events} AS ${e}
      WHERE ${and(own, isAtEdge, isEdgeAffordable(organizationId, edge), conditions)}`;
  });
  return sql`${tail}${sql.join(ofEdges)}`;
}

/** Selects how many events a list has; null when there are too many counts, or events at the edges. */
export function countListed(organizationId: string, list: CountedList): SQL {
  const areAffordable = and(sql`true`, ...edgesOf(list).map((edge) => isEdgeAffordable(organizationId, edge)));
  return sql`(SELECT CASE WHEN count(*) <= ${MAX_COUNTS} AND ${areAffordable}
      THEN coalesce(sum(count), 0) + (SELECT count(*) FROM (${selectUncounted(organizationId, list)})) END
    FROM (SELECT ${counts.count} FROM ${countsOf(organizationId, list)} LIMIT ${MAX_COUNTS + 1}))`;
}

/** Joins the events of `buckets`, a table of a WITH clause, as far as counts have them. */
function eventsOfBuckets(organizationId: string, conditions: SQL | undefined): SQL {
  // A bucket before 1970 ends at its number, the one of number 0 is twice as wide.
  const from = sql`buckets.bucket * ${BUCKET} - (buckets.bucket <= 0) * ${BUCKET - 1}`;
  const to = sql`buckets.bucket * ${BUCKET} + (buckets.bucket >= 0) * ${BUCKET - 1}`;
  const inBucket = sql`${e.timestamp} BETWEEN ${from} AND ${to}`;
  const isCounted = sql`+${e.seq} <= ${activityWatermark(organizationId)} AND (SELECT is_affordable FROM affordable)`;
  return sql`buckets CROSS JOIN ${events} AS ${e}
      ON ${and(eq(e.organization_id, organizationId), inBucket, isCounted, conditions)}`;
}

/** A table of a WITH clause: whether the events of `buckets` can be examined in one statement, and one more condition. */
function affordableSql(organizationId: string, condition = sql`true`): SQL {
  return sql`affordable (is_affordable) AS MATERIALIZED (
      SELECT total(of_bucket.count) <= ${MOST_COMPARED} AND ${condition} FROM buckets
      CROSS JOIN event_counts AS of_bucket ON of_bucket.organization_id = ${organizationId} AND of_bucket.bucket = buckets.bucket
    )`;
}

/**
 * Tables of a WITH clause: `buckets`, as many as a page and those before it need, and `affordable`, whether their events can be
 * examined in one statement.
 * @param most the position of the page's last event
 */
export function bucketsSql(organizationId: string, list: CountedList, isDescending: boolean, most: number): SQL {
  const direction = isDescending ? sql`DESC` : sql`ASC`;
  return sql`buckets (bucket) AS MATERIALIZED (
      SELECT bucket FROM (
        SELECT bucket, sum(events) OVER (ORDER BY bucket ${direction}) - events AS before FROM (
          SELECT ${counts.bucket}, sum(${counts.count}) AS events FROM ${countsOf(organizationId, list)}
          GROUP BY 1 ORDER BY 1 ${direction} LIMIT ${most}
        )
      ) WHERE before < ${most}
    ),
    ${affordableSql(organizationId)}`;
}

/** Selects the seqs of all events of a list that can be on its page, given bucketsSql. */
export function selectCandidates(organizationId: string, list: CountedList): SQL {
  return sql`SELECT ${e.seq} FROM ${eventsOfBuckets(organizationId, list.conditions)}
      UNION ALL ${selectUncounted(organizationId, list)}`;
}

/**
 * Tables of a WITH clause that end with `names`: each name and source of events with its occurrences, and the times of the
 * first and the last of them; and `affordable`, without which they are incomplete.
 */
export function namesSql(organizationId: string, conditions: SQL | undefined): SQL {
  const all = { from: -MAX_TIME, to: MAX_TIME, conditions };
  const times = sql`min(${e.timestamp}), max(${e.timestamp})`;
  return sql`stored (bucket, name, source, count) AS MATERIALIZED (
      SELECT ${counts.bucket}, ${counts.name}, ${counts.source}, ${counts.count} FROM ${countsOf(organizationId, all)}
      LIMIT ${MAX_COUNTS + 1}
    ),
    counted (name, source, occurrences, first, last) AS MATERIALIZED (
      SELECT name, source, sum(count), min(bucket), max(bucket) FROM stored GROUP BY 1, 2
    ),
    buckets (bucket) AS MATERIALIZED (SELECT first FROM counted UNION SELECT last FROM counted),
    ${affordableSql(organizationId, sql`(SELECT count(*) FROM stored) <= ${MAX_COUNTS}`)},
    names (name, source, occurrences, first_seen, last_seen) AS MATERIALIZED (
      SELECT name, source, sum(occurrences), min(first_seen), max(last_seen) FROM (
        SELECT name, source, occurrences, NULL AS first_seen, NULL AS last_seen FROM counted
        UNION ALL SELECT ${e.name}, ${e.source}, 0, ${times} FROM ${eventsOfBuckets(organizationId, conditions)} GROUP BY 1, 2
        UNION ALL SELECT ${e.name}, ${e.source}, count(*), ${times} FROM ${events} AS ${e}
        WHERE ${and(eq(e.organization_id, organizationId), sql`${e.seq} > ${activityWatermark(organizationId)}`, conditions)}
        GROUP BY 1, 2
      ) GROUP BY 1, 2
    )`;
}
