import { env } from "cloudflare:workers";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { openD1 } from "../../src/store/d1.ts";
import type { OpenStore, Store } from "../../src/store/store.ts";
import { ORGANIZATION } from "./organizations.ts";

/** Opens a store as the Worker does. */
export const storeOf = (organizationId = ORGANIZATION): Store => openD1(env, organizationId);

const dialect = new SQLiteAsyncDialect();

/** Decides about a call of a store: `carryOut` does what was asked, `sql` is the text of its statements. */
type Hook = <T>(carryOut: () => Promise<T>, sql: string[]) => Promise<T>;

/** Stores whose every call goes through a hook. */
export function decorated(hook: Hook): OpenStore {
  return (bindings, organizationId) => {
    const store = openD1(bindings, organizationId);
    return {
      organizationId,
      read: (statements) => hook(() => store.read(statements), statements.map((each) => dialect.sqlToQuery(each).sql)), // prettier-ignore
      write: (statements, repeat) => hook(() => store.write(statements, repeat), statements.map((each) => dialect.sqlToQuery(each).sql)), // prettier-ignore
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

type Batch = () => Promise<D1Result[]>;

/** Stores on a D1 whose batches go through a hook: for what only D1 knows, its costs and its lost connections. */
export function onD1(hook: (carryOut: Batch, statements: D1PreparedStatement[]) => Promise<D1Result[]>): OpenStore {
  const batch = ((statements: D1PreparedStatement[]) =>
    hook(() => env.DB.batch(statements), statements)) as D1Database["batch"];
  const DB = { prepare: env.DB.prepare.bind(env.DB), batch } as D1Database;
  return (bindings, organizationId) => openD1({ ...bindings, DB }, organizationId);
}

/** Stores whose D1 loses the connection the first times after `skip` calls, before or after a call was carried out. */
export function losing({ after, times = 2, skip = 0 }: { after: boolean; times?: number; skip?: number }): OpenStore {
  let [toSkip, left] = [skip, times];
  return onD1(async (carryOut) => {
    if (toSkip-- > 0 || left-- <= 0) return carryOut();
    if (after) await carryOut();
    throw new Error("D1_ERROR: Network connection lost.");
  });
}

/** Stores whose D1 is asked what it read and wrote, and the sums. */
export function measuring() {
  const cost = { trips: 0, read: 0, written: 0, bytes: 0 };
  const open = onD1(async (carryOut) => {
    const results = await carryOut();
    cost.trips++;
    for (const { meta, results: rows } of results) {
      cost.read += meta.rows_read;
      cost.written += meta.rows_written;
      cost.bytes += JSON.stringify(rows).length;
    }
    return results;
  });
  return { open, cost };
}

/** Stores in which another request is always first: no change finds the version that it was computed from. */
export const conflicting = () =>
  decorated(async (carryOut, sql) =>
    sql.some((text) => /^UPDATE (meters|customers)|^\s*INSERT INTO meter_balances/.test(text))
      ? (sql.map(() => ({ rows: [], changes: 0 })) as never)
      : carryOut(),
  );

/** Stores in which no erasure gets on, as if other requests were always first. */
export const stalling = () =>
  decorated(async (carryOut, sql) =>
    sql.some((text) => text.startsWith("UPDATE customers SET erased_bucket"))
      ? (sql.map(() => ({ rows: [], changes: 0 })) as never)
      : carryOut(),
  );
