import { sql } from "drizzle-orm";
import { runBatch } from "./d1.ts";

/**
 * Finds organizations whose meters or activity are behind their events, the one furthest behind first. The only statement that
 * reads across organizations beside the next: they are the schedule's, never a request's.
 * @param most the maximum number of organizations
 */
export async function findOrganizationsBehind({ DB }: Env, most: number): Promise<string[]> {
  const [found] = await runBatch(DB, [
    sql`SELECT o.id FROM organizations AS o LEFT JOIN meters AS m ON m.organization_id = o.id
      WHERE (m.watermark < o.last_seq OR o.activity_watermark < o.last_seq)
        AND NOT EXISTS (SELECT 1 FROM write_refusals AS r WHERE r.organization_id = o.id AND r.token_id = '')
      GROUP BY o.id ORDER BY min(o.activity_watermark, coalesce(min(m.watermark), o.last_seq)) - o.last_seq
      LIMIT ${most}`,
  ]);
  return (found!.results as { id: string }[]).map(({ id }) => id);
}

/**
 * Finds organizations that have events from before a time, in a random order, so that each has its turn.
 * @param most the maximum number of organizations
 */
export async function findOrganizationsWithEvents({ DB }: Env, before: number, most: number): Promise<string[]> {
  const [found] = await runBatch(DB, [
    sql`SELECT o.id FROM organizations AS o
      WHERE EXISTS (SELECT 1 FROM events AS e WHERE e.organization_id = o.id AND e.timestamp < ${before})
        AND NOT EXISTS (SELECT 1 FROM write_refusals AS r WHERE r.organization_id = o.id AND r.token_id = '')
      ORDER BY random() LIMIT ${most}`,
  ]);
  return (found!.results as { id: string }[]).map(({ id }) => id);
}
