import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type SQL, sql } from "drizzle-orm";
import { defaultStore } from "../../src/store/kinds.ts";
import type { Migration } from "../../src/store/migrations.ts";
import { openStore } from "../../src/store/open.ts";
import { toQuery } from "../../src/store/db.ts";
import type { Home, OpenStore, Query, Statement, Store } from "../../src/store/store.ts";
import { ORGANIZATION } from "./organizations.ts";
import { begins, plain } from "./statements.ts";

/** Where organizations are kept in this run of the tests. */
export const STORE = defaultStore(env.STORE);
/** Where the tests' organization is. */
export const HOME: Home = { organizationId: ORGANIZATION, store: STORE };

/** Opens a store as the Worker does. */
export const storeOf = (organizationId = ORGANIZATION): Store => openStore(env, { organizationId, store: STORE });

/** Runs a test's statement in an organization's store, and returns its rows. */
export async function execute<Row>(statement: SQL<Row> | SQL | Query, organizationId = ORGANIZATION): Promise<Row[]> {
  const [written] = await storeOf(organizationId).write([statement]);
  return written!.rows as Row[];
}

/** The number of rows of a table in an organization's store. */
export async function countRows(table: string, organizationId = ORGANIZATION): Promise<number> {
  const [row] = await execute(sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.raw(table)}`, organizationId);
  return row!.n;
}

/** The object of an organization. */
export const objectOf = (organizationId = ORGANIZATION) => env.ORGANIZATIONS.getByName(organizationId);

/** Ends an object's jobs: they run again in the alarm of a later write. */
export async function deleteAlarm(): Promise<void> {
  if (STORE !== "object") return;
  await runInDurableObject(objectOf(), (_, { storage }) => storage.deleteAlarm());
  await evictDurableObject(objectOf());
}

/** Intercepts a call of a store: `carryOut` runs it, `sql` is the text of its statements. */
type Hook = <T>(carryOut: () => Promise<T>, sql: string[]) => Promise<T>;

/** Stores whose every call goes through a hook. */
export function decorated(hook: Hook): OpenStore {
  const textsOf = (statements: readonly Statement[]) => statements.map((each) => toQuery(each).sql);
  return (bindings, home, usage) => {
    const store = openStore(bindings, home, usage);
    return {
      ...store,
      read: (statements) => hook(() => store.read(statements), textsOf(statements)),
      write: (statements, options) => hook(() => store.write(statements, options), textsOf(statements)),
    };
  };
}

/** Stores that fail each time. */
export const failing = (error: Error) =>
  decorated(async () => {
    throw error;
  });

/** Stores whose calls are counted, and the count. */
export function counting() {
  const count = { trips: 0 };
  const open = decorated((carryOut) => {
    count.trips++;
    return carryOut();
  });
  return { open, count };
}

/** Stores whose transactions can be made to fail after their last statement, so that they are rolled back. */
export function undoing(isUndone: () => boolean, error?: Error): OpenStore {
  return (bindings, home, usage) => {
    const store = openStore(bindings, home, usage);
    const failure = sql.raw("SELECT abs(-9223372036854775807 - 1)");
    return {
      ...store,
      async write(statements, options) {
        if (!isUndone()) return store.write(statements, options);
        return store.write([...statements, failure]).catch((thrown) => {
          throw error ?? thrown;
        });
      },
    };
  };
}

/** Stores whose transactions go through a hook, below the port, which hides repetitions. Objects name their statements. */
export function onTransport(hook: <T>(carryOut: () => Promise<T>, sql: string[]) => Promise<T>): OpenStore {
  const batch = ((statements: D1PreparedStatement[]) =>
    hook(() => env.DB.batch(statements), [])) as D1Database["batch"];
  const DB = { prepare: env.DB.prepare.bind(env.DB), batch } as D1Database;
  const getByName = (name: string) => {
    const object = env.ORGANIZATIONS.getByName(name);
    const run = (queries: Query[], schema: number) =>
      hook(
        () => object.run(queries, schema) as Promise<unknown>,
        queries.map((query) => query.sql),
      );
    return { run, migrate: (files: readonly Migration[]) => object.migrate(files) };
  };
  const ORGANIZATIONS = { getByName } as unknown as Env["ORGANIZATIONS"];
  return (bindings, home, usage) => openStore({ ...bindings, DB, ORGANIZATIONS }, home, usage);
}

/** Stores that lose the connection the first times after `skip` calls, before or after a call was carried out. */
export function losing({ after, times = 2, skip = 0, error = "Network connection lost." }: Loss): OpenStore {
  let [toSkip, left] = [skip, times];
  return onTransport(async (carryOut) => {
    if (toSkip-- > 0 || left-- <= 0) return carryOut();
    if (after) await carryOut();
    throw new Error(STORE === "d1" ? `D1_ERROR: ${error}` : error);
  });
}
type Loss = { after: boolean; times?: number; skip?: number; error?: string };

/** Stores of the tests' organization that say what they read and wrote, and the sums. */
export function measuring() {
  const cost = { trips: 0, read: 0, written: 0, bytes: 0 };
  const add = ({ read, written, rows }: { read: number; written: number; rows: unknown[] }) => {
    cost.read += read;
    cost.written += written;
    cost.bytes += JSON.stringify(rows).length;
  };
  const open = onTransport(async (carryOut, texts) => {
    cost.trips++;
    if (STORE === "object") return measureObject(carryOut, texts, add);
    const results = (await carryOut()) as D1Result[];
    for (const { meta, results: rows } of results) add({ read: meta.rows_read, written: meta.rows_written, rows });
    return results as never;
  });
  return { open, cost };
}

const CHANGES = [
  ...["meters", "customers", "organization_access_tokens"].map((table) => `UPDATE ${table}`),
  ...["meter_balances", "organization_access_tokens", "holds"].map((table) => `INSERT INTO ${table}`),
  // An event that is judged, and the standing of a customer.
  "WITH own",
  "WITH chosen (id, external_key) AS MATERIALIZED",
];

/** Stores in which another request is always first: no change finds the version that it was computed from. */
export const conflicting = () =>
  decorated(async (carryOut, texts) =>
    texts.some((text) => CHANGES.some((beginning) => begins(text, beginning)))
      ? (texts.map(() => Object.assign([], { rows: [], changes: 0 })) as never)
      : carryOut(),
  );

/** Stores in which no erasure makes progress, as if other requests were always first. */
export const stalling = () =>
  decorated(async (carryOut, texts) =>
    texts.some((text) => begins(text, "UPDATE customers SET erased_bucket"))
      ? (texts.map(() => ({ rows: [], changes: 0 })) as never)
      : carryOut(),
  );

/** Adds up what the object's cursors of some statements report: its alarm can run at the same time. */
async function measureObject<T>(
  carryOut: () => Promise<T>,
  texts: string[],
  add: (cost: { read: number; written: number; rows: unknown[] }) => void,
): Promise<T> {
  const cursors: SqlStorageCursor<any>[] = [];
  await onStatement("", (_, exec, text) => {
    const cursor = exec();
    if (texts.includes(text)) cursors.push(cursor);
    return cursor;
  });
  const results = await carryOut();
  await runInDurableObject(objectOf(), (_, { storage }) => {
    delete (storage.sql as Partial<SqlStorage>).exec;
    for (const { rowsRead: read, rowsWritten: written } of cursors) add({ read, written, rows: [] });
  });
  for (const { rows } of results as { rows: unknown[] }[]) add({ read: 0, written: 0, rows });
  return results;
}

/** Calls a hook in the object before each statement that contains a text; the hook may run the statement itself. */
export const onStatement = (
  text: string,
  hook: (state: DurableObjectState, exec: () => SqlStorageCursor<any>, text: string) => unknown,
): Promise<void> =>
  runInDurableObject(objectOf(), (_, state) => {
    const { sql: database } = state.storage;
    const exec = Object.getPrototypeOf(database).exec.bind(database);
    database.exec = (...of: [string]) => {
      const cursor = plain(of[0]).includes(plain(text)) ? hook(state, () => exec(...of), of[0]) : undefined;
      return typeof cursor === "object" ? cursor : exec(...of);
    };
  });
