import { toQuery } from "./db.ts";
import type { Migration } from "./migrations.ts";
import type { Query, Rows, Statement, Store, Written } from "./store.ts";

/** Runs statements in one transaction. Nothing else runs in the object meanwhile. */
export function runQueries(storage: DurableObjectStorage, queries: readonly Query[]): Written[] {
  return storage.transactionSync(() =>
    queries.map(({ sql, params }) => {
      const cursor = storage.sql.exec(sql, ...(params as SqlStorageValue[]));
      const rows = cursor.toArray();
      // rowsWritten also counts index entries.
      const changes = cursor.rowsWritten === 0 ? 0 : storage.sql.exec("SELECT changes() AS n").one()["n"];
      return { rows, changes: changes as number, rowsRead: cursor.rowsRead, rowsWritten: cursor.rowsWritten };
    }),
  );
}

/**
 * Applies the missing migrations, each in its own transaction.
 * @returns the number of applied migrations, which can be higher than this code knows
 * @throws an Error when the storage has other migrations: this code must not use it
 */
export function migrate(storage: DurableObjectStorage, migrations: readonly Migration[]): number {
  const { sql } = storage;
  sql.exec(`CREATE TABLE IF NOT EXISTS applied_migrations (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`);
  // An older layout of this table has no names.
  const applied = sql.exec("SELECT * FROM applied_migrations ORDER BY number").toArray();
  for (const [number, { name, text }] of migrations.entries()) {
    if (number >= applied.length) apply(storage, number, name, text);
    else if (applied[number]!["name"] !== name) {
      throw new Error(`a migration is missing: ${name}; the data of this object was made by an older version`);
    }
  }
  return Math.max(applied.length, migrations.length);
}

function apply(storage: DurableObjectStorage, number: number, name: string, text: string): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    sql.exec(text);
    sql.exec("INSERT INTO applied_migrations (number, name, applied_at) VALUES (?, ?, ?)", number, name, Date.now());
  });
}

/** Opens the storage for work inside the object. Waiting requests run after each call. */
export function openStorage(storage: DurableObjectStorage, organizationId: string): Store {
  const run = async (statements: readonly Statement[]) => {
    const results = runQueries(storage, statements.map(toQuery));
    // The clock does not advance before, either.
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
