import { isImpossible } from "../engine/definition/counts-nothing.ts";
import type { Definition } from "../engine/definition/definition.ts";
import type { Filter, FilterClause } from "../engine/definition/filter.ts";
import { EventCreateCustomer } from "../events/schemas.ts";
import { MAX_WARNINGS, type Warning } from "../wire/problem.ts";

/** Fields of events that a property cannot name: a property with such a name means a key of the metadata. */
const NO_PROPERTIES = new Set(
  Object.keys(EventCreateCustomer.shape).filter((name) => name !== "name" && name !== "timestamp"),
);

/** Warnings that follow from a definition alone: clauses that never match, an aggregation that never counts, and dimensions without values. */
export function warningsOf({ filter, aggregation, dimensions = [] }: Definition): Warning[] {
  const warnings = [...clausesOf(filter, ["body", "filter"])].flatMap(([clause, loc]) => clauseWarning(clause, loc));
  const loc = ["body", "aggregation", "property"];
  if (aggregation.func !== "count" && NOT_NUMBERS.includes(aggregation.property)) {
    const msg =
      aggregation.func === "unique"
        ? `This counts the values of the key ${aggregation.property} of the metadata, not those of the event's own field.`
        : `No event counts: its ${aggregation.property} is text, and ${aggregation.func} needs a number.`;
    warnings.push({ loc, msg });
  } else if (aggregation.func !== "count") warnings.push(...ownField(aggregation.property, loc));
  warnings.push(...dimensions.flatMap((property, index) => ownField(property, ["body", "dimensions", index])));
  return warnings.slice(0, MAX_WARNINGS);
}

const NOT_NUMBERS = ["name", "source"];

/** Returns whether an aggregation needs numbers in a metadata key, so that the newest events can show whether they exist. */
export function needsNumber({ aggregation }: Definition): boolean {
  if (aggregation.func === "count" || aggregation.func === "unique") return false;
  return ![...NOT_NUMBERS, "timestamp"].includes(aggregation.property);
}

/** The warning that none of the newest events has a number. */
export const NO_NUMBER: Warning = {
  loc: ["body", "aggregation", "property"],
  msg: "None of the newest events that match has a number there, so none of them counts. Text is not taken for a number.",
};

function* clausesOf(filter: Filter, loc: Warning["loc"]): Generator<[FilterClause, Warning["loc"]]> {
  for (const [index, part] of filter.clauses.entries()) {
    const here = [...loc, "clauses", index];
    if ("clauses" in part) yield* clausesOf(part, here);
    else yield [part, here];
  }
}

function clauseWarning(clause: FilterClause, loc: Warning["loc"]): Warning[] {
  if (!isImpossible(clause)) return ownField(clause.property, [...loc, "property"]);
  return [{ loc: [...loc, "value"], msg: `No event matches this: ${REASONS[clause.property] ?? "it is never true."}` }];
}

const REASONS: Record<string, string> = {
  name: "the name is text.",
  source: "the source of all events that meters count is the text user.",
  "_cost.amount": "the amount of a cost is compared as a number, and only with an integer.",
  timestamp: "the timestamp is compared as an integer, whole seconds since 1970.",
};

function ownField(property: string, loc: Warning["loc"]): Warning[] {
  if (!NO_PROPERTIES.has(property)) return [];
  const msg = `This is the key ${property} of the metadata, not the event's own field, which meters cannot read.`;
  return [{ loc, msg }];
}
