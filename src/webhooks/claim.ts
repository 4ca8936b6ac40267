import { and, eq, type SQL, sql } from "drizzle-orm";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { webhook_deliveries as d, webhook_endpoints as w, webhook_events as e } from "../store/tables.ts";

/** Milliseconds for which an endpoint is leased: a batch takes less, unless its invocation ends. */
const LEASE = 30_000;
/** The maximum number of deliveries that are attempted with one lease. */
const BATCH = 10;

/** A delivery that is due, and its event. */
export type Due = Pick<typeof d.$inferSelect, "seq" | "attempts"> &
  Pick<typeof e.$inferSelect, "id" | "type" | "customer_id" | "extra" | "payload" | "created_at" | "archived_at"> & {
    next_attempt_at: number;
  };

/** An endpoint that this invocation alone sends to, and what is to be sent, in order. */
export type Claimed = {
  lease: string;
  endpoint: Pick<typeof w.$inferSelect, "id" | "url" | "secret" | "failures">;
  due: Due[];
};

/** Matches deliveries of an endpoint that are due. */
const isDue = (endpointId: SQL, now: number) =>
  sql`${d.endpoint_id} = ${endpointId} AND ${d.next_attempt_at} <= ${now}`;

/**
 * Leases an endpoint of the organization with a delivery that is due: healthy ones first, then the one that waited longest.
 * @param isHealthy leases only one whose last attempt succeeded
 * @param now milliseconds since 1970 UTC
 * @returns null when there is none
 */
export async function claimEndpoint(store: Store, isHealthy: boolean, now: number): Promise<Claimed | null> {
  const { organizationId } = store;
  const lease = crypto.randomUUID();
  const next = sql`SELECT ${w.id} FROM ${w} WHERE ${w.organization_id} = ${organizationId} AND ${w.enabled}
    AND ${w.leased_until} <= ${now} AND (${w.is_healthy} OR ${isHealthy ? 0 : 1})
    AND EXISTS (SELECT 1 FROM ${d} WHERE ${isDue(sql`${w.id}`, now)})
    ORDER BY ${w.is_healthy} DESC, ${w.leased_until} LIMIT 1`;
  const isLeased = and(eq(w.organization_id, organizationId), eq(w.lease, lease));
  const results = await store.write([
    sql`UPDATE ${w} SET lease = ${lease}, leased_until = ${now + LEASE}
      WHERE ${w.organization_id} = ${organizationId} AND ${w.id} = (${next})`,
    db.select({ id: w.id, url: w.url, secret: w.secret, failures: w.failures }).from(w).where(isLeased),
    selectDue(sql`(SELECT ${w.id} FROM ${w} WHERE ${isLeased})`, now),
  ]);
  const [endpoint] = results[1]!.rows as Claimed["endpoint"][];
  if (endpoint === undefined) return null;
  const due = results[2]!.rows as Due[];
  // First attempts are in the order of commit, and repetitions come between them at their times.
  const at = ({ next_attempt_at, created_at }: Due) => (next_attempt_at === 0 ? created_at : next_attempt_at);
  const [first, later] = [due.filter((row) => row.next_attempt_at === 0), due.filter((row) => row.next_attempt_at > 0)];
  const merged: Due[] = [];
  while (merged.length < BATCH && (first.length > 0 || later.length > 0)) {
    const isFirst = later.length === 0 || (first.length > 0 && at(first[0]!) <= at(later[0]!));
    merged.push((isFirst ? first : later).shift()!);
  }
  return { lease, endpoint, due: merged };
}

function selectDue(endpointId: SQL, now: number): SQL {
  const of = (condition: SQL, order: SQL) =>
    sql`SELECT * FROM (SELECT seq FROM ${d} WHERE ${isDue(endpointId, now)} AND ${condition} ORDER BY ${order} LIMIT ${BATCH})`;
  return sql`WITH due (seq) AS MATERIALIZED (
      ${of(sql`${d.next_attempt_at} = 0`, sql`seq`)} UNION ALL ${of(sql`${d.next_attempt_at} > 0`, sql`next_attempt_at, seq`)}
    )
    SELECT ${d.seq}, ${d.attempts}, ${d.next_attempt_at}, ${e.id}, ${e.type}, ${e.customer_id}, ${e.extra}, ${e.payload},
      ${e.created_at}, ${e.archived_at}
    FROM due CROSS JOIN ${d} ON ${d.seq} = due.seq
    CROSS JOIN ${e} ON ${e.organization_id} = ${d.organization_id} AND ${e.id} = ${d.event_id}
    ORDER BY ${d.next_attempt_at}, ${d.seq}`;
}

/**
 * Reads when the next delivery is due.
 * @returns milliseconds since 1970 UTC; null when nothing waits
 */
export async function nextDelivery(store: Store): Promise<number | null> {
  const first = sql`SELECT ${d.next_attempt_at} FROM ${d} WHERE ${d.endpoint_id} = ${w.id}
    AND ${d.next_attempt_at} IS NOT NULL ORDER BY ${d.next_attempt_at} LIMIT 1`;
  const [[row]] = await store.read([
    sql<{ at: number | null }>`SELECT min(max(${w.leased_until}, (${first}))) AS at FROM ${w}
      WHERE ${w.organization_id} = ${store.organizationId} AND ${w.enabled}`,
  ]);
  return row!.at;
}
