import { type SQL, sql } from "drizzle-orm";
import { MAX_COLUMNS } from "../../store/limits.ts";

/** An event's time in whole seconds since 1970 UTC, rounded half up, also before 1970. `e` is the event. */
export const EPOCH_SECONDS = "((e.timestamp + 500 - (((e.timestamp + 500) % 1000) + 1000) % 1000) / 1000)";

/** Collects the values that an SQL expression needs; none of them becomes part of its text. */
export type Values = {
  /** Adds a value and returns the SQL that stands for it. */
  add(value: string | number): string;
};

/**
 * Values as bound parameters: ninety share one JSON parameter.
 * They are unpacked once per statement, into the columns of single-row tables.
 */
export class BoundValues implements Values {
  readonly #values: (string | number)[] = [];

  add(value: string | number): string {
    const known = this.#values.indexOf(value);
    const index = known < 0 ? this.#values.push(value) - 1 : known;
    return `b${Math.floor(index / MAX_COLUMNS)}.v${index % MAX_COLUMNS}`;
  }

  /**
   * The bound tables, each followed by CROSS JOIN. They must precede the table of events, so that SQLite unpacks the values
   * once per statement, not once per event.
   */
  from(): SQL {
    return sql.join(this.#tables().map(({ name, select }) => sql`(${select}) AS ${name} CROSS JOIN `));
  }

  /** The bound tables for a WITH clause, and the FROM items that name them: for statements that use them repeatedly. */
  shared(): { tables: SQL[]; from: SQL } {
    const tables = this.#tables();
    return {
      tables: tables.map(({ name, select }) => sql`${name} AS MATERIALIZED (${select})`),
      from: sql.join(tables.map(({ name }) => sql`${name} CROSS JOIN `)),
    };
  }

  #tables(): { name: SQL; select: SQL }[] {
    const tables: { name: SQL; select: SQL }[] = [];
    for (let first = 0; first < this.#values.length; first += MAX_COLUMNS) {
      const values = this.#values.slice(first, first + MAX_COLUMNS);
      const columns = values.map((_, index) => `l ->> ${index} AS v${index}`).join(", ");
      // The limit prevents SQLite from unpacking the values again at each use.
      const select = sql`SELECT ${sql.raw(columns)} FROM (SELECT ${JSON.stringify(values)} AS l) LIMIT 1`;
      tables.push({ name: sql.raw(`b${tables.length}`), select });
    }
    return tables;
  }
}
