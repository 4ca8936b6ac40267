import { findUnknownCustomers } from "../customers/queries.ts";
import { InvalidFields, type FieldProblem } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { append, type Appended, type NewEvent } from "./append.ts";
import type { EventCreate } from "./schemas.ts";

/**
 * Accepts the events of a request, all of them or none.
 * @param compare whether to find out if a duplicate differs from the stored event, and in which fields
 * @param now milliseconds since 1970 UTC: the time of events without one
 * @throws InvalidFields when an event names an unknown customer, or is too large
 */
export async function ingest(store: Store, events: EventCreate[], compare: boolean, now: number): Promise<Appended> {
  await requireCustomers(store, events);
  return append(store, events.map(toNewEvent), { source: "user", compare, now });
}

/**
 * Every customer_id must be that of a customer: one more round trip, for requests that have one. A customer that is deleted
 * right afterwards does not matter: its events stay anyway, and no customer has them.
 */
async function requireCustomers(store: Store, events: EventCreate[]): Promise<void> {
  const ids = new Set(events.flatMap(({ customer_id: id }) => id ?? []));
  if (ids.size === 0) return;
  const unknown = await findUnknownCustomers(store, [...ids]);
  const msg = "No customer of your organization has this id. Create it first, or send external_customer_id instead.";
  const problems = events.flatMap(({ customer_id: input }, index): FieldProblem[] => {
    if (input === undefined || !unknown.has(input)) return [];
    return [{ type: "customer_id", field: ["events", index, "customer_id"], msg, input }];
  });
  if (problems.length > 0) throw new InvalidFields(problems);
}

function toNewEvent(event: EventCreate): NewEvent {
  return {
    name: event.name,
    timestamp: event.timestamp ?? null,
    customer_id: event.customer_id ?? null,
    external_customer_id: event.external_customer_id ?? null,
    // An empty id would make all further events duplicates of the first.
    external_id: event.external_id || null,
    parent_id: event.parent_id ?? null,
    metadata: event.metadata,
  };
}
