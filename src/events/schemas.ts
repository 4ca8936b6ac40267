import * as z from "zod/mini";
import { Filter } from "../engine/definition/filter.ts";
import { shapedLike } from "../wire/known-names.ts";
import { list } from "../wire/bounded-array.ts";
import { report } from "../wire/problem.ts";
import {
  CURSOR_QUERY,
  Depth,
  FORMAT_QUERY,
  listQuery,
  METADATA_QUERY,
  pageQuery,
  QueryBoolean,
  QueryJson,
  sortProperty,
  many,
} from "../wire/query.ts";
import { text } from "../wire/text.ts";
import { formatTime, Timestamp } from "../wire/timestamp.ts";
import { Uuid4 } from "../wire/uuid.ts";
import { EventMetadata } from "./metadata.ts";

/** The maximum number of events in a request. */
export const MAX_EVENTS = 10_000;

/** Minutes by which a caller's clock may be ahead of the Worker's. */
const MAX_MINUTES_AHEAD = 5;

/** A time that is not in the future, except for the difference of two clocks. */
const PastTimestamp = Timestamp.check(
  z.superRefine((value: number, ctx) => {
    const now = Date.now();
    if (value <= now + MAX_MINUTES_AHEAD * 60_000) return;
    const message = `The timestamp is more than ${MAX_MINUTES_AHEAD} minutes in the future: here it is ${formatTime(now)}.`;
    report(ctx, { type: "value_error" }, message, value);
  }),
);

/** The common fields of both forms of an event, in the order in which problems are listed. */
const COMMON = {
  timestamp: z.optional(PastTimestamp),
  name: text({ max: 128 }),
  organization_id: z.nullish(Uuid4),
  external_id: z.nullish(text()),
  parent_id: z.nullish(text()),
  metadata: z._default(EventMetadata, () => ({})),
};

/** An event of a customer identified by the caller's own id. */
export const EventCreateExternalCustomer = z.object({ ...COMMON, external_customer_id: text({ min: 1 }) });
/** Next to a customer_id, a non-empty external id is kept; as in Polar's API, anything else is ignored. */
const KeptExternalId = z.pipe(
  z.transform((value: unknown) => (typeof value === "string" && value !== "" ? value : undefined)),
  z.optional(text()),
);
/** An event of a customer identified by its Edgemeter id. */
export const EventCreateCustomer = z.object({
  ...COMMON,
  customer_id: Uuid4,
  external_customer_id: z.optional(KeptExternalId),
});

/** An event as it is sent. With both identities, `customer_id` counts. */
export type EventCreate = Omit<z.output<typeof EventCreateExternalCustomer>, "external_customer_id"> & {
  external_customer_id?: string | undefined;
  customer_id?: string;
};

/** A valid `customer_id` selects that form; otherwise the external form is tried first, and its problems are reported. */
export const EventCreate = z.transform((value: unknown, ctx): EventCreate => {
  const named = typeof value === "object" && value !== null && "customer_id" in value ? value.customer_id : undefined;
  const isCustomer = named !== undefined && Uuid4.safeParse(named).success;
  let result: z.core.util.SafeParseResult<EventCreate> = (
    isCustomer ? EventCreateCustomer : EventCreateExternalCustomer
  ).safeParse(value);
  if (!result.success && named !== undefined && !isCustomer) result = EventCreateCustomer.safeParse(value);
  if (result.success) return result.data;
  ctx.issues.push(...(result.error.issues as typeof ctx.issues));
  return z.NEVER;
});

// This form also has the fields of the other one.
shapedLike(EventCreate, () => EventCreateCustomer);

/** An id of the customer where another part of the request names the customer. */
const NamedElsewhere = z.optional(
  z.unknown().check(
    z.superRefine((value: unknown, ctx) => {
      if (value == null) return;
      report(ctx, { type: "extra_forbidden" }, "The customer is not named in the event. Leave this out.", value);
    }),
  ),
);

/** An event whose customer another part of the request names. */
export const EventCreateWithoutCustomer = z.object({
  timestamp: COMMON.timestamp,
  name: COMMON.name,
  external_id: COMMON.external_id,
  metadata: COMMON.metadata,
  customer_id: NamedElsewhere,
  external_customer_id: NamedElsewhere,
});

/** The body of `POST /v1/events/ingest`: at most 10,000 events. */
export const EventsIngest = z.object({
  events: list(EventCreate, { max: MAX_EVENTS }),
});

/** The maximum number of events that a request voids, and of their replacements. */
export const MAX_VOIDED = 100;

/** How a request names an event that it voids: by the event's id, or by the caller's own. */
export const EventReference = z.object({ id: z.optional(Uuid4), external_id: z.optional(text({ min: 1 })) }).check(
  z.superRefine((value: { id?: string | undefined; external_id?: string | undefined }, ctx) => {
    if ((value.id === undefined) !== (value.external_id === undefined)) return;
    report(ctx, { type: "value_error" }, "Send either id or external_id.", value);
  }),
);

/** The body of `POST /v1/events/void`. */
export const EventsVoid = z.object({
  events: list(EventReference, { max: MAX_VOIDED }).check(
    z.superRefine((events: unknown[], ctx) => {
      if (events.length > 0) return;
      report(ctx, { type: "too_short", ctx: { min_length: 1 } }, "This should have at least one event.", events);
    }),
  ),
  reason: text({ min: 1, max: 500 }),
  replacements: z._default(list(EventCreate, { max: MAX_VOIDED }), []),
});

/** Where a request names one event. */
export const EventPath = z.object({ id: Uuid4 });

/** Who made an event: the platform or the caller. */
export const EventSource = z.enum(["system", "user"]);

/** The orders of `GET /v1/events/`. */
export const EventSortProperty = sortProperty("timestamp");

/** The query string of `GET /v1/events/`; both time bounds are exclusive. */
export const EventListQuery = listQuery(
  {
    filter: z.optional(z.pipe(QueryJson, Filter)),
    start_timestamp: z.optional(Timestamp),
    end_timestamp: z.optional(Timestamp),
    customer_id: many(Uuid4),
    external_customer_id: many(text()),
    external_id: many(text()),
    meter_id: z.optional(Uuid4),
    name: many(text()),
    source: many(EventSource),
    query: z.optional(text()),
    parent_id: z.optional(Uuid4),
    depth: z.optional(Depth),
    voided: z.optional(QueryBoolean),
  },
  EventSortProperty,
  { ...METADATA_QUERY, ...CURSOR_QUERY, ...FORMAT_QUERY },
);
export type EventListQuery = z.output<typeof EventListQuery>;

/** The orders of `GET /v1/events/names`. */
export const EventNamesSortProperty = sortProperty("name", "occurrences", "first_seen", "last_seen");

/** The query string of `GET /v1/events/names`. */
export const EventNamesQuery = listQuery(
  {
    customer_id: many(Uuid4),
    external_customer_id: many(text()),
    source: many(EventSource),
    query: z.optional(text()),
  },
  EventNamesSortProperty,
  {},
);
export type EventNamesQuery = z.output<typeof EventNamesQuery>;

/** The query string of `GET /v1/events/{id}/meters`. */
export const EventMetersQuery = pageQuery({ archived: z.optional(QueryBoolean) }, {});
export type EventMetersQuery = z.output<typeof EventMetersQuery>;
