import { and, eq, inArray, isNull, type SQL } from "drizzle-orm";
import { db } from "../store/db.ts";
import type { Statement } from "../store/store.ts";
import { webhook_attempts, webhook_events as e } from "../store/tables.ts";

/**
 * The statements that delete the payloads of a customer's webhook events, and what endpoints answered to them. What was not
 * sent yet is not sent any more.
 * @param customerId SQL for the customer's id
 * @param now milliseconds since 1970 UTC
 */
export function forgetPayloads(organizationId: string, customerId: SQL, now: number): Statement[] {
  const isOfCustomer = and(eq(e.customer_id, customerId), eq(e.organization_id, organizationId), isNull(e.archived_at));
  const events = db.select({ id: e.id }).from(e).where(isOfCustomer);
  return [
    db.update(webhook_attempts).set({ response: null }).where(inArray(webhook_attempts.event_id, events)),
    db.update(e).set({ payload: null, extra: null, archived_at: now }).where(isOfCustomer),
  ];
}
