import { and, eq, type SQL, sql } from "drizzle-orm";
import { isOneOf } from "../store/conditions.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { webhook_attempts as a, webhook_deliveries as d, webhook_events as e } from "../store/tables.ts";
import type { DeliveryListQuery } from "./schemas.ts";

/** An attempt, with its event as it stands at the endpoint. */
export type AttemptRow = Pick<typeof a.$inferSelect, "id" | "created_at" | "succeeded" | "http_code" | "response"> &
  Pick<typeof e.$inferSelect, "type" | "payload" | "archived_at"> & {
    event_id: string;
    event_created_at: number;
    event_modified_at: number;
    event_succeeded: number | null;
    skipped: number;
    last_http_code: number | null;
  };

/**
 * Reads one page of an organization's attempts, newest first, and counts them all: one round trip.
 * @returns no rows when the page would be too large
 */
export async function listAttempts(
  store: Store,
  query: DeliveryListQuery,
): Promise<{ rows: AttemptRow[]; total: number }> {
  const { endpoint_id, start_timestamp: from, end_timestamp: to, succeeded, http_code_class, event_type } = query;
  const where = and(
    eq(a.organization_id, store.organizationId),
    endpoint_id && isOneOf(a.endpoint_id, endpoint_id),
    from === undefined ? undefined : sql`${a.created_at} >= ${from}`,
    to === undefined ? undefined : sql`${a.created_at} <= ${to}`,
    succeeded === undefined ? undefined : eq(a.succeeded, Number(succeeded)),
    http_code_class && sql`${a.http_code} / 100 = ${Number(http_code_class[0])}`,
    event_type && isOneOf(e.type, event_type),
    query.query === undefined ? undefined : isFoundBy(query.query),
  );
  const tables = sql`${a} CROSS JOIN ${e} ON ${e.organization_id} = ${a.organization_id} AND ${e.id} = ${a.event_id}`;
  const [rows, [counted]] = await store.read([
    sql<AttemptRow>`WITH page AS MATERIALIZED (
        SELECT ${a}.*, ${e.type}, ${e.archived_at}, ${e.created_at} AS event_created_at, ${e.modified_at} AS event_modified_at,
          octet_length(coalesce(${e.payload}, '')) + 2000 AS bytes
        FROM ${tables} WHERE ${where} ORDER BY ${a.created_at} DESC, ${a.id} DESC LIMIT ${query.limit} OFFSET ${query.offset}
      )
      SELECT page.*, ${e.payload}, ${d.succeeded} AS event_succeeded, ${d.skipped}, ${d.last_http_code}
      FROM page CROSS JOIN ${e} ON ${e.organization_id} = page.organization_id AND ${e.id} = page.event_id
      CROSS JOIN ${d} ON ${d.organization_id} = page.organization_id AND ${d.event_id} = page.event_id
        AND ${d.endpoint_id} = page.endpoint_id
      WHERE (SELECT total(bytes) FROM page) <= ${MAX_PAGE_BYTES} ORDER BY page.created_at DESC, page.id DESC`,
    sql<{ total: number }>`SELECT count(*) AS total FROM ${tables} WHERE ${where}`,
  ]);
  return { rows, total: counted!.total };
}

/** Matches attempts by a text in the payload or the answer, or by the event's id. */
function isFoundBy(text: string): SQL {
  return sql`(${e.id} = ${text} OR instr(${e.payload}, ${text}) > 0 OR instr(${a.response}, ${text}) > 0)`;
}
