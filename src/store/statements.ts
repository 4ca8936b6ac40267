import { getTableColumns, getTableName, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/** A row to insert: each column has a value, or SQL that computes it. */
export type NewRow<T extends SQLiteTable> = { [K in keyof T["$inferSelect"]]: T["$inferSelect"][K] | SQL };

/** Inserts one row, unless its keys exist already or the condition is not met. */
export function insertOnce<T extends SQLiteTable>(table: T, row: NewRow<T>, condition = sql`true`): SQL {
  const names = Object.keys(getTableColumns(table));
  const values = names.map((name) => sql`${(row as Record<string, unknown>)[name]}`);
  const target = sql.raw(`${getTableName(table)} (${names.join(", ")})`);
  return sql`INSERT INTO ${target} SELECT ${sql.join(values, sql`, `)} WHERE ${condition} ON CONFLICT DO NOTHING`;
}

/** `column = value, …` of some columns of a table, for an UPDATE. */
export function assignments<T extends SQLiteTable>(changes: Partial<T["$inferSelect"]>): SQL[] {
  return Object.entries(changes).map(([name, value]) => sql`${sql.raw(name)} = ${value}`);
}
