import * as z from "zod/mini";
import { Event } from "../events/openapi-components.ts";
import {
  component,
  describe,
  fields,
  id,
  MetadataOutput,
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
  MeterPreview,
  MeterSortProperty,
  MeterUnit,
  MeterUpdate,
  TimeInterval,
} from "./schemas.ts";

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

/** The body of a creation. */
export const Create = component(
  "MeterCreate",
  fields(MeterCreate, {
    name: NAME,
    custom_label: LABEL,
    custom_multiplier: MULTIPLIER,
    organization_id: ORGANIZATION,
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
    filter: "As in a creation; null changes nothing. Refused once an event was aggregated, as is `aggregation`.",
    aggregation: "As in a creation; null changes nothing.",
    is_archived: "Archives the meter, or brings it back; null changes nothing.",
  }),
  "What to change of a meter: what is left out stays as it is.",
);

/** A meter in an answer. */
export const Meter = component(
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
/** Quantities in an answer. */
export const Quantities = component("MeterQuantities", z.object(QUANTITIES), "A meter's quantities over time.");

/** What the parameters of quantities mean, in a query string or in the body of a preview. */
export const ASKED = {
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

/** The body of a preview. */
export const Preview = component(
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
/** What a preview answers. */
export const PreviewAnswer = component(
  "MeterPreviewQuantities",
  z.object({ ...QUANTITIES, events: describe(z.array(Event), "The first ten events of the periods that match.") }),
  "What a meter would count.",
);

/** Schemas that only others' text refers to. */
export const meterComponents = { FilterClause, FilterConjunction, FilterOperator };
