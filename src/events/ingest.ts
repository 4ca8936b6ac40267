import { areCustomers, findUnknownCustomers } from "../customers/known.ts";
import { InvalidFields, type FieldProblem } from "../errors.ts";
import type { Idempotency } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { append, type AppendedOnce, appendOnce } from "./append.ts";
import { type NewEvent, toParts } from "./event-json.ts";
import type { EventCreate } from "./schemas.ts";

/** Whether to compare duplicates with the stored events, and the default timestamp. */
type Options = { compare: boolean; now: number };

/**
 * Accepts the events of a request, all of them or none, or replays the first request with its idempotency key.
 * @param extra further fields of the answer, stored for replays
 * @returns `reused` when the key was used for another request
 * @throws InvalidFields when an event names an unknown customer, or is too large
 */
export async function ingest(
  store: Store,
  events: NewEvent[],
  options: Options,
  idempotency: Idempotency | null,
  extra: object,
): Promise<AppendedOnce | "reused"> {
  const ids = [...new Set(events.flatMap(({ customer_id: id }) => id ?? []))];
  // Checked in the transaction: an event accepted after its customer's deletion would survive the erasure.
  const condition = areCustomers(store.organizationId, ids);
  const appending = { source: "user" as const, ...options, condition };
  if (idempotency === null) {
    const appended = await append(store, events, appending);
    if (appended !== null) return { ...appended, extra, isReplayed: false };
  } else {
    const appended = await appendOnce(store, events, appending, idempotency, extra);
    if (appended !== null) return appended;
  }
  throw unknownCustomers(events, await findUnknownCustomers(store, ids));
}

/**
 * Refuses an event that is not to be stored where ingestion would refuse it.
 * @throws InvalidFields at `event` when it names an unknown customer, or is too large
 */
export async function requireIngestible(store: Store, event: NewEvent): Promise<void> {
  toParts([event], atEvent);
  const { customer_id: id } = event;
  if (id === null) return;
  const unknown = await findUnknownCustomers(store, [id]);
  if (unknown.size > 0) throw unknownCustomers([event], unknown, atEvent);
}

const atEvent = () => ["event"];

/** The error for events with a customer_id that no customer has. */
export function unknownCustomers(
  events: NewEvent[],
  unknown: Set<string>,
  fieldOf = (index: number): FieldProblem["field"] => ["events", index],
): InvalidFields {
  const msg = "No customer of your organization has this id. Create it first, or send external_customer_id instead.";
  const problems = events.flatMap(({ customer_id: input }, index): FieldProblem[] => {
    if (input === null || !unknown.has(input)) return [];
    return [{ type: "customer_id", field: [...fieldOf(index), "customer_id"], msg, input }];
  });
  return new InvalidFields(problems);
}

/** The ids by which a request names a customer. */
type Identity = { customer_id?: string | null | undefined; external_customer_id?: string | null | undefined };

/**
 * Converts an event to the form that is stored and fingerprinted.
 * @param identity the ids of the event's customer
 */
export function toNewEvent(event: Omit<EventCreate, keyof Identity>, identity: Identity): NewEvent {
  return {
    name: event.name,
    timestamp: event.timestamp ?? null,
    customer_id: identity.customer_id ?? null,
    external_customer_id: identity.external_customer_id ?? null,
    // An empty id would make all further events duplicates of the first.
    external_id: event.external_id || null,
    parent_id: event.parent_id ?? null,
    metadata: event.metadata,
  };
}
