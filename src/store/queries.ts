import { CasingCache } from "drizzle-orm/casing";
import type { BuildQueryConfig } from "drizzle-orm/sql";
import type { Statement } from "./store.ts";

/** A statement as SQLite receives it. */
export type Query = { sql: string; params: unknown[] };

/** How SQLite writes names, parameters and texts. Drizzle's whole dialect would add 4 KiB to the Worker. */
const SQLITE: BuildQueryConfig = {
  casing: new CasingCache(),
  escapeName: (name) => `"${name.replaceAll('"', '""')}"`,
  escapeParam: () => "?",
  escapeString: (text) => `'${text.replaceAll("'", "''")}'`,
};

/** The SQL of a statement, and its parameters. */
export function toQuery(statement: Statement): Query {
  const { sql, params } = statement.toQuery(SQLITE);
  return { sql, params };
}
