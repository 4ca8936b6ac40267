import { type AnyColumn, type SQL, sql } from "drizzle-orm";
import type { MetadataCondition } from "../wire/query.ts";

/**
 * Matches when a JSON object meets every condition: the text of the pair's value is one of those named.
 * Numbers and booleans are compared by their JSON text; a missing or null value meets no condition.
 * All conditions are in one bound parameter, however many they are.
 * @param pathsOf the JSON paths of a key, one or two: the first that exists counts
 */
export function meetsMetadata(
  column: AnyColumn | SQL,
  conditions: readonly MetadataCondition[],
  pathsOf: (key: string) => string[] = (key) => [`$.${JSON.stringify(key)}`],
): SQL | undefined {
  if (conditions.length === 0) return undefined;
  const bound = JSON.stringify(conditions.map(({ key, values }) => ({ paths: pathsOf(key), values })));
  // What a missing path selects is NULL, and the second one is looked up only then.
  const [first, second] = [sql`(wanted.value ->> '$.paths[0]')`, sql`(wanted.value ->> '$.paths[1]')`];
  return sql`NOT EXISTS (
    SELECT 1 FROM json_each(${bound}) AS wanted
    WHERE coalesce(
      CASE coalesce(json_type(${column}, ${first}), json_type(${column}, ${second}))
        WHEN 'null' THEN NULL
        WHEN 'text' THEN coalesce(${column} ->> ${first}, ${column} ->> ${second})
        ELSE coalesce(${column} -> ${first}, ${column} -> ${second})
      END NOT IN (SELECT value FROM json_each(wanted.value, '$.values')),
      true
    )
  )`;
}

/** Matches when a column is one of several values, all in one bound parameter. */
export function isOneOf(column: AnyColumn | SQL, values: readonly string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** Matches when all conditions match; absent ones are skipped. */
export function all(conditions: readonly (SQL | undefined)[]): SQL {
  const present = conditions.filter((condition) => condition !== undefined);
  return present.length === 0 ? sql`1` : sql.join(present, sql` AND `);
}
