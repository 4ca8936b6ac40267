import type { ZodOpenApiPathsObject } from "zod-openapi";
import { response, HEADERS, operation, REQUEST_HEADERS } from "../http/openapi.ts";
import { orCsv } from "../http/openapi-csv.ts";
import { listOf } from "../http/openapi-answers.ts";
import { fields, FORMAT_PARAMETER, LIST_PARAMETERS, EDGEMETER_ONLY, parameters } from "../wire/openapi.ts";
import {
  Create,
  CreatedMeter,
  Explain,
  ExplainDefinition,
  Meter,
  Preview,
  PreviewAnswer,
  Update,
} from "./openapi-components.ts";
import { Quantities, QUANTITIES_PARAMETERS } from "./openapi-quantities.ts";
import { EventInDefinition, EventInMeter } from "../events/openapi-explanation.ts";
import { MeterListQuery, MeterPath, MeterQuantitiesQuery } from "./schemas.ts";

const TAG = "meters";

const ONE = fields(MeterPath, {
  id: {
    param: {
      description: "The id of a meter in your organization; create one first. Create Meter and List Meters return it.",
      example: "1b671a64-40d5-491e-99b0-da01ff1f3341",
    },
  },
});

/** The paths of meters in the API's document. */
export const meterPaths: ZodOpenApiPathsObject = {
  "/v1/meters/": {
    get: operation({
      id: "meters:list",
      tag: TAG,
      summary: "List Meters",
      description: "Lists the organization's meters, one page at a time.",
      scopes: ["meters:read", "meters:write"],
      query: parameters(MeterListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        query: "Only meters whose name contains this text; case is ignored.",
        is_archived: "`true` for archived meters only, `false` for the others only.",
        sorting: {
          description: "The fields to sort by, the most significant first. Ties are sorted by id.",
          default: ["name"],
        },
        metadata: "Only meters with these metadata values.",
      }),
      answers: { 200: response("A page of meters.", listOf("Meter", Meter)) },
    }),
    post: operation({
      id: "meters:create",
      tag: TAG,
      summary: "Create Meter",
      description:
        "Creates a meter. It also counts events that were ingested earlier. The body can have at most 1 MiB.",
      scopes: ["meters:write"],
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Create,
      answers: { 201: response("The meter.", CreatedMeter, { ...HEADERS.etag, ...HEADERS.replayed }) },
    }),
  },
  "/v1/meters/preview": {
    post: operation({
      id: "meters:preview",
      tag: TAG,
      summary: "Preview Meter",
      description:
        "Returns the quantities that a meter would have, without creating it. `filter` and `aggregation` are as in Create Meter, the other fields as in Get Meter Quantities; customer filters are arrays. The body can have at most 1 MiB.",
      scopes: ["meters:read", "meters:write"],
      polar: false,
      body: Preview,
      answers: { 200: response("The quantities, and the first matching events.", PreviewAnswer, HEADERS.eventsFrom) },
    }),
  },
  "/v1/meters/explain": {
    post: operation({
      id: "meters:explain_definition",
      tag: TAG,
      summary: "Explain Definition",
      description:
        "Says whether a meter with this definition would count an event, and which clauses of the filter hold. Nothing is stored; an event that ingestion would refuse is a 422. The body can have at most 1 MiB.",
      scopes: ["meters:read"],
      polar: false,
      body: ExplainDefinition,
      answers: { 200: response("The explanation.", EventInDefinition) },
    }),
  },
  "/v1/meters/{id}/explain": {
    post: operation({
      id: "meters:explain",
      tag: TAG,
      summary: "Explain Meter",
      description:
        "Says whether the meter would count an event, and which clauses of its filter hold. Nothing is stored; an event that ingestion would refuse is a 422. The body can have at most 1 MiB.",
      scopes: ["meters:read"],
      polar: false,
      path: ONE,
      body: Explain,
      answers: { 200: response("The explanation.", EventInMeter) },
    }),
  },
  "/v1/meters/{id}": {
    get: operation({
      id: "meters:get",
      tag: TAG,
      summary: "Get Meter",
      description: "Gets a meter.",
      scopes: ["meters:read", "meters:write"],
      path: ONE,
      headers: REQUEST_HEADERS.ifNoneMatch,
      answers: {
        200: response("The meter.", Meter, HEADERS.etag),
        304: response(`The meter still has a version in If-None-Match. ${EDGEMETER_ONLY}`, null, HEADERS.etag),
      },
    }),
    patch: operation({
      id: "meters:update",
      tag: TAG,
      summary: "Update Meter",
      description:
        "Changes the fields that you send; archives or restores the meter. `filter` and `aggregation` can be changed until the meter has counted an event. To change the unit from `custom`, also send `custom_label: null`. The body can have at most 1 MiB.",
      scopes: ["meters:write"],
      path: ONE,
      headers: REQUEST_HEADERS.ifMatch,
      body: Update,
      conditional: true,
      answers: { 200: response("The meter.", Meter, HEADERS.etag) },
    }),
  },
  "/v1/meters/{id}/quantities": {
    get: operation({
      id: "meters:quantities",
      tag: TAG,
      summary: "Get Meter Quantities",
      description: "Gets the quantities of a meter over time. Every event that was accepted before the request counts.",
      scopes: ["meters:read", "meters:write"],
      path: ONE,
      query: parameters(MeterQuantitiesQuery.shape, {
        ...QUANTITIES_PARAMETERS,
        start_timestamp: { description: QUANTITIES_PARAMETERS.start_timestamp, example: "2026-01-01T00:00:00Z" },
        end_timestamp: { description: QUANTITIES_PARAMETERS.end_timestamp, example: "2026-01-03T00:00:00Z" },
        interval: {
          description: "The length of the period that a row covers; `total` for one row that covers exactly the range.",
          example: "day",
        },
        metadata: "Only events with these metadata values.",
        format: FORMAT_PARAMETER,
      }),
      answers: { 200: orCsv(response("The quantities.", Quantities, HEADERS.eventsFrom)) },
    }),
  },
};
