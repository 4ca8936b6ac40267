import { type Query, toQuery } from "./queries.ts";
import type { Rows, Statement, Store, Written } from "./store.ts";

/** Runs statements in one transaction, all of them or none. Nothing else runs in the object meanwhile. */
export function runQueries(storage: DurableObjectStorage, queries: readonly Query[]): Written[] {
  return storage.transactionSync(() =>
    queries.map(({ sql, params }) => {
      const cursor = storage.sql.exec(sql, ...(params as SqlStorageValue[]));
      const rows = cursor.toArray();
      // rowsWritten also counts entries of indexes.
      const changes = cursor.rowsWritten === 0 ? 0 : storage.sql.exec("SELECT changes() AS n").one()["n"];
      return { rows, changes: changes as number, rowsRead: cursor.rowsRead, rowsWritten: cursor.rowsWritten };
    }),
  );
}

/**
 * Applies those migrations that the storage does not have, each in a transaction of its own.
 * @returns how many it has now: more than are known to code that is older than its schema
 */
export function migrate(storage: DurableObjectStorage, migrations: readonly string[]): number {
  const { sql } = storage;
  sql.exec(
    "CREATE TABLE IF NOT EXISTS applied_migrations (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT",
  );
  let applied = sql.exec("SELECT count(*) AS n FROM applied_migrations").one()["n"] as number;
  for (; applied < migrations.length; applied++) {
    storage.transactionSync(() => {
      sql.exec(migrations[applied]!);
      sql.exec("INSERT INTO applied_migrations (number, applied_at) VALUES (?, ?)", applied, Date.now());
    });
  }
  return applied;
}

/** Opens the storage for work inside the object. After each call the requests that wait have their turn. */
export function openStorage(storage: DurableObjectStorage, organizationId: string): Store {
  const run = async (statements: readonly Statement[]) => {
    const results = runQueries(storage, statements.map(toQuery));
    // The clock also stands still until then.
    await scheduler.wait(0);
    return results;
  };
  return {
    organizationId,
    kind: () => "object",
    async read<const S extends readonly Statement[]>(statements: S) {
      return (await run(statements)).map(({ rows }) => rows) as Rows<S>;
    },
    write: run,
  };
}
