import { PolarRequestValidationError, type Problem } from "../errors.ts";
import { organizationProblem } from "../http/organization.ts";
import type { Store } from "../store/store.ts";
import { append, type Appended, type NewEvent } from "./append.ts";
import type { EventCreate } from "./schemas.ts";

/**
 * Accepts the events of a request, all of them or none.
 * @param compare whether to find out if a duplicate differs from the stored event, and in which fields
 * @param now milliseconds since 1970 UTC: the time of events without one
 * @throws PolarRequestValidationError when an event names another organization or a customer, or is too large
 */
export function ingest(store: Store, events: EventCreate[], compare: boolean, now: number): Promise<Appended> {
  const problems = events.flatMap((event, index) => problemsOf(event, index, store.organizationId));
  if (problems.length > 0) throw new PolarRequestValidationError(problems);
  return append(store, events.map(toNewEvent), { source: "user", compare, now });
}

function problemsOf(event: EventCreate, index: number, organizationId: string): Problem[] {
  const loc = ["body", "events", index];
  const foreign = organizationProblem(event.organization_id, organizationId, loc);
  const problems = foreign === null ? [] : [foreign];
  if (event.customer_id === undefined) return problems;
  // Without a customers resource no customer is known.
  const msg = "No customer has this id. Send external_customer_id instead.";
  return [...problems, { type: "customer_id", loc: [...loc, "customer_id"], msg, input: event.customer_id }];
}

function toNewEvent(event: EventCreate): NewEvent {
  return {
    name: event.name,
    timestamp: event.timestamp ?? null,
    customer_id: event.customer_id ?? null,
    external_customer_id: event.external_customer_id ?? null,
    external_id: event.external_id ?? null,
    parent_id: event.parent_id ?? null,
    metadata: event.metadata,
  };
}
