import * as z from "zod/mini";
import { text } from "../schema/text.ts";

const METADATA = "metadata.";

/**
 * The name of an event's property: `name`, `source`, `timestamp`, or a path into its metadata in which dots descend.
 * A leading `metadata.` says nothing more and is removed, once, when it is written.
 */
export const Property = z.pipe(
  text(),
  z.transform((name: string) => (name.startsWith(METADATA) ? name.slice(METADATA.length) : name)),
);

/** The path of a property inside an event's metadata, as SQLite's JSON functions take it. */
export function jsonPath(property: string): string {
  return ["$", ...property.split(".").map((key) => JSON.stringify(key))].join(".");
}

/** An event's time in whole seconds since 1970 UTC, rounded half up, also before 1970. `e` is the event. */
export const EPOCH_SECONDS = "((e.timestamp + 500 - (((e.timestamp + 500) % 1000) + 1000) % 1000) / 1000)";

/**
 * Values that a piece of SQL needs, gathered into one list: `matched.list` in the statement.
 * However many there are, they take one bound parameter, and none becomes part of the SQL.
 */
export class BoundValues {
  readonly list: (string | number)[] = [];

  /** Adds a value and gives the SQL that stands for it. */
  add(value: string | number): string {
    this.list.push(value);
    return `(matched.list ->> '$[${this.list.length - 1}]')`;
  }
}
