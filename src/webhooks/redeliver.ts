import { sql } from "drizzle-orm";
import { Conflict, ResourceNotFound } from "../errors.ts";
import { asDeliveries } from "../outbox/put.ts";
import type { Store } from "../store/store.ts";
import { webhook_deliveries as d, webhook_endpoints as w, webhook_events as e } from "../store/tables.ts";

/**
 * Sends an event again, with all attempts, to every enabled endpoint that names its type now.
 * @throws ResourceNotFound; Conflict when its payload was deleted, or no endpoint names its type
 */
export async function redeliver(store: Store, id: string): Promise<void> {
  const { organizationId } = store;
  const isEvent = sql`${e.organization_id} = ${organizationId} AND ${e.id} = ${id}`;
  const statements = [
    sql`SELECT archived_at FROM ${e} WHERE ${isEvent}`,
    asDeliveries(sql`INSERT INTO ${d} (organization_id, event_id, endpoint_id, attempts, next_attempt_at, skipped)
      SELECT ${organizationId}, ${id}, ${w.id}, 0, 0, 0 FROM ${e} CROSS JOIN ${w}
      WHERE ${isEvent} AND ${e.archived_at} IS NULL AND ${w.organization_id} = ${organizationId} AND ${w.enabled}
        AND instr(${w.events}, '"' || ${e.type} || '"') > 0
      ON CONFLICT (organization_id, event_id, endpoint_id) DO UPDATE
        SET attempts = 0, next_attempt_at = 0, succeeded = NULL, skipped = 0`),
  ];
  const [found, put] = await store.write(statements, { repeat: statements });
  const [event] = found!.rows as { archived_at: number | null }[];
  if (event === undefined) throw new ResourceNotFound("No webhook event in your organization has this id.");
  if (event.archived_at !== null) throw new Conflict("The payload of this event was deleted.");
  if (put!.changes === 0) throw new Conflict("No enabled webhook endpoint names the type of this event.");
}
