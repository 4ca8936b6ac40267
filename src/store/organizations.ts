import { type SQL, sql } from "drizzle-orm";
import { runBatch } from "./d1.ts";
import type { StoreKind } from "./kinds.ts";
import { type KeptTable, selectOutdatedEvents, selectOutdatedOf } from "./outdated.ts";

/**
 * Finds organizations whose meters or activity are behind their events, the one furthest behind first. Only this and the next
 * five functions read across organizations; the cron trigger calls them, never a request.
 * @param most the maximum number of organizations
 */
export function findOrganizationsBehind(env: Env, most: number): Promise<string[]> {
  return selectIds(
    env,
    sql`SELECT o.id AS organization_id FROM organizations AS o LEFT JOIN meters AS m ON m.organization_id = o.id
      WHERE (m.watermark < o.last_seq OR o.activity_watermark < o.last_seq)
        AND NOT EXISTS (SELECT 1 FROM write_refusals AS r WHERE r.organization_id = o.id AND r.token_id = '')
      GROUP BY o.id ORDER BY min(o.activity_watermark, coalesce(min(m.watermark), o.last_seq)) - o.last_seq
      LIMIT ${most}`,
  );
}

/**
 * Finds organizations with events before a time, in random order, so that none is always last.
 * @param most the maximum number of organizations
 */
export function findOrganizationsWithEvents(env: Env, before: number, most: number): Promise<string[]> {
  return selectIds(
    env,
    sql`SELECT o.id AS organization_id FROM organizations AS o
      WHERE EXISTS (SELECT 1 FROM events AS e WHERE e.organization_id = o.id AND e.timestamp < ${before})
        AND NOT EXISTS (SELECT 1 FROM write_refusals AS r WHERE r.organization_id = o.id AND r.token_id = '')
      ORDER BY random() LIMIT ${most}`,
  );
}

/**
 * Finds organizations with an object of the export that is not written yet, or with events for the next one: when the first
 * of them has waited (milliseconds), or there are many. In a random order, so that each has its turn.
 */
export function findOrganizationsToExport(
  env: Env,
  { now, wait, many, most }: Record<"now" | "wait" | "many" | "most", number>,
): Promise<string[]> {
  return selectIds(
    env,
    sql`WITH reached (id, last_seq, seq, is_written) AS MATERIALIZED (
        SELECT o.id, o.last_seq, coalesce(x.last_seq, 0), x.first_seq IS NULL OR x.exported_at IS NOT NULL
        FROM organizations AS o LEFT JOIN exported_objects AS x ON x.organization_id = o.id AND x.first_seq = (
          SELECT max(first_seq) FROM exported_objects WHERE organization_id = o.id
        )
      )
      SELECT r.id AS organization_id FROM reached AS r
      WHERE (NOT r.is_written OR (r.last_seq > r.seq AND (
          SELECT e.ingested_at FROM events AS e WHERE e.organization_id = r.id AND e.seq > r.seq ORDER BY e.seq LIMIT 1
        ) <= ${now} - iif(r.last_seq - r.seq >= ${many}, 0, ${wait})))
        AND NOT EXISTS (SELECT 1 FROM write_refusals AS w WHERE w.organization_id = r.id AND w.token_id = '')
      ORDER BY random() LIMIT ${most}`,
  );
}

/** Finds organizations with rows of a table that have been kept long enough, at most so many. */
export function findOrganizationsWithOutdated(
  env: Env,
  table: KeptTable,
  now: number,
  most: number,
): Promise<string[]> {
  return selectIds(env, selectOutdatedOf(table, now, most));
}

/** Finds organizations with webhook events to send, in a random order, so that none is always last. */
export function findOrganizationsToSend(env: Env, now: number, most: number): Promise<string[]> {
  return selectIds(
    env,
    sql`SELECT DISTINCT w.organization_id FROM webhook_endpoints AS w
      WHERE w.enabled AND w.leased_until <= ${now}
        AND EXISTS (SELECT 1 FROM webhook_deliveries AS d WHERE d.endpoint_id = w.id AND d.next_attempt_at <= ${now})
        AND NOT EXISTS (SELECT 1 FROM write_refusals AS r WHERE r.organization_id = w.organization_id AND r.token_id = '')
      ORDER BY random() LIMIT ${most}`,
  );
}

/** Finds organizations with webhook events that have been kept long enough, or their payloads. */
export function findOrganizationsWithOldEvents(env: Env, now: number, most: number): Promise<string[]> {
  const { payloads, events } = selectOutdatedEvents(now);
  return selectIds(
    env,
    sql`SELECT DISTINCT organization_id FROM (SELECT * FROM (${payloads}) UNION ALL SELECT * FROM (${events})) LIMIT ${most}`,
  );
}

async function selectIds({ DB }: Env, statement: SQL<{ organization_id: string }>): Promise<string[]> {
  const [found] = await runBatch(DB, [statement]);
  return (found!.results as { organization_id: string }[]).map(({ organization_id }) => organization_id);
}

/** Makes D1 redirect an organization's requests to its object, as after a move. */
export async function sendToObject({ DB }: Env, organizationId: string): Promise<void> {
  await runBatch(DB, [
    sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at)
      VALUES (${organizationId}, '', 'moved', ${Date.now()}) ON CONFLICT DO NOTHING`,
  ]);
}

/**
 * Finds an organization in D1.
 * @returns `object` when D1 redirects to its object, `d1` when D1 has rows of it, null otherwise
 */
export async function findInD1({ DB }: Env, organizationId: string): Promise<StoreKind | null> {
  const [found] = await runBatch(DB, [
    sql`SELECT
      EXISTS (SELECT 1 FROM write_refusals
        WHERE organization_id = ${organizationId} AND token_id = '' AND reason = 'moved') AS has_moved,
      EXISTS (SELECT 1 FROM organization_access_tokens WHERE organization_id = ${organizationId})
        OR EXISTS (SELECT 1 FROM organizations WHERE id = ${organizationId})
        OR EXISTS (SELECT 1 FROM meters WHERE organization_id = ${organizationId}) AS is_here`,
  ]);
  const { has_moved, is_here } = found!.results[0] as { has_moved: number; is_here: number };
  if (has_moved === 1) return "object";
  return is_here === 1 ? "d1" : null;
}
