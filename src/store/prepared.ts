import { fillPlaceholders, type SQL, sql } from "drizzle-orm";
import { BoundedMap } from "../bounded-map.ts";
import { toQuery } from "./db.ts";
import type { Query, Statement } from "./store.ts";

/** Stands for a value that is given each time a prepared statement runs. */
export function given(name: string): SQL {
  return sql`${sql.placeholder(name)}`;
}

/**
 * Keeps statements as Drizzle has rendered them, because rendering a long one takes as long as everything else in a request.
 * The oldest are dropped above a number of characters.
 */
export class PreparedStatements {
  readonly #kept: BoundedMap<Query[]>;

  constructor(mostCharacters: number) {
    this.#kept = new BoundedMap(mostCharacters);
  }

  /**
   * Returns statements with the given values.
   * @param key what the statements depend on, except these values
   * @param build makes them when they are not kept
   */
  get(key: string, values: Record<string, unknown>, build: () => readonly Statement[]): Query[] {
    let queries = this.#kept.get(key);
    if (queries === undefined) {
      queries = build().map(toQuery);
      this.#kept.set(key, queries, JSON.stringify(queries).length);
    }
    return queries.map(({ sql: text, params }) => ({ sql: text, params: fillPlaceholders(params, values) }));
  }
}
