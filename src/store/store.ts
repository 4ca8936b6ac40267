import type { SQL } from "drizzle-orm";

/** A statement with the type of its rows, declared where it is written: sql<Row>`SELECT …`. */
export type Statement<Row = unknown> = SQL<Row>;

/** The rows of each of several statements. */
export type Rows<S extends readonly Statement[]> = { [K in keyof S]: S[K] extends SQL<infer Row> ? Row[] : never };

/** The result of a writing statement: what it returns, and how many rows it changed. */
type Written = { rows: unknown[]; changes: number };

/** One organization's data. Every statement of a request goes through one of these, however it is stored. */
export type Store = {
  readonly organizationId: string;
  /**
   * Runs statements in one snapshot and one round trip.
   * @returns the rows of each statement
   */
  read<const S extends readonly Statement[]>(statements: S): Promise<Rows<S>>;
  /**
   * Runs statements in one transaction and one round trip: all of them or none.
   * @param repeat allows the whole transaction to run again when its outcome is unknown: only for what is
   *   idempotent by its keys
   * @returns the result of each statement, and of those that a repetition adds when there was one
   */
  write(statements: readonly Statement[], repeat?: Repeat): Promise<Written[]>;
};

/** How a write is repeated: with further statements that find out what an earlier attempt has done. */
type Repeat = { also: readonly Statement[] };

/** Opens an organization's store; nothing is read until a statement runs. */
export type OpenStore = (env: Env, organizationId: string) => Store;
