import * as z from "zod/mini";
import { Metadata } from "../wire/metadata.ts";
import { list, MAX_ITEMS } from "../wire/bounded-array.ts";
import { MAX_PROBLEMS, report } from "../wire/problem.ts";
import {
  FORMAT_QUERY,
  integerBetween,
  listQuery,
  METADATA_QUERY,
  type MetadataCondition,
  QueryBoolean,
  sortProperty,
  many,
} from "../wire/query.ts";
import { fold, text, unstorable } from "../wire/text.ts";
import { Timestamp } from "../wire/timestamp.ts";
import { Uuid4 } from "../wire/uuid.ts";
import { INTERVALS } from "../time/interval.ts";
import { isTimeZone } from "../time/zone.ts";
import { Aggregation, FUNCTIONS } from "../engine/definition/aggregation.ts";
import { Filter } from "../engine/definition/filter.ts";
import { Property } from "../engine/definition/property.ts";
import type { Grouping } from "../engine/reading/grouping.ts";
import { MAX_PROPERTY_LENGTH } from "../store/limits.ts";
import { EventCreate } from "../events/schemas.ts";

/** The unit of a meter's quantities. */
export const MeterUnit = z.enum(["scalar", "token", "custom"]);
type Unit = { unit: z.output<typeof MeterUnit>; custom_label: string | null };

/** The maximum size in bytes of a name in the form that is stored for searching. */
const MAX_FOLDED = 900_000;

const Name = text({ min: 3 }).check(
  z.superRefine((name: string, ctx) => {
    if (name.length * 9 <= MAX_FOLDED || new TextEncoder().encode(fold(name)).length <= MAX_FOLDED) return;
    report(ctx, { type: "string_too_long" }, `A name should have at most ${MAX_FOLDED} bytes.`, name);
  }),
);

/** A meter's dimensions at most: each is two more rows for each event. */
export const MAX_DIMENSIONS = 4;

const Dimension = Property.check(
  z.superRefine((name: string, ctx) => {
    if (name !== "timestamp") return;
    report(
      ctx,
      { type: "value_error" },
      "A dimension should not be the timestamp: interval makes rows of times.",
      name,
    );
  }),
);

/** The properties by whose values a meter keeps rollups. */
export const Dimensions = list(Dimension, { max: MAX_DIMENSIONS }).check(
  z.superRefine((names: string[], ctx) => {
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      report(ctx, { type: "value_error" }, "Each dimension should be named once.", name, [index]);
    }
  }),
);

/** Where a request names one meter. */
export const MeterPath = z.object({ id: Uuid4 });

/** The body of `POST /v1/meters/`; its fields are in the order in which their problems are listed. */
export const MeterCreate = z
  .object({
    metadata: z._default(Metadata, () => ({})),
    name: Name,
    unit: z._default(MeterUnit, "scalar"),
    custom_label: z._default(z.nullable(text()), null),
    custom_multiplier: z._default(z.nullable(z.int().check(z.positive())), null),
    filter: Filter,
    aggregation: Aggregation,
    organization_id: z._default(z.nullable(Uuid4), null),
    dimensions: z._default(Dimensions, () => []),
  })
  .check(
    z.superRefine(
      (meter: Unit, ctx) => {
        const problem = unitProblem(meter);
        if (problem !== null) report(ctx, { type: "value_error" }, problem, meter);
      },
      { when: ({ issues }) => issues.length === 0 },
    ),
  );
export type MeterCreate = z.output<typeof MeterCreate>;

/** The body of `PATCH /v1/meters/{id}`: absent fields stay unchanged. */
export const MeterUpdate = z.object({
  metadata: z.optional(Metadata),
  name: z.optional(Name),
  unit: z.optional(MeterUnit),
  custom_label: z.nullish(text()),
  custom_multiplier: z.nullish(z.int().check(z.positive())),
  filter: z.nullish(Filter),
  aggregation: z.nullish(Aggregation),
  is_archived: z.nullish(z.boolean()),
  dimensions: z.nullish(Dimensions),
});
export type MeterUpdate = z.output<typeof MeterUpdate>;

/** The orders of `GET /v1/meters/`. */
export const MeterSortProperty = sortProperty("name", "created_at");

/** The query string of `GET /v1/meters/`. */
export const MeterListQuery = listQuery(
  { query: z.optional(text()), is_archived: z.optional(QueryBoolean) },
  MeterSortProperty,
  METADATA_QUERY,
);
export type MeterListQuery = z.output<typeof MeterListQuery>;

/** How the quantities of single customers are aggregated. */
export const AggregationFunction = z.enum(FUNCTIONS);

const TimeZone = z.string().check(
  z.superRefine((zone: string, ctx) => {
    if (isTimeZone(zone)) return;
    report(ctx, { type: "value_error" }, "Unknown time zone; use an IANA name such as Europe/Paris.", zone);
  }),
);

/** The length of a row of quantities, or one row for the whole range. */
export const TimeInterval = z.enum([...INTERVALS, "total"]);

/** The parameters of quantities, in a query string or in the body of a preview. */
const QUANTITIES = {
  start_timestamp: Timestamp,
  end_timestamp: Timestamp,
  interval: TimeInterval,
  timezone: z._default(TimeZone, "UTC"),
  customer_id: many(Uuid4),
  external_customer_id: many(text()),
  customer_aggregation_function: z.optional(AggregationFunction),
};

/** Groups that an answer shows, and how many it shows unless a request says so. */
const [MAX_GROUPS, DEFAULT_GROUPS] = [100, 10];

/** By what quantities are grouped: `customer`, or a property of events as filters name it. */
export const GroupBy = z.pipe(
  text({ max: MAX_PROPERTY_LENGTH }),
  z.transform((name: string, ctx): { name: string; by: Grouping["by"] } => {
    if (name === "customer") return { name, by: name };
    const property = Property.parse(name);
    if (property !== "timestamp") return { name, by: { property } };
    report(ctx, { type: "value_error" }, "Events cannot be grouped by their timestamp: interval makes rows of times.", name); // prettier-ignore
    return z.NEVER;
  }),
);

/** The order of groups. */
export const GroupSorting = z.enum(["-total", "total", "key"]);

/** The parameters of groups beside their number, which a query string has as text. */
const GROUPS = { group_by: z.optional(GroupBy), group_sorting: z._default(GroupSorting, "-total") };

type Grouped = { group_by?: unknown; customer_aggregation_function?: unknown };

const isGroupedOnce = z.superRefine((query: Grouped, ctx) => {
  if (query.group_by === undefined || query.customer_aggregation_function === undefined) return;
  const message = "Send group_by or customer_aggregation_function, not both.";
  report(ctx, { type: "value_error" }, message, query.customer_aggregation_function, ["customer_aggregation_function"]);
});

/** The query string of `GET /v1/meters/{id}/quantities`. */
export const MeterQuantitiesQuery = z
  .object({
    ...QUANTITIES,
    ...GROUPS,
    group_limit: z._default(integerBetween(1, MAX_GROUPS), DEFAULT_GROUPS),
    ...METADATA_QUERY,
    ...FORMAT_QUERY,
  })
  .check(isGroupedOnce);
export type MeterQuantitiesQuery = z.output<typeof MeterQuantitiesQuery>;

/** The conditions on metadata as an object: each key with the required value, or an array of allowed ones, compared as text. */
const MetadataConditions = z.transform((value: unknown, ctx): MetadataCondition[] => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report(ctx, { type: "dict_type" }, "Metadata should be an object.", value);
    return z.NEVER;
  }
  const conditions: MetadataCondition[] = [];
  for (const [key, wanted] of Object.entries(value)) {
    const values: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    if (values.length > MAX_ITEMS) {
      const message = `This should have at most ${MAX_ITEMS} elements; it has ${values.length}.`;
      report(ctx, { type: "too_long", ctx: { max_length: MAX_ITEMS } }, message, wanted, [key]);
    } else if (unstorable(key) === null && values.every(isComparable))
      conditions.push({ key, values: values.map(String) });
    else {
      const message = "This should be a string, a number or a boolean, or an array of them.";
      report(ctx, { type: "value_error" }, message, wanted, [key]);
    }
    if (ctx.issues.length > MAX_PROBLEMS) break;
  }
  return conditions;
});

function isComparable(value: unknown): value is string | number | boolean {
  if (typeof value === "string") return unstorable(value) === null;
  return (typeof value === "number" && Number.isFinite(value)) || typeof value === "boolean";
}

/** The body of `POST /v1/meters/preview`: a definition that is not saved, and the parameters of its quantities. */
export const MeterPreview = z
  .object({
    filter: Filter,
    aggregation: Aggregation,
    ...QUANTITIES,
    ...GROUPS,
    group_limit: z._default(z.int().check(z.gte(1), z.lte(MAX_GROUPS)), DEFAULT_GROUPS),
    customer_id: z.optional(list(Uuid4)),
    external_customer_id: z.optional(list(text())),
    metadata: z._default(MetadataConditions, () => []),
  })
  .check(isGroupedOnce);
export type MeterPreview = z.output<typeof MeterPreview>;

/** The body of `POST /v1/meters/{id}/explain`: an event as for ingestion. */
export const MeterExplain = z.object({ event: EventCreate });

/** The body of `POST /v1/meters/explain`: the same with a definition that is not saved. */
export const DefinitionExplain = z.object({ filter: Filter, aggregation: Aggregation, event: EventCreate });

/** Returns what is wrong with a meter's unit and label: a custom unit requires a label, any other unit forbids it. */
export function unitProblem({ unit, custom_label }: Unit): string | null {
  if (unit === "custom") return custom_label === null ? "The unit custom requires a custom_label." : null;
  return custom_label === null ? null : `The unit ${unit} cannot have a custom_label; only custom can.`;
}
