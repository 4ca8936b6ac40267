import * as z from "zod/mini";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { Event } from "../events/openapi.ts";
import { answer, HEADERS, listOf, operation } from "../http/openapi.ts";
import {
  component,
  describe,
  fields,
  id,
  LIST_PARAMETERS,
  MetadataOutput,
  OWN,
  parameters,
  ref,
  time,
  timeOrNull,
  WHOLE,
  words,
} from "../schema/openapi.ts";
import { Aggregation, CountAggregation, PropertyAggregation, UniqueAggregation } from "./aggregation.ts";
import { Filter, FilterClause, FilterConjunction, FilterOperator, MAX_CLAUSES, MAX_LEVELS } from "./filter.ts";
import { MAX_LENGTH, Property } from "./property.ts";
import {
  AggregationFunction,
  MeterCreate,
  MeterListQuery,
  MeterPath,
  MeterPreview,
  MeterQuantitiesQuery,
  MeterSortProperty,
  MeterUnit,
  MeterUpdate,
  TimeInterval,
} from "./schemas.ts";

const TAG = "meters";

describe(Property, {
  type: "string",
  maxLength: MAX_LENGTH,
  description:
    "The event's `name`, `source` or `timestamp`, or a path into its metadata in which dots descend. A leading `metadata.` is removed.",
});
component("MeterUnit", MeterUnit, "What the quantities are of; `custom` has a `custom_label`.");
component("MeterSortProperty", MeterSortProperty, "An order; `-` in front for descending.");
component("AggregationFunction", AggregationFunction, "How the quantities of single customers become one.");
component("TimeInterval", TimeInterval, "The length of a row.");
component("FilterOperator", FilterOperator, "How the property is compared with the value; `like` means contains.");
component("FilterConjunction", FilterConjunction, "Whether all or any of the clauses must hold.");
component("CountAggregation", CountAggregation, "Counts the matching events.");
component(
  "PropertyAggregation",
  PropertyAggregation,
  "The sum, greatest, least or mean of a number in the matching events.",
);
component("UniqueAggregation", UniqueAggregation, "Counts the distinct values of a property.");
describe(Aggregation, "What the meter makes of the events that match its filter.");
component("FilterClause", FilterClause, {
  description: "A condition on a property of an event. `gt`, `gte`, `lt` and `lte` take text or an integer.",
  unusedIO: "input",
});
component("Filter", Filter, {
  description: `Clauses and nested filters; without any it matches every event. At most ${MAX_LEVELS} levels deep, ${MAX_CLAUSES} clauses in all.`,
  override: {
    type: "object",
    properties: {
      conjunction: ref("FilterConjunction"),
      clauses: { type: "array", items: { anyOf: [ref("FilterClause"), ref("Filter")] } },
    },
    required: ["conjunction", "clauses"],
  },
});

const NAME = "What the meter is called; at most 900,000 bytes.";
const LABEL = "The name of a custom unit; only with `custom`, and needed there.";
const MULTIPLIER = "By how much quantities are multiplied where they are shown.";
const ORGANIZATION = "The organization that the meter belongs to. A token may name its own only.";

const Create = component(
  "MeterCreate",
  fields(MeterCreate, {
    name: NAME,
    custom_label: LABEL,
    custom_multiplier: MULTIPLIER,
    organization_id: ORGANIZATION,
  }),
  "A meter to create.",
);

const Update = component(
  "MeterUpdate",
  fields(MeterUpdate, {
    metadata: { description: "Replaces the metadata." },
    name: NAME,
    custom_label: `${LABEL} Null clears it.`,
    custom_multiplier: `${MULTIPLIER} Null clears it.`,
    filter: "As in a creation; null changes nothing. Refused once an event was aggregated, as is `aggregation`.",
    aggregation: "As in a creation; null changes nothing.",
    is_archived: "Archives the meter, or brings it back; null changes nothing.",
  }),
  "What to change of a meter: what is left out stays as it is.",
);

const Meter = component(
  "Meter",
  z.object({
    metadata: MetadataOutput,
    created_at: time("When the meter was created."),
    modified_at: timeOrNull("When the meter was last changed."),
    id: id("The meter's id."),
    name: words(NAME),
    unit: MeterUnit,
    custom_label: describe(z.nullable(z.string()), LABEL),
    custom_multiplier: describe(z.nullable(WHOLE), MULTIPLIER),
    filter: Filter,
    aggregation: Aggregation,
    organization_id: id("The organization that the meter belongs to."),
    archived_at: timeOrNull("When the meter was archived."),
  }),
  "A meter: which events it takes, and what it makes of them.",
);

const Quantity = component(
  "MeterQuantity",
  z.object({ timestamp: time("Where the row stands."), quantity: describe(z.number(), "0 where nothing matched.") }),
  "The quantity of a whole hour, day, week, month or year.",
);
const QUANTITIES = {
  quantities: describe(z.array(Quantity), "A row for each interval from start to end, both included."),
  total: describe(z.number(), "The aggregation over all periods of the rows."),
};
const Quantities = component("MeterQuantities", z.object(QUANTITIES), "A meter's quantities over time.");

const ASKED = {
  start_timestamp: "The start of the period asked for, where the first row stands; not before 2023.",
  end_timestamp:
    "The end of the period asked for. At most 7 days after the start with `hour`, 366 with `day`, 371 with `week`, 1460 with `month`, 3650 with `year`.",
  timezone: {
    description: "The time zone of the rows' calendar: a name of the IANA database.",
    examples: ["UTC", "Europe/Paris"],
  },
  customer_id: "Customers whose events count. There is no customers resource yet: none has any.",
  external_customer_id: "Customers whose events count, by your own ids.",
  customer_aggregation_function: "Aggregates by customer first, then over the customers with this function.",
};

const Preview = component(
  "MeterPreview",
  fields(MeterPreview, {
    ...ASKED,
    metadata: {
      description: "Conditions on the events' metadata: a key's value is this, or any of a list, compared by its text.",
      type: "object",
      additionalProperties: {
        anyOf: [
          { type: ["string", "number", "boolean"] },
          { type: "array", items: { type: ["string", "number", "boolean"] } },
        ],
      },
    },
  }),
  "A definition that is not saved, and what is asked of it.",
);
const PreviewAnswer = component(
  "MeterPreviewQuantities",
  z.object({ ...QUANTITIES, events: describe(z.array(Event), "The first ten events of the periods that match.") }),
  "What a meter would count.",
);

const IDEMPOTENCY_KEY = describe(z.optional(z.string()), {
  param: {
    description:
      "Makes the creation safe to send again: the same key with the same meaning gets the first answer; with another meaning, a 422. Keys do not expire. " +
      OWN,
  },
  override: { minLength: 1, maxLength: 255, pattern: "^[ -~]+$" },
});
const tags = (description: string) =>
  describe(z.optional(z.string()), { param: { description: `${description} ${OWN}` } });

const ONE = fields(MeterPath, {
  id: {
    param: {
      description: "The meter's id, as Create Meter and List Meters answer it.",
      example: "1b671a64-40d5-491e-99b0-da01ff1f3341",
    },
  },
});

/** Schemas that only others' text refers to. */
export const meterComponents = { FilterClause, FilterConjunction, FilterOperator };

/** The paths of meters in the API's document. */
export const meterPaths: ZodOpenApiPathsObject = {
  "/v1/meters/": {
    get: operation({
      id: "meters:list",
      tag: TAG,
      summary: "List Meters",
      description: "Lists the organization's meters, a page at a time.",
      scopes: ["meters:read", "meters:write"],
      query: parameters(MeterListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        query: "Text that the name contains, in any case.",
        is_archived: "Only archived meters, or only others.",
        sorting: { description: "The order; the first counts most. Ties are broken by id.", default: ["name"] },
        metadata: "Conditions on the meters' metadata.",
      }),
      answers: { 200: answer("A page of meters.", listOf("Meter", Meter)) },
    }),
    post: operation({
      id: "meters:create",
      tag: TAG,
      summary: "Create Meter",
      description: "Creates a meter. It counts events that were ingested before, too. The body has at most 1 MiB.",
      scopes: ["meters:write"],
      headers: z.object({ "Idempotency-Key": IDEMPOTENCY_KEY }),
      body: Create,
      answers: { 201: answer("The meter.", Meter, { ...HEADERS.etag, ...HEADERS.replayed }) },
    }),
  },
  "/v1/meters/preview": {
    post: operation({
      id: "meters:preview",
      tag: TAG,
      summary: "Preview Meter",
      description: "Shows what a meter would count before it exists. Nothing is saved. The body has at most 1 MiB.",
      scopes: ["meters:read", "meters:write"],
      polar: false,
      body: Preview,
      answers: { 200: answer("The quantities, and the first events.", PreviewAnswer) },
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
      headers: z.object({
        "If-None-Match": tags('Versions that you have, such as `"1"`: one that is current is a 304.'),
      }),
      answers: {
        200: answer("The meter.", Meter, HEADERS.etag),
        304: answer(`The meter is at a version that If-None-Match names. ${OWN}`, null, HEADERS.etag),
      },
    }),
    patch: operation({
      id: "meters:update",
      tag: TAG,
      summary: "Update Meter",
      description:
        "Changes a meter, archives it or brings it back. The rules of units hold for the result: to leave `custom`, send `custom_label: null` too. The body has at most 1 MiB.",
      scopes: ["meters:write"],
      path: ONE,
      headers: z.object({ "If-Match": tags('Versions that may be changed, such as `"1"`: any other is a 412.') }),
      body: Update,
      conditional: true,
      answers: { 200: answer("The meter.", Meter, HEADERS.etag) },
    }),
  },
  "/v1/meters/{id}/quantities": {
    get: operation({
      id: "meters:quantities",
      tag: TAG,
      summary: "Get Meter Quantities",
      description: "Gets the quantities of a meter over time, exact for every event that was accepted before.",
      scopes: ["meters:read", "meters:write"],
      path: ONE,
      query: parameters(MeterQuantitiesQuery.shape, {
        ...ASKED,
        start_timestamp: { description: ASKED.start_timestamp, example: "2026-01-01T00:00:00Z" },
        end_timestamp: { description: ASKED.end_timestamp, example: "2026-01-03T00:00:00Z" },
        interval: { description: "The length of a row.", example: "day" },
        metadata: "Conditions on the events' metadata.",
      }),
      answers: { 200: answer("The quantities.", Quantities) },
    }),
  },
};
