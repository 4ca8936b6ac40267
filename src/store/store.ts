import type { SQL, SQLWrapper } from "drizzle-orm";
import type { StoreKind } from "./kinds.ts";

/** A statement that Drizzle can render, sql<Row>`SELECT …` with the type of its rows or a query on tables; or has rendered. */
export type Statement<Row = unknown> = SQL<Row> | TableQuery<Row> | Query;
/** A statement as SQLite receives it. */
export type Query = { sql: string; params: unknown[] };
type TableQuery<Row> = SQLWrapper & { readonly _: { readonly result: unknown extends Row ? unknown : Row[] } };

/** The rows of each of several statements. */
export type Rows<S extends readonly Statement[]> = { [K in keyof S]: RowOf<S[K]>[] };
type RowOf<S> = S extends SQL<infer Row> ? Row : S extends { _: { result: (infer Row)[] } } ? Row : never;

/**
 * The result of a writing statement: the rows that it returns, and the number of changed rows. An object also returns the
 * database's counters, which include index entries.
 */
export type Written = { rows: unknown[]; changes: number; rowsRead?: number; rowsWritten?: number };

/** The usage of a request's stores, added up over all calls. */
export type Usage = {
  /** Round trips, including repetitions. */
  trips: number;
  /** The time of these trips; that of concurrent trips is added up. */
  milliseconds: number;
  /** Rows as the database counts and bills them. */
  rowsRead: number;
  rowsWritten: number;
  /** The deliveries of webhook events that they have put into the outbox. */
  deliveries: number;
};

/** One organization's data. Every statement of a request goes through a Store, whichever kind it is. */
export type Store = {
  readonly organizationId: string;
  /** Where the data is, as far as calls have shown: the organization may have moved. */
  kind(): StoreKind;
  /** Set if the store catches up the organization's meters by itself after a write, without the cron trigger. */
  readonly catchesUp?: true;
  /** The size of the database, where the organization has one of its own. */
  readonly bytes?: () => Promise<number>;
  /**
   * Runs statements in one snapshot and one round trip.
   * @returns the rows of each statement
   */
  read<const S extends readonly Statement[]>(statements: S): Promise<Rows<S>>;
  /**
   * Runs statements in one transaction and one round trip: all of them or none.
   * @param options.repeat the statements to run instead when the outcome is unknown: the same ones if they are idempotent,
   *   otherwise ones that first find out what an earlier attempt did; without it, the transaction is not repeated
   * @returns the result of each statement that ran
   */
  write(statements: readonly Statement[], options?: { repeat: readonly Statement[] }): Promise<Written[]>;
};

/** An organization, where its data is, and the request's token, if any. */
export type Home = { organizationId: string; store: StoreKind; tokenId?: string };

/** Opens an organization's store, without reading anything. Its calls add to `usage`, if that is given. */
export type OpenStore = (env: Env, home: Home, usage?: Usage) => Store;
