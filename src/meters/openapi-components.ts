import * as z from "zod/mini";
import { MAX_ITEMS } from "../wire/bounded-array.ts";
import { Warnings } from "../http/openapi-answers.ts";
import { Event } from "../events/openapi-answers.ts";
import { EVENT_INPUT } from "../events/openapi-components.ts";
import {
  component,
  annotate,
  EDGEMETER_ONLY,
  fields,
  idField,
  MetadataOutput,
  ref,
  timeField,
  nullableTimeField,
  INTEGER,
  textField,
} from "../wire/openapi.ts";
import {
  Aggregation,
  CountAggregation,
  PropertyAggregation,
  UniqueAggregation,
} from "../engine/definition/aggregation.ts";
import {
  ClauseInteger,
  Filter,
  FilterClause,
  FilterConjunction,
  FilterOperator,
  MAX_CLAUSES,
  MAX_LEVELS,
} from "../engine/definition/filter.ts";
import { GROUPS, QUANTITIES, QUANTITIES_PARAMETERS } from "./openapi-quantities.ts";
import { Property } from "../engine/definition/property.ts";
import { MAX_PROPERTY_LENGTH } from "../store/limits.ts";
import {
  AggregationFunction,
  DefinitionExplain,
  Dimensions,
  GroupBy,
  GroupSorting,
  MAX_DIMENSIONS,
  MeterCreate,
  MeterExplain,
  MeterPreview,
  MeterSortProperty,
  MeterUnit,
  MeterUpdate,
  TimeInterval,
} from "./schemas.ts";

annotate(ClauseInteger, { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 });
annotate(Property, {
  type: "string",
  maxLength: MAX_PROPERTY_LENGTH,
  description:
    "`name`, `source` or `timestamp` of the event, or a key of its metadata, which may have dots. `_llm.total_tokens` and the like are fields of `_llm` and `_cost`; where an event has no such field, the key counts. A leading `metadata.` is removed.",
});
component("MeterUnit", MeterUnit, "The unit of the quantities; `custom` needs a `custom_label`.");
component("MeterSortProperty", MeterSortProperty, "A field to sort by; a leading `-` sorts in descending order.");
annotate(Dimensions, {
  type: "array",
  maxItems: MAX_DIMENSIONS,
  items: { type: "string", maxLength: MAX_PROPERTY_LENGTH },
});
annotate(GroupBy, { type: "string", maxLength: MAX_PROPERTY_LENGTH });
component("GroupSorting", GroupSorting, `The order of groups. ${EDGEMETER_ONLY}`);
component("AggregationFunction", AggregationFunction, "How the quantities of the customers are combined.");
component(
  "TimeInterval",
  TimeInterval,
  `The length of the period that a row covers. \`total\`, one row for exactly the range, is ${EDGEMETER_ONLY}`,
);
component(
  "FilterOperator",
  FilterOperator,
  "How the property is compared with the value: equal, not equal, greater, greater or equal, less, less or equal, contains, does not contain.",
);
component("FilterConjunction", FilterConjunction, "Whether all clauses must match, or any.");
component("CountAggregation", CountAggregation, "Counts the matching events.");
component(
  "PropertyAggregation",
  PropertyAggregation,
  "The sum, largest, smallest or mean of a number in the matching events.",
);
component("UniqueAggregation", UniqueAggregation, "Counts the distinct values of a property.");
annotate(
  Aggregation,
  "How the events that match the filter become a quantity: `count`, `sum`, `max`, `min`, `avg` or `unique`.",
);
component("FilterClause", FilterClause, {
  description: "A condition on a property of an event. `gt`, `gte`, `lt` and `lte` need text or an integer.",
  unusedIO: "input",
  override: { required: ["property", "operator", "value"] },
});
component("Filter", Filter, {
  description: `Clauses and nested filters. A filter with none matches every event. At most ${MAX_LEVELS} levels deep, with ${MAX_CLAUSES} clauses in all.`,
  override: {
    type: "object",
    properties: {
      conjunction: ref("FilterConjunction"),
      clauses: { type: "array", items: { anyOf: [ref("FilterClause"), ref("Filter")] } },
    },
    required: ["conjunction", "clauses"],
  },
});

const NAME = "The meter's name: 3 characters or more, at most 900,000 bytes.";
const LABEL = "The name of the unit: required with `custom`, refused with any other unit.";
const MULTIPLIER = "A factor for displaying quantities. The API does not apply it.";
const ORGANIZATION = "The organization that the meter belongs to: only the token's own, which is the default.";

const DIMENSIONS = {
  description: `Properties by whose values the meter also keeps rollups, which \`group_by\` and a condition on one of them read in place of the events: up to four, without \`timestamp\`. Each writes two more rows for an event. ${EDGEMETER_ONLY}`,
  examples: [["model", "region"]],
};

/** The body of a creation. */
export const Create = component(
  "MeterCreate",
  fields(MeterCreate, {
    name: NAME,
    custom_label: LABEL,
    custom_multiplier: MULTIPLIER,
    organization_id: ORGANIZATION,
    dimensions: DIMENSIONS,
  }),
  "A meter to create.",
);

/** The body of an update. */
export const Update = component(
  "MeterUpdate",
  fields(MeterUpdate, {
    metadata: { description: "Replaces the metadata." },
    name: NAME,
    custom_label: `${LABEL} Null clears it.`,
    custom_multiplier: `${MULTIPLIER} Null clears it.`,
    filter:
      "As in Create Meter; null changes nothing. Refused once the meter has counted an event, even when it is the same as before; so is `aggregation`.",
    aggregation: "As in Create Meter; null changes nothing, and is refused once the meter has counted an event.",
    is_archived: "Archives or restores the meter; null changes nothing.",
    dimensions: `As in Create Meter; null changes nothing, and is refused once the meter has counted an event. ${EDGEMETER_ONLY}`,
  }),
  "The fields of a meter to change; the others stay as they are.",
);

/** A meter in an answer. */
export const Meter = component(
  "Meter",
  z.object({
    metadata: MetadataOutput,
    created_at: timeField("When the meter was created."),
    modified_at: nullableTimeField("When the meter was last changed."),
    id: idField("The meter's id."),
    name: textField(NAME),
    unit: MeterUnit,
    custom_label: annotate(z.nullable(z.string()), LABEL),
    custom_multiplier: annotate(z.nullable(INTEGER), MULTIPLIER),
    filter: Filter,
    aggregation: Aggregation,
    organization_id: idField("The organization that the meter belongs to."),
    archived_at: nullableTimeField("When the meter was archived."),
    dimensions: annotate(
      z.array(Property),
      `The properties by whose values the meter keeps rollups. ${EDGEMETER_ONLY}`,
    ),
  }),
  "A meter: which events it counts, and how.",
);

/** A meter in the answer to its creation. */
export const CreatedMeter = component(
  "MeterCreated",
  z.extend(Meter, { warnings: Warnings }),
  "The meter, and what is probably not as it was meant.",
);

/** The body of a preview. */
export const Preview = component(
  "MeterPreview",
  fields(MeterPreview, {
    ...QUANTITIES_PARAMETERS,
    customer_id: {
      description: QUANTITIES_PARAMETERS.customer_id,
      type: "array",
      maxItems: MAX_ITEMS,
      items: { type: "string", format: "uuid4" },
    },
    external_customer_id: {
      description: QUANTITIES_PARAMETERS.external_customer_id,
      type: "array",
      maxItems: MAX_ITEMS,
      items: { type: "string" },
    },
    metadata: {
      description: "Only events with these metadata values, compared as text; with an array, with any of them.",
      type: "object",
      additionalProperties: {
        anyOf: [
          { type: ["string", "number", "boolean"] },
          { type: "array", maxItems: MAX_ITEMS, items: { type: ["string", "number", "boolean"] } },
        ],
      },
    },
  }),
  "A definition that is not saved, and the requested range.",
);
const EXPLAINED_EVENT = { description: "An event as in Ingest Events, which is not stored.", override: EVENT_INPUT };

/** The body of an explanation. */
export const Explain = component("MeterExplain", fields(MeterExplain, { event: EXPLAINED_EVENT }), {
  description: "An event that a meter may count or not.",
  override: { required: ["event"] },
});

/** The same with a definition that is not saved. */
export const ExplainDefinition = component("DefinitionExplain", fields(DefinitionExplain, { event: EXPLAINED_EVENT }), {
  description: "A definition that is not saved, and an event.",
  override: { required: ["filter", "aggregation", "event"] },
});

/** The answer to a preview. */
export const PreviewAnswer = component(
  "MeterPreviewQuantities",
  z.object({
    ...QUANTITIES,
    ...GROUPS,
    events: annotate(z.array(Event), "The first ten matching events of the periods."),
  }),
  "The quantities that a meter would have.",
);

/** Schemas to which only hand-written references point. */
export const meterComponents = { FilterClause, FilterConjunction, FilterOperator };
