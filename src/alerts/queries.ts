import { and, desc, eq, sql } from "drizzle-orm";
import { ResourceNotFound } from "../errors.ts";
import { isOneOf } from "../store/conditions.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { alert_triggers, alerts } from "../store/tables.ts";
import type { AlertListQuery, TriggerListQuery } from "./schemas.ts";

/** An alert as it is stored. */
export type AlertRow = typeof alerts.$inferSelect;
/** A trigger as it is stored. */
export type TriggerRow = typeof alert_triggers.$inferSelect;

/** Matches an alert of the organization. */
export function isNamed(organizationId: string, id: string) {
  return and(eq(alerts.id, id), eq(alerts.organization_id, organizationId));
}

/** Selects an alert of the organization. */
function selectAlert(organizationId: string, id: string) {
  return db.select().from(alerts).where(isNamed(organizationId, id));
}

/** The error for an alert that does not exist. */
export function notFound(): ResourceNotFound {
  return new ResourceNotFound("No alert in your organization has this id.");
}

/** Reads an alert: @throws ResourceNotFound */
export async function findAlert(store: Store, id: string): Promise<AlertRow> {
  const [[row]] = await store.read([selectAlert(store.organizationId, id)]);
  if (row === undefined) throw notFound();
  return row;
}

/** Reads one page of an organization's alerts, newest first, and counts them all: one round trip. */
export async function listAlerts(store: Store, query: AlertListQuery): Promise<{ rows: AlertRow[]; total: number }> {
  const { meter_id, customer_id, limit, offset } = query;
  const where = and(
    eq(alerts.organization_id, store.organizationId),
    meter_id && isOneOf(alerts.meter_id, meter_id),
    customer_id && isOneOf(alerts.customer_id, customer_id),
  );
  const [rows, [counted]] = await store.read([
    db.select().from(alerts).where(where).orderBy(desc(alerts.created_at), alerts.id).limit(limit).offset(offset),
    db
      .select({ total: sql<number>`count(*)`.as("total") })
      .from(alerts)
      .where(where),
  ]);
  return { rows, total: counted!.total };
}

/**
 * Reads one page of an alert's triggers, newest first, and counts them all: one round trip.
 * @throws ResourceNotFound when there is no such alert
 */
export async function listTriggers(
  store: Store,
  id: string,
  { customer_id, limit, offset }: TriggerListQuery,
): Promise<{ rows: TriggerRow[]; total: number }> {
  const { organizationId } = store;
  const { alert_id, organization_id, created_at } = alert_triggers;
  const where = and(
    eq(alert_id, id),
    eq(organization_id, organizationId),
    customer_id && isOneOf(alert_triggers.customer_id, customer_id),
  );
  const [[alert], rows, [counted]] = await store.read([
    selectAlert(organizationId, id),
    db.select().from(alert_triggers).where(where).orderBy(desc(created_at), desc(alert_triggers.id)).limit(limit).offset(offset), // prettier-ignore
    db
      .select({ total: sql<number>`count(*)`.as("total") })
      .from(alert_triggers)
      .where(where),
  ]);
  if (alert === undefined) throw notFound();
  return { rows, total: counted!.total };
}
