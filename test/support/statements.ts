import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { openD1 } from "../../src/store/d1.ts";
import type { OpenStore, Statement } from "../../src/store/store.ts";

/** The SQL of a statement, and its parameters. */
export type Query = { sql: string; params: unknown[] };

const dialect = new SQLiteAsyncDialect();

/** Returns the SQL of a statement and its parameters, as D1 receives them. */
export function queryOf(statement: Statement): Query {
  const { sql, params } = dialect.sqlToQuery(statement);
  return { sql, params };
}

/** Stores that keep the statements which they run, in order, and what was kept. */
export function recording(): { open: OpenStore; queries: Query[] } {
  const queries: Query[] = [];
  const open: OpenStore = (bindings, organizationId) => {
    const store = openD1(bindings, organizationId);
    return {
      organizationId,
      read(statements) {
        queries.push(...statements.map(queryOf));
        return store.read(statements);
      },
      write(statements, options) {
        queries.push(...statements.map(queryOf));
        return store.write(statements, options);
      },
    };
  };
  return { open, queries };
}
