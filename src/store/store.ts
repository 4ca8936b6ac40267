import type { SQL, SQLWrapper } from "drizzle-orm";
import type { StoreKind } from "./kinds.ts";

/** What Drizzle can render: text with the type of its rows, sql<Row>`SELECT …`, or a query on tables, which knows it. */
export type Statement<Row = unknown> = SQL<Row> | TableQuery<Row>;
type TableQuery<Row> = SQLWrapper & { readonly _: { readonly result: unknown extends Row ? unknown : Row[] } };

/** The rows of each of several statements. */
export type Rows<S extends readonly Statement[]> = { [K in keyof S]: RowOf<S[K]>[] };
type RowOf<S> = S extends SQL<infer Row> ? Row : S extends { _: { result: (infer Row)[] } } ? Row : never;

/**
 * The result of a writing statement: what it returns, and how many rows it changed. An object also says what the database
 * counted, entries of indexes included.
 */
export type Written = { rows: unknown[]; changes: number; rowsRead?: number; rowsWritten?: number };

/** What the calls of a request's stores took, added up. */
export type Usage = {
  /** Round trips, repeated ones included. */
  trips: number;
  /** Time of waiting for them; of two at once, the time of both. */
  milliseconds: number;
  /** Rows as the database counts them, and bills them. */
  rowsRead: number;
  rowsWritten: number;
};

/** One organization's data. Every statement of a request goes through one of these, however it is stored. */
export type Store = {
  readonly organizationId: string;
  /** Where the data is, as far as calls have shown: the organization may have moved since its token was read. */
  kind(): StoreKind;
  /** Set when the store catches its organization's meters up by itself after a write, without the cron trigger. */
  readonly catchesUp?: true;
  /**
   * Runs statements in one snapshot and one round trip.
   * @returns the rows of each statement
   */
  read<const S extends readonly Statement[]>(statements: S): Promise<Rows<S>>;
  /**
   * Runs statements in one transaction and one round trip: all of them or none.
   * @param options.repeat allows the transaction to run again when its outcome is unknown, then with these statements:
   *   the same ones where their keys make them idempotent, otherwise ones that find out first what an earlier attempt did
   * @returns the result of each statement that ran
   */
  write(statements: readonly Statement[], options?: { repeat: readonly Statement[] }): Promise<Written[]>;
};

/** Which organization, where its data is, and the token with which a request came, if it is one. */
export type Home = { organizationId: string; store: StoreKind; tokenId?: string };

/** Opens an organization's store; nothing is read until a statement runs. What it takes is added to `usage`, if there is one. */
export type OpenStore = (env: Env, home: Home, usage?: Usage) => Store;
