import { type AnyColumn, and, or, type SQL, sql } from "drizzle-orm";
import { InvalidFields } from "../errors.ts";
import { FOREIGN_CURSOR, type MetadataCondition, type Position } from "../wire/query.ts";

/**
 * Matches a JSON object that meets every condition: the text of the key's value is one of the listed ones.
 * Numbers and booleans are compared by their JSON text; a missing or null value meets no condition.
 * All conditions share one bound parameter.
 * @param pathsOf the one or two JSON paths of a key; the first that exists counts
 */
export function meetsMetadata(
  column: AnyColumn | SQL,
  conditions: readonly MetadataCondition[],
  pathsOf: (key: string) => string[] = (key) => [`$.${JSON.stringify(key)}`],
): SQL | undefined {
  if (conditions.length === 0) return undefined;
  const bound = JSON.stringify(conditions.map(({ key, values }) => ({ paths: pathsOf(key), values })));
  // A missing path selects NULL; only then is the second one evaluated.
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

/** Matches a column that has one of several values, which share one bound parameter. */
export function isOneOf(column: AnyColumn | SQL, values: readonly string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** A column that a list is sorted by. Nulls come last in ascending order, and first in descending order. */
export type SortColumn = { column: AnyColumn | SQL; isDescending: boolean; isNullable?: boolean };

/** Sorts by columns. */
export function orderBy(columns: readonly SortColumn[]): SQL {
  const orders = columns.map(({ column, isDescending, isNullable }) => {
    // Without NULLS, SQLite can use an index for the order.
    const nulls = isNullable === true ? (isDescending ? sql` NULLS FIRST` : sql` NULLS LAST`) : sql``;
    return isDescending ? sql`${column} DESC${nulls}` : sql`${column}${nulls}`;
  });
  return sql.join(orders, sql`, `);
}

/** Matches the rows after a position in the order of some columns, which together are unique. */
export function isAfterPosition(columns: readonly SortColumn[], position: readonly (Position[number] | SQL)[]): SQL {
  const alternatives = columns.map((column, index) => {
    const before = columns.slice(0, index).map((each, at) => sql`${each.column} IS ${position[at]}`);
    return and(...before, isAfter(column, position[index]!))!;
  });
  const [first] = columns;
  const [value] = position;
  // This bound is implied by the rest; it lets SQLite use an index.
  const bound = first!.isDescending ? sql`${first!.column} <= ${value}` : sql`${first!.column} >= ${value}`;
  const isBound = value !== null && (first!.isDescending || first!.isNullable !== true);
  return and(isBound ? bound : undefined, or(...alternatives))!;
}

function isAfter({ column, isDescending, isNullable }: SortColumn, value: Position[number] | SQL): SQL {
  if (value === null) return isDescending ? sql`${column} IS NOT NULL` : sql`false`;
  if (isDescending) return sql`${column} < ${value}`;
  return isNullable === true ? sql`(${column} > ${value} OR ${column} IS NULL)` : sql`${column} > ${value}`;
}

/** What a value of a position can be. */
export type PositionKind = "number" | "text" | "text or null";

/**
 * Checks a position from a cursor: nothing keeps callers from making cursors for their own lists.
 * @throws InvalidFields at `cursor` unless the position has values of these kinds
 */
export function requirePosition(position: Position, kinds: readonly PositionKind[]): void {
  const isOfKind = (value: Position[number], kind: PositionKind) =>
    kind === "number"
      ? Number.isSafeInteger(value)
      : typeof value === "string" || (value === null && kind === "text or null");
  if (position.length === kinds.length && kinds.every((kind, index) => isOfKind(position[index]!, kind))) return;
  throw new InvalidFields([{ type: "value_error", field: ["cursor"], msg: FOREIGN_CURSOR }]);
}

/** Removes the extra row that shows that there is another page, and returns the position of that page. */
export function pageOf<Row>(
  rows: Row[],
  limit: number,
  positionOf: (row: Row) => Position,
): { rows: Row[]; next: Position | null } {
  if (rows.length <= limit) return { rows, next: null };
  return { rows: rows.slice(0, limit), next: positionOf(rows[limit - 1]!) };
}
