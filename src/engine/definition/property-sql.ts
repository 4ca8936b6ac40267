import { and, type SQL, sql } from "drizzle-orm";
import { meetsMetadata } from "../../store/conditions.ts";
import type { MetadataCondition } from "../../wire/query.ts";
import type { Values } from "./event-sql.ts";

// Metadata is flat except for the objects `_llm` and `_cost`: after these names a dot leads to a field, and in any other key
// it is an ordinary character.

const FIELD = /^(_llm|_cost)\.(.*)$/s;
/** The only number that is stored as text, to keep its digits. */
export const AMOUNT = "_cost.amount";

/** A property in the metadata of an event `e`, as SQL. */
type PropertySql = {
  /** Its JSON type; NULL when the event does not have it. */
  type: string;
  /** Its value: text or a number. */
  value: string;
  /** Its JSON text; for an amount its digits. */
  json: string;
};

/** The JSON paths of a property; the first that exists counts. */
function jsonPaths(property: string): string[] {
  const [, object, field] = FIELD.exec(property) ?? [];
  const key = `$.${JSON.stringify(property)}`;
  return object === undefined ? [key] : [`$."${object}".${JSON.stringify(field)}`, key];
}

/** Finds a property in the metadata of an event `e`. The SQL is short: a statement can have MAX_STATEMENT_CLAUSES of them. */
export function propertySql(property: string, values: Values): PropertySql {
  const [path, key] = jsonPaths(property).map((each) => values.add(each));
  const [type, value, json] = [`json_type(e.metadata,${path})`, `(e.metadata->>${path})`, `(e.metadata->${path})`];
  if (key === undefined) return { type, value, json };
  const of = (nested: string, arrow: string) => `coalesce(${nested},e.metadata${arrow}${key})`;
  const ofKey = `json_type(e.metadata,${key})`;
  return property === AMOUNT
    ? {
        type: `coalesce(replace(${type},'text','real'),${ofKey})`,
        value: of(`${value}*1.0`, "->>"),
        json: of(value, "->"),
      }
    : { type: `coalesce(${type},${ofKey})`, value: of(value, "->>"), json: of(json, "->") };
}

const METADATA = sql`e.metadata`;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Matches events `e` that meet every condition on their metadata. */
export function eventMeets(conditions: readonly MetadataCondition[]): SQL | undefined {
  const amounts = conditions.filter(({ key }) => key === AMOUNT).map(isAmount);
  const others = conditions.filter(({ key }) => key !== AMOUNT);
  return and(meetsMetadata(METADATA, others, jsonPaths), ...amounts);
}

/** Matches amounts as numbers, so that trailing zeros do not matter. */
function isAmount(condition: MetadataCondition): SQL {
  const [path] = jsonPaths(AMOUNT);
  const numbers = JSON.stringify(condition.values.filter((value) => DECIMAL.test(value)));
  return sql`CASE WHEN json_type(${METADATA}, ${path}) IS NULL THEN ${meetsMetadata(METADATA, [condition])}
    ELSE coalesce((${METADATA} ->> ${path}) * 1.0 IN (SELECT value * 1.0 FROM json_each(${numbers})), 0) END`;
}
