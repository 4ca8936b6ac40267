import { CasingCache } from "drizzle-orm/casing";
import type { BuildQueryConfig } from "drizzle-orm/sql";
import { repeatWhenLost } from "./failures.ts";
import type { OpenStore, Rows, Statement } from "./store.ts";

/** How SQLite writes names, parameters and texts. Drizzle's whole dialect would add 4 KiB to the Worker. */
const SQLITE: BuildQueryConfig = {
  casing: new CasingCache(),
  escapeName: (name) => `"${name.replaceAll('"', '""')}"`,
  escapeParam: () => "?",
  escapeString: (text) => `'${text.replaceAll("'", "''")}'`,
};

/** Opens an organization's part of the D1 database that all organizations share. */
export const openD1: OpenStore = ({ DB }, organizationId) => ({
  organizationId,
  async read<const S extends readonly Statement[]>(statements: S) {
    const results = await runBatch(DB, statements);
    return results.map(({ results: rows }) => rows) as Rows<S>;
  },
  async write(statements, options) {
    const run = (attempt: number) => runBatch(DB, attempt === 1 ? statements : options!.repeat);
    const results = await (options === undefined ? run(1) : repeatWhenLost(run));
    return results.map(({ results: rows, meta }) => ({ rows, changes: meta.changes }));
  },
});

/** A batch of D1 is a transaction; Drizzle's own batch does not accept raw SQL with parameters. */
export function runBatch(binding: D1Database, statements: readonly Statement[]): Promise<D1Result[]> {
  const prepared = statements.map((statement) => {
    const { sql, params } = statement.toQuery(SQLITE);
    return binding.prepare(sql).bind(...params);
  });
  return binding.batch(prepared);
}
