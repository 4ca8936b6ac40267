import { type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { insertOnce, type NewRow } from "./statements.ts";
import type { Statement } from "./store.ts";
import type { idempotency_keys } from "./tables.ts";

/** A caller's key for a creation, the fingerprint of what it means, and the answer if the key is new. */
type Creation = {
  organization_id: string;
  key: string;
  fingerprint: string;
  /** The answer as JSON, the new row's id among its fields; or SQL that makes it. */
  answer: string | SQL;
  created_at: number;
};

/** What a key has: the request that used it first, its answer, and whether that created the row of this request. */
export type StoredAnswer = Pick<typeof idempotency_keys.$inferSelect, "fingerprint" | "answer"> & { is_own: number };

/**
 * The statements of a creation with an idempotency key, for one transaction, which can be repeated: the key and its
 * answer are written unless the key exists or the condition is not met, and the row only together with the key.
 * The last statement selects what the key has now; nothing when the condition was not met and the key is new.
 */
export function insertWithKey<T extends SQLiteTable>(
  table: T["_"]["name"],
  row: NewRow<T> & { id: string },
  creation: Creation,
  condition?: SQL,
): [SQL, SQL, Statement<StoredAnswer>] {
  const ofKey = sql`organization_id = ${creation.organization_id} AND key = ${creation.key}`;
  return [
    insertOnce<typeof idempotency_keys>("idempotency_keys", { ...creation, customer_id: null }, condition),
    // Only the key's own row: a key that was there before names another one.
    insertOnce<T>(table, row, sql`(SELECT answer ->> '$.id' FROM idempotency_keys WHERE ${ofKey}) = ${row.id}`),
    sql`SELECT fingerprint, answer, answer ->> '$.id' = ${row.id} AS is_own FROM idempotency_keys WHERE ${ofKey}`,
  ];
}
