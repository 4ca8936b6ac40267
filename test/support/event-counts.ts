import { sql } from "drizzle-orm";
import { BUCKET_OF_EVENT } from "../../src/engine/rollups/rollups.ts";
import type { Store } from "../../src/store/store.ts";
import { execute } from "./stores.ts";

/** The rows of event_counts that are not those of the stored events up to the activity watermark, and the ones that are missing. */
export async function wrongCounts({ organizationId }: Store): Promise<unknown[]> {
  const stored = sql`SELECT bucket, name, source, count FROM event_counts WHERE organization_id = ${organizationId}`;
  const expected = sql`SELECT ${BUCKET_OF_EVENT} AS bucket, e.name, e.source, count(*) AS count FROM events AS e
    WHERE e.organization_id = ${organizationId}
      AND e.seq <= (SELECT activity_watermark FROM organizations WHERE id = ${organizationId}) GROUP BY 1, 2, 3`;
  return execute(
    sql`SELECT 'wrong' AS problem, * FROM (${stored} EXCEPT ${expected})
      UNION ALL SELECT 'missing', * FROM (${expected} EXCEPT ${stored})`,
    organizationId,
  );
}
