import type { MetadataCondition } from "../../wire/query.ts";
import type { Definition } from "../definition/definition.ts";
import { AMOUNT } from "../definition/property-sql.ts";
import type { DimensionRows } from "./dimension-rollups.ts";
import type { Grouping } from "./grouping.ts";
import type { QuantitiesQuery, Source } from "./quantities-sql.ts";

/** A meter as it is known, whose definition may have changed since. */
type Meter = { id: string; definition: Definition; definition_version: number };

/** Where quantities come from: rollups do not contain metadata, so a condition on it requires a scan, unless it is on a dimension. */
export function sourceOf(
  { id, definition, definition_version }: Meter,
  { metadata, customerFunction }: Pick<QuantitiesQuery, "metadata" | "customerFunction">,
): Source {
  const rollups = { rollupsOf: id, definitionVersion: definition_version };
  if (metadata.length === 0) return rollups;
  const dimension = rowsMeeting(definition, metadata);
  return dimension === undefined || customerFunction !== undefined ? "scan" : { ...rollups, dimension };
}

/**
 * Where the groups of these quantities come from: customers and dimensions are in rollups, but not both at once; values of any
 * other property are found in the events of the range.
 */
export function sourceOfGroups({ dimensions = [] }: Definition, source: Source, by: Grouping["by"]): Source {
  if (source === "scan") return source;
  const { dimension: condition, ...rollups } = source;
  if (by === "customer") return condition === undefined ? rollups : "scan";
  const place = dimensions.indexOf(by.property);
  if (place < 0) return "scan";
  if (condition === undefined) return { ...rollups, dimension: { place } };
  return condition.place === place ? source : "scan";
}

/**
 * Properties whose values a condition on metadata compares in another way than a dimension: fields of events, objects, and
 * an amount, whose digits are compared as a number.
 */
const OTHERWISE = new Set(["name", "source", "_llm", "_cost", AMOUNT]);

/** The rollups that have all events which meet some conditions; undefined if there are none. */
function rowsMeeting(
  { dimensions = [] }: Definition,
  conditions: readonly MetadataCondition[],
): DimensionRows | undefined {
  const [condition, ...others] = conditions;
  if (condition === undefined || others.length > 0 || OTHERWISE.has(condition.key)) return undefined;
  const place = dimensions.indexOf(condition.key);
  return place < 0 ? undefined : { place, values: condition.values };
}
