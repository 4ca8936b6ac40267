import { type SQL, sql } from "drizzle-orm";
import type { Store } from "./store.ts";

// Rows that are deleted some days after some time: they would grow for ever.

/** A table with such rows, the column that tells them apart in an organization, that with the time, and for how many days they are kept. */
export type KeptTable = { name: string; key: string; time: string; days: number };

/** Idempotency keys, from their first use on. */
export const KEYS: KeptTable = { name: "idempotency_keys", key: "key", time: "created_at", days: 30 };
/** Holds, from their end on. */
export const HOLDS: KeptTable = { name: "holds", key: "id", time: "ends_at", days: 30 };
/** Triggers of alerts. */
export const TRIGGERS: KeptTable = { name: "alert_triggers", key: "id", time: "created_at", days: 90 };

const DAY = 86_400_000;
/** Milliseconds for which webhook events are kept after their last attempt, and their payloads. */
const [KEPT_EVENTS, KEPT_PAYLOADS] = [90 * DAY, 30 * DAY];
/** Rows that one transaction deletes at most. */
const MOST_DELETED = 1000;

/** The oldest rows that have been kept long enough, of organizations that can be written; so many are examined at most. */
function selectOutdated(
  { name, key, time, days }: KeptTable,
  now: number,
): SQL<{ organization_id: string; key: string }> {
  return sql`SELECT k.organization_id, k.${sql.raw(key)} AS key FROM ${sql.raw(name)} AS k
    WHERE k.${sql.raw(time)} < ${now - days * DAY} AND NOT EXISTS (
      SELECT 1 FROM write_refusals AS r WHERE r.organization_id = k.organization_id AND r.token_id = ''
    ) ORDER BY k.${sql.raw(time)} LIMIT ${MOST_DELETED}`;
}

/**
 * The webhook events whose payloads have been kept long enough, and those that have been themselves, of organizations that can
 * be written; `most` of each are examined at most.
 */
export function selectOutdatedEvents(now: number) {
  const select = (condition: SQL) => sql<{ organization_id: string; id: string }>`
    SELECT e.organization_id, e.id FROM webhook_events AS e WHERE ${condition} AND NOT EXISTS (
      SELECT 1 FROM write_refusals AS r WHERE r.organization_id = e.organization_id AND r.token_id = ''
    ) ORDER BY e.modified_at LIMIT ${MOST_DELETED}`;
  return {
    payloads: select(sql`e.archived_at IS NULL AND e.modified_at < ${now - KEPT_PAYLOADS}`),
    events: select(sql`e.archived_at IS NOT NULL AND e.modified_at < ${now - KEPT_EVENTS}`),
    most: MOST_DELETED,
  };
}

/** Selects organizations whose rows have been kept long enough, those with the most of them first. */
export function selectOutdatedOf(table: KeptTable, now: number, most: number): SQL<{ organization_id: string }> {
  return sql`SELECT organization_id FROM (${selectOutdated(table, now)}) GROUP BY 1 ORDER BY count(*) DESC LIMIT ${most}`;
}

/**
 * Deletes some of an organization's rows that have been kept long enough.
 * @param now milliseconds since 1970 UTC
 * @returns whether there can be more of them, and whether rows are left
 */
export async function deleteOutdated(
  store: Store,
  table: KeptTable,
  now: number,
): Promise<{ hasMore: boolean; isLeft: boolean }> {
  const { organizationId } = store;
  const name = sql.raw(table.name);
  const outdated = sql`DELETE FROM ${name} WHERE organization_id = ${organizationId} AND ${sql.raw(table.key)} IN (
    SELECT key FROM (${selectOutdated(table, now)}) WHERE organization_id = ${organizationId})`;
  const left = sql`SELECT 1 FROM ${name} WHERE organization_id = ${organizationId} LIMIT 1`;
  const [deleted, kept] = await store.write([outdated, left], { repeat: [outdated, left] });
  return { hasMore: deleted!.changes === MOST_DELETED, isLeft: kept!.rows.length > 0 };
}
