import { repeatWhenLost } from "./failures.ts";
import { toQuery } from "./db.ts";
import { warnOfSize } from "./size.ts";
import type { Rows, Statement, Store, Usage } from "./store.ts";
import { measure } from "./usage.ts";

/** Opens an organization's part of the D1 database that organizations share. */
export const openD1 = ({ DB }: Pick<Env, "DB">, organizationId: string, usage?: Usage): Store => {
  const run = (statements: readonly Statement[]) =>
    measure(
      usage,
      () => runBatch(DB, statements),
      ({ meta }) => [meta.rows_read, meta.rows_written],
    );
  return {
    organizationId,
    kind: () => "d1",
    async read<const S extends readonly Statement[]>(statements: S) {
      const results = await run(statements);
      return results.map(({ results: rows }) => rows) as Rows<S>;
    },
    async write(statements, options) {
      const attempt = (count: number) => run(count === 1 ? statements : options!.repeat);
      const results = await (options === undefined ? run(statements) : repeatWhenLost(attempt));
      warnOfSize("DB", results.at(-1)?.meta.size_after);
      return results.map(({ results: rows, meta }) => ({ rows, changes: meta.changes }));
    },
  };
};

/** A batch of D1 is a transaction; Drizzle's own batch does not accept raw SQL with parameters. */
export function runBatch(binding: D1Database, statements: readonly Statement[]): Promise<D1Result[]> {
  const prepared = statements.map((statement) => {
    const { sql, params } = toQuery(statement);
    return binding.prepare(sql).bind(...params);
  });
  return binding.batch(prepared);
}
