import type { Schemas } from "../../../client/src/index.ts";

/** How the text of a value is taken: by what it looks like, or as one type. */
export type ValueType = "auto" | "text" | "number" | "boolean";
/** A condition as its fields have it. */
export type Condition = {
  key: number;
  property: string;
  operator: Schemas["FilterOperator"];
  value: string;
  type: ValueType;
};
/** Conditions and groups that are joined. */
export type Group = { key: number; conjunction: Schemas["FilterConjunction"]; clauses: (Condition | Group)[] };
/** An aggregation as its fields have it; `dimensions` are separated by commas. */
export type Aggregation = { func: Schemas["AggregationFunction"]; property: string; dimensions: string };

let keys = 0;
/** Makes an empty condition; its key stays its own when others come and go. */
export const newCondition = (property = ""): Condition => ({
  key: ++keys,
  property,
  operator: "eq",
  value: "",
  type: "auto",
});
/** Makes a group with one empty condition. */
export const newGroup = (property = ""): Group => ({
  key: ++keys,
  conjunction: "and",
  clauses: [newCondition(property)],
});

/** The filter of the API. */
export function toFilter({ conjunction, clauses }: Group): Schemas["Filter"] {
  return { conjunction, clauses: clauses.map((each) => ("clauses" in each ? toFilter(each) : toClause(each))) };
}

function toClause({ property, operator, value, type }: Condition): Schemas["FilterClause"] {
  const isNumber = type === "number" || (type === "auto" && property !== "name" && /^-?\d{1,10}$/.test(value));
  const isBoolean = type === "boolean" || (type === "auto" && /^(?:true|false)$/.test(value));
  return { property, operator, value: isNumber ? Number(value) : isBoolean ? value === "true" : value };
}

/** The aggregation of the API. */
export const toAggregation = ({ func, property }: Aggregation): Schemas["MeterCreate"]["aggregation"] =>
  func === "count" ? { func } : { func, property };

/** Returns whether nothing is left empty, so that a preview can say something. */
export function isComplete({ clauses }: Group, { func, property }: Aggregation): boolean {
  const isFilled = (each: Condition | Group): boolean =>
    "clauses" in each ? each.clauses.every(isFilled) : each.property !== "" && each.value !== "";
  return clauses.every(isFilled) && (func === "count" || property !== "");
}

/** The texts between commas. */
export const listOf = (text: string): string[] => text.split(",").flatMap((each) => each.trim() || []);
