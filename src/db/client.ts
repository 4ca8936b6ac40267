import type { SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

/** Connects Drizzle to a D1 binding; costs nothing until a statement runs. */
export function connect(binding: D1Database) {
  return drizzle(binding);
}

/** The handle that every query function takes first. */
export type Database = ReturnType<typeof connect>;

const dialect = new SQLiteAsyncDialect();

/**
 * Runs statements in one transaction and one round trip; Drizzle's own batch takes no raw SQL with parameters.
 * @returns the rows of each statement
 */
export async function runBatch<T extends unknown[][]>(db: Database, statements: readonly SQL[]): Promise<T> {
  const prepared = statements.map((statement) => {
    const { sql, params } = dialect.sqlToQuery(statement);
    return db.$client.prepare(sql).bind(...params);
  });
  const results = await db.$client.batch(prepared);
  return results.map(({ results: rows }) => rows) as T;
}
