import { createPolarCore, type models } from "@polar-sh/sdk/2026-10";
import { createCustomersService } from "@polar-sh/sdk/2026-10/services/customers";
import { createEventsService } from "@polar-sh/sdk/2026-10/services/events";
import { createMetersService } from "@polar-sh/sdk/2026-10/services/meters";
import { retryingFetch } from "./retrying-fetch.ts";

/** Polar's maximum. */
const PAGE_SIZE = 100;
/** Pages after which the list is requested again from a later start, so that offsets stay small. */
const PAGES_OF_A_WINDOW = 50;

/** A meter as Polar answers it. */
export type PolarMeter = models.Meter;
/** A customer as Polar answers it. */
export type PolarCustomer = models.Customer;
/** An event of the source `user` as Polar answers it: without the `external_id` that it was sent with. */
export type PolarEvent = models.UserEvent;
/** The part of Polar's API that an import reads. */
export type Polar = ReturnType<typeof openPolar>;
/** A range of time; both bounds are exclusive, as in Polar's API. */
export type Range = { after?: Date | undefined; before?: Date | undefined };

/**
 * Opens the organization of an access token; requests that fail for the moment are repeated.
 * @param server `production`, `sandbox` or a base URL
 * @param requestsPerMinute at most: the other programs of the organization share Polar's limit
 */
export function openPolar(server: string, accessToken: string, requestsPerMinute: number) {
  const isNamed = server === "production" || server === "sandbox";
  const core = createPolarCore({ accessToken, ...(isNamed ? { environment: server } : { baseUrl: server }) });
  const send = retryingFetch("Check the network, and --polar-server.", 60_000 / requestsPerMinute);
  // The SDK gives up at the first failure, and does not expose Retry-After of a 503.
  core.sendRequest = ([url, init]) => send(url, init);
  return {
    customers: createCustomersService(core),
    events: createEventsService(core),
    meters: createMetersService(core),
  };
}

/** All meters, archived ones too, the oldest first. */
export function listMeters(polar: Polar): AsyncGenerator<PolarMeter> {
  return polar.meters.iterList({ sorting: ["created_at"], limit: PAGE_SIZE });
}

/** All customers, the oldest first. */
export function listCustomers(polar: Polar): AsyncGenerator<PolarCustomer> {
  return polar.customers.iterList({ sorting: ["created_at"], limit: PAGE_SIZE });
}

/** The number of events of a source, or null if Polar does not return it. */
export async function countEvents(polar: Polar, source: "user" | "system", range: Range): Promise<number | null> {
  const { pagination } = await polar.events.list({ source, ...bounds(range), limit: 1 });
  return "total_count" in pagination ? pagination.total_count : null;
}

/** The events of the source `user` in the order of their timestamps, each of them once. */
export async function* listEvents(polar: Polar, range: Range): AsyncGenerator<PolarEvent> {
  let window = range;
  // The events that the next window contains too.
  const recent = new Map<string, number>();
  for (let page = 1, more = true; more; page++) {
    const { items, pagination } = await polar.events.list({
      source: "user",
      sorting: ["timestamp"],
      ...bounds(window),
      page,
      limit: PAGE_SIZE,
    });
    more = "has_next_page" in pagination ? pagination.has_next_page : page < pagination.max_page;
    const events = (items as PolarEvent[]).filter(({ id }) => !recent.has(id));
    yield* events;
    for (const { id, timestamp } of events) recent.set(id, Date.parse(timestamp));
    // Microseconds are lost, so the last millisecond is read again.
    const start = Date.parse(items.at(-1)?.timestamp ?? "") - 1;
    for (const [id, time] of recent) if (time < start) recent.delete(id);
    const isLater = start > (window.after?.getTime() ?? Number.NEGATIVE_INFINITY);
    if (page < PAGES_OF_A_WINDOW || !isLater) continue;
    window = { ...window, after: new Date(start) };
    page = 0;
  }
}

function bounds({ after, before }: Range) {
  return { start_timestamp: after?.toISOString(), end_timestamp: before?.toISOString() };
}
