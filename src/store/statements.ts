import { type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { NewRow } from "./db.ts";

/**
 * Inserts one row, unless its keys exist already or the condition is not met.
 * @param table its name
 */
export function insertOnce<T extends SQLiteTable>(table: T["_"]["name"], row: NewRow<T>, condition = sql`true`): SQL {
  const values = Object.values(row).map((value) => sql`${value}`);
  const target = sql.raw(`${table} (${Object.keys(row).join(", ")})`);
  return sql`INSERT INTO ${target} SELECT ${sql.join(values, sql`, `)} WHERE ${condition} ON CONFLICT DO NOTHING`;
}

/** `column = value, …` of some columns of a table, for an UPDATE. */
export function assignments<T extends SQLiteTable>(changes: Partial<T["$inferSelect"]>): SQL[] {
  return Object.entries(changes).map(([name, value]) => sql`${sql.raw(name)} = ${value}`);
}
