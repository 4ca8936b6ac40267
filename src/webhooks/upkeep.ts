import { sql } from "drizzle-orm";
import type { Budget } from "../jobs/budget.ts";
import { log } from "../log.ts";
import { selectOutdatedEvents } from "../store/outdated.ts";
import type { Store } from "../store/store.ts";
import {
  webhook_attempts as a,
  webhook_deliveries as d,
  webhook_endpoints as w,
  webhook_events as e,
} from "../store/tables.ts";

/** The events of an organization that may wait to be delivered; then the oldest are given up. */
const MAX_UNDELIVERED = 100_000;
/** The deliveries that one transaction gives up at most. */
const MOST_DROPPED = 5000;
/** The length of the end of an id that counts the rows of a statement. */
const COUNTED = 12;

/**
 * Gives up the oldest events of an organization of which too many wait: they fail in the list of deliveries, and the log says so.
 * @param most how many may wait
 */
export async function dropOldest(opened: Store, budget: Budget, most = MAX_UNDELIVERED): Promise<void> {
  const store = budget.counted(opened);
  const { organizationId } = store;
  const waiting = sql`FROM ${w} CROSS JOIN ${d} ON ${d.endpoint_id} = ${w.id} AND ${d.next_attempt_at} IS NOT NULL
    WHERE ${w.organization_id} = ${organizationId}`;
  let dropped = 0;
  // Usually this is all: as many deliveries are no more events.
  const [[counted]] = await store.read([
    sql<{ n: number }>`SELECT count(*) AS n FROM (SELECT 1 ${waiting} LIMIT ${most + 1})`,
  ]);
  while (counted!.n > most && budget.mayGoOn()) {
    const firsts = sql`SELECT min(${d.seq}) AS seq ${waiting} GROUP BY ${d.event_id}`;
    const kept = sql`(SELECT seq FROM (${firsts}) ORDER BY seq DESC LIMIT 1 OFFSET ${most - 1})`;
    const oldest = sql`SELECT ${d.seq} ${waiting} AND ${d.seq} < ${kept} ORDER BY ${d.seq} LIMIT ${MOST_DROPPED}`;
    const prefix = crypto.randomUUID().slice(0, -COUNTED);
    const response = `Given up: more than ${most} events of the organization waited.`;
    const results = await store.write([
      sql`INSERT INTO ${a} (organization_id, event_id, id, endpoint_id, created_at, succeeded, response)
        SELECT ${organizationId}, event_id, ${prefix} || format('%012x', seq), endpoint_id, ${budget.now()}, 0, ${response}
        FROM ${d} WHERE seq IN (${oldest})`,
      sql`UPDATE ${d} SET next_attempt_at = NULL, succeeded = 0, skipped = 1 WHERE seq IN (${oldest})`,
    ]);
    const { changes } = results[1]!;
    dropped += changes;
    if (changes < MOST_DROPPED) break;
  }
  if (dropped > 0)
    log("error", { error: "WebhookEventsDropped", organization_id: organizationId, webhook_deliveries: dropped });
}

/**
 * Deletes payloads 30 days after the last attempt, and events with their deliveries and attempts after 90 days, some at a time.
 * @param now milliseconds since 1970 UTC
 * @returns whether there can be more of them, and whether the organization has events left
 */
export async function forgetEvents(store: Store, now: number): Promise<{ hasMore: boolean; isLeft: boolean }> {
  const { organizationId } = store;
  const { payloads, events, most } = selectOutdatedEvents(now);
  const own = sql`organization_id = ${organizationId}`;
  const old = sql`(SELECT id FROM (${events}) WHERE ${own})`;
  const statements = [
    sql`UPDATE ${e} SET payload = NULL, extra = NULL, archived_at = ${now}
      WHERE ${own} AND id IN (SELECT id FROM (${payloads}) WHERE ${own})`,
    sql`DELETE FROM ${a} WHERE ${own} AND event_id IN ${old}`,
    sql`DELETE FROM ${d} WHERE ${own} AND event_id IN ${old}`,
    sql`DELETE FROM ${e} WHERE ${own} AND id IN ${old}`,
    sql`SELECT 1 FROM ${e} WHERE ${own} LIMIT 1`,
  ];
  const [archived, , , deleted, left] = await store.write(statements, { repeat: statements });
  return { hasMore: archived!.changes === most || deleted!.changes === most, isLeft: left!.rows.length > 0 };
}
