import { KEYED } from "./api.ts";

/** The operations whose `event` its `external_id` makes repeatable. */
const WITH_EVENT: ReadonlySet<string> = new Set([
  "/v1/customer-meters/consume",
  "/v1/customer-meters/holds/{id}/settle",
]);

/** Further POST requests that do nothing the second time. */
const HARMLESS: ReadonlySet<string> = new Set(["/v1/meters/preview", "/v1/customer-meters/holds/{id}/release"]);

/** The parts of a request that decide whether it can be repeated. */
export type Repeatable = { header: Record<string, unknown>; body: unknown };

type SentEvent = { external_id?: string | null };

/**
 * Makes a request safe to repeat, if the caller did not: adds an `Idempotency-Key`, or an `external_id` to its event.
 * @returns the request, and whether it does the same when it arrives twice
 */
export function makeRepeatable(
  method: string,
  path: string,
  { header, body }: Repeatable,
): Repeatable & { isRepeatable: boolean } {
  // After a lost answer the version that If-Match names is no longer the current one.
  if (method !== "post") return { header, body, isRepeatable: header["If-Match"] === undefined };
  const { events, event } = Object(body) as { events?: SentEvent[]; event: SentEvent };
  if (KEYED.has(path)) {
    // Such events are duplicates by themselves; a key would be one more row that is stored.
    if (events?.every(({ external_id }) => external_id != null) === true) return { header, body, isRepeatable: true };
    return { header: { "Idempotency-Key": crypto.randomUUID(), ...header }, body, isRepeatable: true };
  }
  if (!WITH_EVENT.has(path)) return { header, body, isRepeatable: HARMLESS.has(path) };
  const external_id = event.external_id ?? crypto.randomUUID();
  return { header, body: { ...(body as object), event: { ...event, external_id } }, isRepeatable: true };
}
