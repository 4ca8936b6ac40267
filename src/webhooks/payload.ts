import { and, eq, isNull } from "drizzle-orm";
import { findCustomerMeter } from "../customer-meters/queries.ts";
import { presentRow } from "../customer-meters/present.ts";
import { presentCustomer } from "../customers/present.ts";
import { findCustomer } from "../customers/queries.ts";
import { readState } from "../customers/state.ts";
import { customerMeterId } from "../engine/reading/customer-meter-id.ts";
import { ResourceNotFound } from "../errors.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { webhook_events as e } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import { writeJson } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { Due } from "./claim.ts";

/** What an event was stored with, before it has a payload. */
type Bare = Pick<Due, "id" | "type" | "customer_id" | "extra" | "created_at">;

/**
 * Makes an event's payload and stores it, unless another attempt did so first: what is sent later is the same.
 * @param now milliseconds since 1970 UTC
 * @returns null when the event was archived meanwhile
 */
export async function makePayload(store: Store, event: Bare, now: number): Promise<string | null> {
  const payload = await render(store, event, now);
  const isEvent = and(eq(e.organization_id, store.organizationId), eq(e.id, event.id));
  const statements = [
    db
      .update(e)
      .set({ payload })
      .where(and(isEvent, isNull(e.payload), isNull(e.archived_at))),
    db.select({ payload: e.payload }).from(e).where(isEvent),
  ];
  const [, stored] = await store.write(statements, { repeat: statements });
  return (stored!.rows[0] as { payload: string | null } | undefined)?.payload ?? null;
}

async function render(store: Store, { type, customer_id, extra, created_at }: Bare, now: number): Promise<string> {
  const ref = { id: customer_id!, isDeletedToo: true } as const;
  const timestamp = formatTime(created_at);
  if (type === "customer.state_changed") {
    const alert = extra === null ? {} : { alert: parseJson(extra) };
    return writeJson({ type, timestamp, data: await readState(store, ref, now), ...alert });
  }
  const row = await findCustomer(store, ref);
  const customer = await presentCustomer(row, row.first_user_event_at);
  if (extra === null) return writeJson({ type, timestamp, data: customer });
  const { meter_id, ...alert } = parseJson(extra) as { meter_id: string };
  const customer_meter = await findPair(store, customerMeterId(row.id, meter_id), now);
  return writeJson({ type, timestamp, data: { ...alert, customer, customer_meter } });
}

/** The customer's meter; null once the customer is deleted. */
async function findPair(store: Store, id: string, now: number) {
  try {
    return await presentRow(await findCustomerMeter(store, id, now));
  } catch (error) {
    if (error instanceof ResourceNotFound) return null;
    throw error;
  }
}
