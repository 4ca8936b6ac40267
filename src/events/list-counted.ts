import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { eventsFrom } from "../engine/rollups/counted.ts";
import { isOneOf } from "../store/conditions.ts";
import type { Store } from "../store/store.ts";
import { events } from "../store/tables.ts";
import { bucketsSql, type CountedList, countListed, selectCandidates } from "./counted.ts";
import { EVENT_BYTES, selectWithCustomers, sharedConditions, toListTotal } from "./queries.ts";
import type { EventListQuery } from "./schemas.ts";
import { MAX_TIME } from "./slices.ts";

const e = alias(events, "e");

/** The parameters of lists that are counted; with any other one a list is not. */
const COUNTED: readonly string[] = [
  "organization_id",
  "name",
  "source",
  "query",
  "start_timestamp",
  "end_timestamp",
  "depth",
  "limit",
  "offset",
  "sorting",
  "cursor",
  "format",
  "metadata",
] satisfies (keyof EventListQuery)[];

/** What is listed if only names, sources and times are conditions; otherwise null. */
function countedList(organizationId: string, query: EventListQuery): CountedList | null {
  const others = Object.entries(query).filter(([name, value]) => value !== undefined && !COUNTED.includes(name));
  if (query.metadata.length > 0 || others.length > 0) return null;
  const { start_timestamp: start = -MAX_TIME - 1, end_timestamp: to = MAX_TIME } = query;
  const ofName = query.name === undefined ? undefined : isOneOf(e.name, query.name);
  return { from: start + 1, to, conditions: and(...sharedConditions(organizationId, query), ofName) };
}

type Found = { total: number | null; events_from: number | null; is_affordable: number };

/**
 * Reads one page of a list whose only conditions are names, sources and times, and counts them all, in one round trip. Neither
 * takes longer in a longer log.
 * @returns null for another list, and when this would examine too much
 */
export async function listCounted(store: Store, query: EventListQuery) {
  const { organizationId } = store;
  const list = countedList(organizationId, query);
  if (list === null) return null;
  const { limit, offset } = query;
  const isDescending = (query.sorting ?? ["-timestamp"])[0] === "-timestamp";
  const order = sql`${isDescending ? desc(e.timestamp) : e.timestamp}, ${e.seq}`;
  const isOwn = eq(e.organization_id, organizationId);
  const inOrder = sql`${events} AS ${e} WHERE ${and(isOwn, gte(e.timestamp, list.from), lt(e.timestamp, list.to))}`;
  const buckets = sql`WITH ${bucketsSql(organizationId, list, isDescending, offset + limit)}`;
  const among = sql`(${selectCandidates(organizationId, list)}) AS candidate
    CROSS JOIN ${events} AS ${e} ON ${isOwn} AND ${e.seq} = candidate.seq`;
  const isAll = list.conditions === undefined;
  // Ids are in the order of seqs, which the index has: only the page's events are read.
  const chosen = sql`SELECT ${e.seq} FROM ${isAll ? inOrder : among} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`;
  const page = sql`${isAll ? sql`` : buckets} SELECT ${e.seq}, ${EVENT_BYTES}
    FROM (${chosen}) AS chosen CROSS JOIN ${events} AS ${e} ON ${isOwn} AND ${e.seq} = chosen.seq`;
  const [rows, [found]] = await store.read([
    selectWithCustomers(organizationId, page, order),
    sql<Found>`${isAll ? sql`` : buckets} SELECT ${countListed(organizationId, list)} AS total,
      ${eventsFrom(organizationId)} AS events_from, ${isAll ? sql`1` : sql`(SELECT is_affordable FROM affordable)`} AS is_affordable`,
  ]);
  const { total, events_from, is_affordable } = found!;
  if (total === null || is_affordable === 0) return null;
  return { rows, ...toListTotal({ total, events_from }, query.start_timestamp) };
}
