/** A statement with its parameters. */
type Query = { sql: string; params?: unknown[] };

type Prepared = { bind(...params: unknown[]): Prepared };
/** The part of a D1 binding that the bench needs. */
type Binding = {
  prepare(sql: string): Prepared;
  batch(statements: Prepared[]): Promise<{ results: unknown[] }[]>;
};

/** A Worker's database, from outside of the Worker. */
export type Database = {
  /** Runs statements in one transaction and returns the rows of the last one. */
  run<Row = Record<string, unknown>>(...queries: Query[]): Promise<Row[]>;
};

/** Opens the database behind a binding of Miniflare. */
export function openDatabase(binding: unknown): Database {
  const d1 = binding as Binding;
  return {
    async run<Row>(...queries: Query[]) {
      const results = await d1.batch(queries.map(({ sql, params = [] }) => d1.prepare(sql).bind(...params)));
      return (results.at(-1)?.results ?? []) as Row[];
    },
  };
}

/** Rows that are copied at once. */
const COPY_ROWS = 500;

/** Copies rows from one database to another, whose table has the same columns. */
export async function copyRows(from: Database, to: Database, table: string, where = "true"): Promise<void> {
  const rows = await from.run({ sql: `SELECT * FROM ${table} WHERE ${where}` });
  for (let at = 0; at < rows.length; at += COPY_ROWS) {
    const part = rows.slice(at, at + COPY_ROWS);
    const columns = Object.keys(part[0]!);
    const values = columns.map((_, index) => `value ->> '$[${index}]'`);
    await to.run({
      sql: `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${values.join(", ")} FROM json_each(?)`,
      params: [JSON.stringify(part.map((row) => Object.values(row)))],
    });
  }
}

/**
 * Waits until no meter's watermark has moved for a while: what runs after an ingestion's answer has ended.
 * @returns the milliseconds until the last of them moved
 */
export async function untilQuiet(db: Database): Promise<number> {
  const begin = performance.now();
  const read = async () =>
    (await db.run<{ sum: number }>({ sql: "SELECT total(watermark) AS sum FROM meters" }))[0]!.sum;
  let [last, moved] = [await read(), begin];
  while (performance.now() - moved < QUIET) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const sum = await read();
    if (sum !== last) [last, moved] = [sum, performance.now()];
  }
  return moved - begin;
}

/** Milliseconds without a change after which nothing more is expected. */
const QUIET = 100;
