import * as z from "zod/mini";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { answer, HEADERS, listOf, operation } from "../http/openapi.ts";
import { describe, fields, LIST_PARAMETERS, OWN, parameters, ref } from "../schema/openapi.ts";
import { Event, EventName, Ingest, IngestAnswer } from "./openapi-components.ts";
import { EventListQuery, EventNamesQuery, EventPath } from "./schemas.ts";

const TAG = "events";

const PREFER = describe(z.optional(z.string()), {
  param: {
    description: `\`return=representation\` asks what became of each event (RFC 7240). ${OWN}`,
  },
});

const CUSTOMERS = {
  customer_id: "Customers whose events are listed. There is no customers resource yet: none has any.",
  external_customer_id: "Customers whose events are listed, by your own ids.",
  source: "Who made the events.",
};

/** The paths of events in the API's document. */
export const eventPaths: ZodOpenApiPathsObject = {
  "/v1/events/": {
    get: operation({
      id: "events:list",
      tag: TAG,
      summary: "List Events",
      description: "Lists the organization's events, a page at a time.",
      scopes: ["events:read", "events:write"],
      query: parameters(EventListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        ...CUSTOMERS,
        filter: {
          description:
            'JSON of a Filter, as a meter has one: `{"conjunction":"and","clauses":[]}`. With `meter_id`, at most 300 clauses of both together.',
          contentSchema: ref("Filter"),
        },
        start_timestamp: "Events after this, the time itself not included.",
        end_timestamp: "Events before this, the time itself not included.",
        meter_id: "Events that this meter counts. One that is not the organization's own is a 422.",
        name: "Names of events.",
        query:
          "Text that the name contains, in any case of A to Z: 3 characters or more; needs `organization_id`, your own.",
        parent_id: "Events that belong to this one. There are no hierarchies yet.",
        depth: "How deep into hierarchies to go. There are none yet.",
        sorting: { description: "The order.", default: ["-timestamp"] },
        metadata: "Conditions on the events' metadata.",
      }),
      answers: { 200: answer("A page of events.", listOf("Event", Event)) },
    }),
  },
  "/v1/events/ingest": {
    post: operation({
      id: "events:ingest",
      tag: TAG,
      summary: "Ingest Events",
      description:
        "Accepts events, all of them or none. They count in every meter as soon as this is answered. The body has at most 8 MiB, an event 900,000 bytes of it.",
      scopes: ["events:write"],
      headers: z.object({ Prefer: PREFER }),
      body: Ingest,
      answers: { 200: answer("How many were stored, and how many were known.", IngestAnswer, HEADERS.preference) },
    }),
  },
  "/v1/events/names": {
    get: operation({
      id: "events:list_names",
      tag: TAG,
      summary: "List Event Names",
      description: "Lists the names of the organization's events, how often and when they happened.",
      scopes: ["events:read", "events:write"],
      query: parameters(EventNamesQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        ...CUSTOMERS,
        query: "Text that the name contains, in any case of A to Z.",
        sorting: { description: "The order; the first counts most.", default: ["-last_seen"] },
      }),
      answers: { 200: answer("A page of names.", listOf("EventName", EventName)) },
    }),
  },
  "/v1/events/{id}": {
    get: operation({
      id: "events:get",
      tag: TAG,
      summary: "Get Event",
      description: "Gets an event.",
      scopes: ["events:read", "events:write"],
      path: fields(EventPath, {
        id: {
          param: {
            description: "The event's id, as List Events answers it.",
            example: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
          },
        },
      }),
      answers: { 200: answer("The event.", Event) },
    }),
  },
};
