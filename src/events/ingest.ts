import { areCustomers, findUnknownCustomers } from "../customers/known.ts";
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
  const ids = [...new Set(events.flatMap(({ customer_id: id }) => id ?? []))];
  // In the transaction: what is accepted after a customer was deleted would stay after an erasure.
  const condition = areCustomers(store.organizationId, ids);
  const appended = await append(store, events.map(toNewEvent), { source: "user", compare, now, condition });
  if (appended !== null) return appended;
  throw unknownCustomers(events, await findUnknownCustomers(store, ids));
}

/** Every customer_id must be that of a customer. */
function unknownCustomers(events: EventCreate[], unknown: Set<string>): InvalidFields {
  const msg = "No customer of your organization has this id. Create it first, or send external_customer_id instead.";
  const problems = events.flatMap(({ customer_id: input }, index): FieldProblem[] => {
    if (input === undefined || !unknown.has(input)) return [];
    return [{ type: "customer_id", field: ["events", index, "customer_id"], msg, input }];
  });
  return new InvalidFields(problems);
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
