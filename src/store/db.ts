import { getTableColumns, type SQL, sql } from "drizzle-orm";
import {
  QueryBuilder,
  SQLiteDeleteBase,
  SQLiteInsertBuilder,
  type SQLiteSession,
  SQLiteSyncDialect,
  type SQLiteTable,
  SQLiteUpdateBuilder,
} from "drizzle-orm/sqlite-core";
import type { Query, Statement } from "./store.ts";

const DIALECT = new SQLiteSyncDialect();
/** Drizzle needs a session only to run queries, which a Store does instead; awaiting a query fails. */
const SESSION: SQLiteSession<"sync", never, Record<string, never>, Record<string, never>> = Object.create(null);

class Queries extends QueryBuilder {
  insert = <T extends SQLiteTable>(table: T) => new SQLiteInsertBuilder<T, "sync", never>(table, SESSION, DIALECT);
  update = <T extends SQLiteTable>(table: T) => new SQLiteUpdateBuilder<T, "sync", never>(table, SESSION, DIALECT);
  delete = <T extends SQLiteTable>(table: T) => new SQLiteDeleteBase<T, "sync", never>(table, SESSION, DIALECT);
}

/**
 * Drizzle's query builder without a connection; a Store runs the queries. Rows have the column names of the database, so a
 * selected expression needs `.as(…)` with the name of its key, and a column must have the key of its own name.
 */
export const db = new Queries(DIALECT);

/** A row to insert: each column has a value, or SQL that computes it. */
export type NewRow<T extends SQLiteTable> = { [K in keyof T["$inferSelect"]]: T["$inferSelect"][K] | SQL };

/**
 * Selects a row of values on a condition: for `db.insert(table).select(…)`.
 * @param from a table whose columns the values use: then one row is selected for each of its rows
 */
export function rowIf<T extends SQLiteTable>(table: T, row: NewRow<T>, condition: SQL | undefined, from?: SQL): SQL {
  const values = Object.keys(getTableColumns(table)).map((name) => sql`${row[name as keyof NewRow<T>]}`);
  return sql`select ${sql.join(values, sql`, `)}${from && sql` from ${from}`} where ${condition}`;
}

/** The SQL of a statement, and its parameters. */
export function toQuery(statement: Statement): Query {
  if ("params" in statement) return statement;
  const { sql: text, params } = DIALECT.sqlToQuery(statement.getSQL());
  return { sql: text, params };
}
