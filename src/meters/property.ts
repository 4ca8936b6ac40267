import { type SQL, sql } from "drizzle-orm";
import * as z from "zod/mini";
import { text } from "../schema/text.ts";

const METADATA = "metadata.";
/** Code points that a property may have: its path is looked up in every event, and 200 of them must fit into a statement. */
export const MAX_LENGTH = 2500;

/**
 * The name of an event's property: `name`, `source`, `timestamp`, or a path into its metadata in which dots descend.
 * A leading `metadata.` says nothing more and is removed, once, when it is written.
 */
export const Property = z.pipe(
  text({ max: MAX_LENGTH }),
  z.transform((name: string) => (name.startsWith(METADATA) ? name.slice(METADATA.length) : name)),
);

/** The path of a property inside an event's metadata, as SQLite's JSON functions take it. */
export function jsonPath(property: string): string {
  return ["$", ...property.split(".").map((key) => JSON.stringify(key))].join(".");
}

/** An event's time in whole seconds since 1970 UTC, rounded half up, also before 1970. `e` is the event. */
export const EPOCH_SECONDS = "((e.timestamp + 500 - (((e.timestamp + 500) % 1000) + 1000) % 1000) / 1000)";

/** Columns of one bound table: D1 allows 100. */
const COLUMNS = 90;

/**
 * Values that a piece of SQL needs: ninety take one bound parameter, and none becomes part of the SQL.
 * They are unpacked once a statement, into the columns of tables of one row.
 */
export class BoundValues {
  readonly #values: (string | number)[] = [];

  /** Adds a value and gives the SQL that stands for it. */
  add(value: string | number): string {
    const known = this.#values.indexOf(value);
    const index = known < 0 ? this.#values.push(value) - 1 : known;
    return `b${Math.floor(index / COLUMNS)}.v${index % COLUMNS}`;
  }

  /**
   * The bound tables, to go in front of the table of events, each followed by CROSS JOIN: SQLite then unpacks the
   * values once per statement. Behind the events it would unpack them once per event.
   */
  from(): SQL {
    const tables: SQL[] = [];
    for (let first = 0; first < this.#values.length; first += COLUMNS) {
      const values = this.#values.slice(first, first + COLUMNS);
      const columns = values.map((_, index) => `l ->> ${index} AS v${index}`).join(", ");
      const name = sql.raw(`b${tables.length}`);
      // The limit keeps SQLite from unpacking the values again wherever they are used.
      tables.push(
        sql`(SELECT ${sql.raw(columns)} FROM (SELECT ${JSON.stringify(values)} AS l) LIMIT 1) AS ${name} CROSS JOIN `,
      );
    }
    return sql.join(tables);
  }
}
