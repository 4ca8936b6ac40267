import * as z from "zod/mini";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { response, HEADERS, operation, REQUEST_HEADERS } from "../http/openapi.ts";
import { orCsv } from "../http/openapi-csv.ts";
import { cursorListOf, listOf } from "../http/openapi-answers.ts";
import {
  annotate,
  fields,
  CURSOR_PARAMETER,
  FORMAT_PARAMETER,
  LIST_PARAMETERS,
  EDGEMETER_ONLY,
  parameters,
  ref,
} from "../wire/openapi.ts";
import { Event } from "./openapi-answers.ts";
import { EventName, Ingest, IngestAnswer } from "./openapi-components.ts";
import { EventInMeter } from "./openapi-explanation.ts";
import { Void, VoidAnswer } from "./openapi-void.ts";
import { EventListQuery, EventMetersQuery, EventNamesQuery, EventPath } from "./schemas.ts";

const TAG = "events";

const PREFER = annotate(z.optional(z.string()), {
  param: {
    description: `\`return=representation\` requests the outcome of each event; \`handling=strict\` refuses fields with unknown names (RFC 7240). ${EDGEMETER_ONLY}`,
  },
});

const CUSTOMERS = {
  customer_id: "Only events of these customers, by either of their ids.",
  external_customer_id: "Only events of these customers, by your own ids; adds to `customer_id`.",
  source: "Only events that were made by these sources.",
};

const ONE = fields(EventPath, {
  id: {
    param: {
      description: "The id of an event in your organization; ingest one first. List Events returns it.",
      example: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    },
  },
});

/** The paths of events in the API's document. */
export const eventPaths: ZodOpenApiPathsObject = {
  "/v1/events/": {
    get: operation({
      id: "events:list",
      tag: TAG,
      summary: "List Events",
      description: "Lists the organization's events, one page at a time.",
      scopes: ["events:read", "events:write"],
      query: parameters(EventListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        cursor: CURSOR_PARAMETER,
        format: FORMAT_PARAMETER,
        ...CUSTOMERS,
        external_id: `Only events with these ids of your own. ${EDGEMETER_ONLY}`,
        filter: {
          description:
            'Only events that match this filter: JSON as in Create Meter, such as `{"conjunction":"and","clauses":[]}`. With `meter_id`, both filters together can have at most 300 clauses.',
          contentSchema: ref("Filter"),
        },
        start_timestamp: "Only events after this time.",
        end_timestamp: "Only events before this time.",
        meter_id:
          "Only events that match the filter of this meter in your organization, and are not voided; any other id is a 422.",
        name: "Only events with these names.",
        query:
          "Only events whose name contains this text of 3 characters or more; the case of A to Z is ignored. Requires `organization_id`.",
        parent_id: "Only events that belong to this one. Event hierarchies are not available yet, so no event matches.",
        voided: `Only voided events, or only others. ${EDGEMETER_ONLY}`,
        depth: "The depth of the hierarchy. Event hierarchies are not available yet, so this changes nothing.",
        sorting: { description: "The order: newest first by default.", default: ["-timestamp"] },
        metadata: "Only events with these metadata values.",
      }),
      answers: { 200: orCsv(response("A page of events.", cursorListOf("Event", Event), HEADERS.eventsFrom)) },
    }),
  },
  "/v1/events/ingest": {
    post: operation({
      id: "events:ingest",
      tag: TAG,
      summary: "Ingest Events",
      description:
        "Stores events, either all of them or none. They count in every meter as soon as this is answered. A request can have at most 10,000 events and 8 MiB; a single event at most 900,000 bytes. The body may be compressed with `Content-Encoding: gzip`; the limit is that of what was compressed.",
      scopes: ["events:write"],
      headers: z.object({ ...REQUEST_HEADERS.idempotencyKey.shape, Prefer: PREFER }),
      body: Ingest,
      answers: {
        200: response("How many events were stored, and how many were duplicates.", IngestAnswer, {
          ...HEADERS.replayed,
        }),
      },
    }),
  },
  "/v1/events/void": {
    post: operation({
      id: "events:void",
      tag: TAG,
      summary: "Void Events",
      description:
        "Takes events out of all quantities and balances, and stores events in their place: all in one transaction. A voided event stays listed, its `external_id` stays taken, and a system event `event.voided` says who voided it. With replacements, an event that cannot be voided is a 422. What would take longer than half a second is a 422: void fewer events then. Without effect when it is repeated.",
      scopes: ["events:write"],
      polar: false,
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Void,
      answers: { 200: response("The outcome for each event.", VoidAnswer, { ...HEADERS.replayed }) },
    }),
  },
  "/v1/events/names": {
    get: operation({
      id: "events:list_names",
      tag: TAG,
      summary: "List Event Names",
      description: "Lists the names of the organization's events, with how often and when they occurred.",
      scopes: ["events:read", "events:write"],
      query: parameters(EventNamesQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        ...CUSTOMERS,
        query: "Only names that contain this text; the case of A to Z is ignored.",
        sorting: { description: "The fields to sort by, the most significant first.", default: ["-last_seen"] },
      }),
      answers: { 200: response("A page of names.", listOf("EventName", EventName), HEADERS.eventsFrom) },
    }),
  },
  "/v1/events/{id}": {
    get: operation({
      id: "events:get",
      tag: TAG,
      summary: "Get Event",
      description: "Gets an event.",
      scopes: ["events:read", "events:write"],
      path: ONE,
      answers: { 200: response("The event.", Event) },
    }),
  },
  "/v1/events/{id}/meters": {
    get: operation({
      id: "events:list_meters",
      tag: TAG,
      summary: "List Meters of Event",
      description:
        "Says of each meter whether it counts the event, what the event adds, and which clauses of its filter hold. Meters that count it come first, then by name.",
      scopes: ["events:read", "meters:read"],
      needs: "all",
      polar: false,
      path: ONE,
      query: parameters(EventMetersQuery.def.in.shape, {
        page: LIST_PARAMETERS.page,
        limit: LIST_PARAMETERS.limit,
        archived: { description: "`true` for archived meters too.", default: false },
      }),
      answers: { 200: response("A page of explanations.", listOf("MeterExplanation", EventInMeter)) },
    }),
  },
};
