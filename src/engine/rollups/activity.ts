import { type SQL, sql } from "drizzle-orm";
import type { Budget } from "../../jobs/budget.ts";
import type { Store } from "../../store/store.ts";
import { CUSTOMER_OF_EVENT, externalKey } from "./customer-key.ts";
import { addToCounts } from "./event-counts.ts";
import { activityWatermark } from "./rollups.ts";

// The time of each customer's first user event: customer_activity has it up to a watermark, and later events are read. So it
// is exact at once, without writing a row per event.

/** Events that one transaction examines at most. */
const CHUNK_EVENTS = 20_000;

/**
 * Tables for a WITH clause: `first_events (id, at)` has the time of each customer's first user event, by either identity; no
 * row for a customer without events.
 * @param customers a table of them with the columns `id` and `external_key`: the key by the external id, or NULL
 */
export function firstEventsSql(organizationId: string, customers: SQL): SQL {
  // CROSS JOIN makes SQLite read the events above the watermark once for all customers, and not at all without any.
  return sql`identities (id, customer) AS MATERIALIZED (
      SELECT id, 'id:' || id FROM ${customers}
      UNION ALL SELECT id, external_key FROM ${customers} WHERE external_key IS NOT NULL
    ),
    first_events (id, at) AS MATERIALIZED (
      SELECT id, min(at) FROM (
        SELECT i.id, a.first_event_at AS at FROM identities AS i CROSS JOIN customer_activity AS a
        WHERE a.organization_id = ${organizationId} AND a.customer = i.customer
        UNION ALL
        SELECT i.id, e.timestamp FROM events AS e CROSS JOIN identities AS i
        WHERE EXISTS (SELECT 1 FROM identities) AND e.organization_id = ${organizationId}
          AND e.seq > ${activityWatermark(organizationId)} AND e.source = 'user' AND i.customer = ${CUSTOMER_OF_EVENT}
      )
      GROUP BY id
    )`;
}

/**
 * A table for a WITH clause, which firstEventSql reads: `recent_first_events (customer, at)`, from the events above the
 * watermark. Unlike firstEventsSql it does not refer to the statement's customers, which would be parsed again.
 */
export function recentFirstEventsSql(organizationId: string): SQL {
  return sql`recent_first_events (customer, at) AS MATERIALIZED (
      SELECT ${CUSTOMER_OF_EVENT}, min(e.timestamp) FROM events AS e
      WHERE e.organization_id = ${organizationId} AND e.seq > ${activityWatermark(organizationId)} AND e.source = 'user' GROUP BY 1
    )`;
}

/** The time of the first user event of a customer `c`, given recentFirstEventsSql; NULL without any. */
export function firstEventSql(organizationId: string): SQL {
  const keys = sql`('id:' || c.id, ${externalKey(sql.raw("c.external_id"), sql.raw("c.generation"))})`;
  return sql`(
      SELECT min(at) FROM (
        SELECT a.first_event_at AS at FROM customer_activity AS a
        WHERE a.organization_id = ${organizationId} AND a.customer IN ${keys}
        UNION ALL
        SELECT at FROM recent_first_events WHERE customer IN ${keys}
      )
    )`;
}

/** How many events the watermark is behind. */
type Behind = { events: number };

/**
 * Collects the times of customers' first user events from the events above the organization's watermark.
 * @param lag how many events the watermark must be behind
 * @returns how many transactions ran
 */
export async function catchUpActivity(store: Store, budget: Budget, lag: number): Promise<number> {
  const counted = budget.counted(store);
  const [[organization]] = await counted.read([
    sql<Behind>`SELECT last_seq - activity_watermark AS events FROM organizations WHERE id = ${store.organizationId}`,
  ]);
  let [behind, transactions] = [organization?.events ?? 0, 0];
  while (behind >= lag && budget.mayGoOn()) {
    const results = await counted.write(activityStatements(store.organizationId));
    transactions++;
    behind = (results.at(-1)!.rows as Behind[])[0]!.events;
  }
  return transactions;
}

/** The transaction that collects the activity of one chunk, counts its events, and moves the watermark to its end. */
function activityStatements(organizationId: string): SQL[] {
  // Another run may have moved the watermark, so its value is read inside the transaction.
  const end = sql`(SELECT min(activity_watermark + ${CHUNK_EVENTS}, last_seq) FROM organizations
    WHERE id = ${organizationId})`;
  const isNext = sql`e.seq > ${activityWatermark(organizationId)} AND e.seq <= ${end}`;
  return [
    addToCounts(organizationId, isNext),
    sql`INSERT INTO customer_activity (organization_id, customer, first_event_at)
      SELECT ${organizationId}, ${CUSTOMER_OF_EVENT}, min(e.timestamp) FROM events AS e
      WHERE e.organization_id = ${organizationId} AND ${isNext} AND e.source = 'user' GROUP BY 2
      ON CONFLICT (organization_id, customer) DO UPDATE SET first_event_at = excluded.first_event_at
        WHERE excluded.first_event_at < first_event_at`,
    sql`UPDATE organizations SET activity_watermark = min(activity_watermark + ${CHUNK_EVENTS}, last_seq)
      WHERE id = ${organizationId} RETURNING last_seq - activity_watermark AS events`,
  ];
}
