import { asc, eq, sql } from "drizzle-orm";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { meters, organizations } from "../store/tables.ts";

/**
 * Reads where an organization's data is, how large it is, and how many events each meter has still to aggregate into its
 * rollups. Archived meters are included. `bytes` is null in D1, which organizations share.
 */
export async function readOrganization(store: Store) {
  const { organizationId: id } = store;
  const lag = db
    .select({
      id: meters.id,
      events_behind: sql<number>`max(0, ${organizations.last_seq} - ${meters.watermark})`.as("events_behind"),
    })
    .from(meters)
    .innerJoin(organizations, eq(organizations.id, meters.organization_id))
    .where(eq(meters.organization_id, id))
    .orderBy(asc(meters.created_at), asc(meters.id));
  const [rows] = await store.read([lag]);
  return { id, store: store.kind(), bytes: (await store.bytes?.()) ?? null, meters: rows };
}
