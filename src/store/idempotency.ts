import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { db, type NewRow, rowIf } from "./db.ts";
import { idempotency_keys } from "./tables.ts";

/** A caller's key for a request, and the fingerprint of what the request means. */
export type Idempotency = { key: string; fingerprint: string };

/** A caller's key for a creation. */
type Key = { organization_id: string; key: string };

/** What a key will have if it is new. */
type Creation = Key & {
  /** Of what the request means. */
  fingerprint: string;
  /** The answer as JSON, the new row's id among its fields; or SQL that makes it. */
  answer: string | SQL;
  created_at: number;
};

/** What a key has: the request that used it first, its answer, and whether that created the row of this request. */
export type StoredAnswer = Pick<typeof idempotency_keys.$inferSelect, "fingerprint" | "answer"> & { is_own: number };

/** Matches a key of an organization. */
function isKey({ organization_id, key }: Key): SQL | undefined {
  return and(eq(idempotency_keys.organization_id, organization_id), eq(idempotency_keys.key, key));
}

/** Selects what a key has; no row when it is new. */
export function selectAnswer(key: Key) {
  const { fingerprint, answer } = idempotency_keys;
  return db.select({ fingerprint, answer }).from(idempotency_keys).where(isKey(key));
}

/**
 * The statements of a creation with an idempotency key, for one transaction, which can be repeated: the key and its
 * answer are written unless the key exists or the condition is not met, and the row only together with the key.
 * The last statement selects what the key has now; nothing when the condition was not met and the key is new.
 */
export function insertWithKey<T extends SQLiteTable>(
  table: T,
  row: NewRow<T> & { id: string },
  creation: Creation,
  condition = sql`true`,
) {
  const { fingerprint, answer } = idempotency_keys;
  const isOwn = sql<number>`${answer} ->> '$.id' = ${row.id}`;
  const keyRow = { ...creation, customer_id: null };
  // Only the key's own row: a key that was there before names another one.
  const ofKey = exists(
    db
      .select({ answer })
      .from(idempotency_keys)
      .where(and(isKey(creation), isOwn)),
  );
  return [
    db
      .insert(idempotency_keys)
      .select(rowIf(idempotency_keys, keyRow, condition))
      .onConflictDoNothing(),
    db
      .insert(table)
      .select(rowIf(table, row, ofKey))
      .onConflictDoNothing(),
    db
      .select({ fingerprint, answer, is_own: isOwn.as("is_own") })
      .from(idempotency_keys)
      .where(isKey(creation)),
  ] as const;
}
