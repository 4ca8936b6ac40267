import { KEYED } from "./api.ts";

/** The fields of the body that have the events of an operation, which their `external_id` makes repeatable. */
const EVENTS: Readonly<Record<string, string>> = {
  "/v1/events/ingest": "events",
  "/v1/customer-meters/consume": "event",
  "/v1/customer-meters/holds/{id}/settle": "event",
};

/** Further POST requests that do nothing the second time. */
const HARMLESS: ReadonlySet<string> = new Set(["/v1/meters/preview", "/v1/customer-meters/holds/{id}/release"]);

/** The parts of a request that decide whether it can be repeated. */
export type Repeatable = { header: Record<string, unknown>; body: unknown };

type SentEvent = { external_id?: string | null };

/**
 * Gives a request what makes it safe to repeat, where the caller did not: an `Idempotency-Key`, or the `external_id` of its
 * event. A list of events is left as it is, unless `nameEvents`: an `external_id` is one more row that the event writes.
 * @returns the request, and whether it does the same when it arrives twice
 */
export function makeRepeatable(
  method: string,
  path: string,
  { header, body }: Repeatable,
  nameEvents: boolean,
): Repeatable & { isRepeatable: boolean } {
  // After a lost answer the version that If-Match names is no longer the current one.
  if (method !== "post") return { header, body, isRepeatable: header["If-Match"] === undefined };
  if (KEYED.has(path)) {
    return { header: { "Idempotency-Key": crypto.randomUUID(), ...header }, body, isRepeatable: true };
  }
  const field = EVENTS[path];
  if (field === undefined) return { header, body, isRepeatable: HARMLESS.has(path) };
  const sent = body as Record<string, SentEvent | SentEvent[]>;
  const events = sent[field];
  const named = Array.isArray(events) ? (nameEvents ? events.map(withId) : events) : withId(events!);
  const isRepeatable = [named].flat().every((event) => event.external_id != null);
  return { header, body: { ...sent, [field]: named }, isRepeatable };
}

function withId(event: SentEvent): SentEvent {
  return event.external_id == null ? { ...event, external_id: crypto.randomUUID() } : event;
}
