import type { Values } from "./event-sql.ts";
import { propertySql } from "./property-sql.ts";

/** Kinds of values of a property, in their order. */
export const KINDS = { null: 0, missing: 1, boolean: 2, number: 3, text: 4 };

const { boolean, missing, number, text } = KINDS;

/** A value of a property as the JSON `[kind, value]`, so that equal ones are equal texts: 1 and 1.0 are, 1 and the text 1 are not. */
export function kindSql(property: string, values: Values): string {
  if (property === "name" || property === "source") return `json_array(${text},e.${property})`;
  const { type, value } = propertySql(property, values);
  // An object is like null: no filter compares either.
  return `CASE ${type} WHEN 'text' THEN json_array(${text},${value})
        WHEN 'integer' THEN json_array(${number},format('%!.17g',${value}+0.0))
        WHEN 'real' THEN json_array(${number},format('%!.17g',${value}+0.0))
        WHEN 'true' THEN '[${boolean},1]' WHEN 'false' THEN '[${boolean},0]'
        ELSE iif(${type} IS NULL,'[${missing},null]','[${KINDS.null},null]') END`;
}
