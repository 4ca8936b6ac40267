import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { db, type NewRow, rowIf } from "./db.ts";
import { idempotency_keys } from "./tables.ts";

/** A caller's key for a request, and the fingerprint of what the request means. */
export type Idempotency = { key: string; fingerprint: string };

/** A caller's key for a creation. */
type Key = { organization_id: string; key: string };

/** The row of a new key. */
type Creation = Key & {
  /** The fingerprint of the request. */
  fingerprint: string;
  /** The answer as JSON, with the new row's id; or SQL that computes it. */
  answer: string | SQL;
  created_at: number;
};

/** A stored key: the fingerprint and answer of its first request, and whether this request is that one. */
export type StoredAnswer = Pick<typeof idempotency_keys.$inferSelect, "fingerprint" | "answer"> & { is_own: number };

/** Matches a key of an organization. */
function isKey({ organization_id, key }: Key): SQL | undefined {
  return and(eq(idempotency_keys.organization_id, organization_id), eq(idempotency_keys.key, key));
}

/** Selects the fingerprint and answer of a key; no row if the key is new. */
export function selectAnswer(key: Key) {
  const { fingerprint, answer } = idempotency_keys;
  return db.select({ fingerprint, answer }).from(idempotency_keys).where(isKey(key));
}

/**
 * The statements of a creation with an idempotency key, for one repeatable transaction. The key and its answer are inserted if
 * the key is new and the condition is met, and the row only together with the key. The last statement selects the stored
 * answer; no row if the key is new and the condition is not met.
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
  // An existing key has the id of another row.
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
