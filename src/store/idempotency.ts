import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { db, type NewRow, rowIf } from "./db.ts";
import type { Store } from "./store.ts";
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

/** Milliseconds for which a key is kept, from its first use on: 30 days. */
const KEPT = 30 * 86_400_000;
/** Keys that one transaction deletes at most. */
const MOST_DELETED = 1000;

/** The oldest keys that have been kept long enough, of organizations that can be written; so many are examined at most. */
function selectForgettable(now: number): SQL<{ organization_id: string; key: string }> {
  return sql`SELECT k.organization_id, k.key FROM idempotency_keys AS k
    WHERE k.created_at < ${now - KEPT} AND NOT EXISTS (
      SELECT 1 FROM write_refusals AS r WHERE r.organization_id = k.organization_id AND r.token_id = ''
    ) ORDER BY k.created_at LIMIT ${MOST_DELETED}`;
}

/** Selects organizations whose keys have been kept long enough, those with the most of them first. */
export function selectForgettableOf(now: number, most: number): SQL<{ organization_id: string }> {
  return sql`SELECT organization_id FROM (${selectForgettable(now)}) GROUP BY 1 ORDER BY count(*) DESC LIMIT ${most}`;
}

/**
 * Deletes some of an organization's keys that have been kept long enough: they would grow for ever.
 * @param now milliseconds since 1970 UTC
 * @returns whether there can be more of them, and whether keys are left
 */
export async function forgetKeys(store: Store, now: number): Promise<{ hasMore: boolean; isLeft: boolean }> {
  const { organizationId } = store;
  const forget = sql`DELETE FROM idempotency_keys WHERE organization_id = ${organizationId} AND key IN (
    SELECT key FROM (${selectForgettable(now)}) WHERE organization_id = ${organizationId})`;
  const left = sql`SELECT 1 FROM idempotency_keys WHERE organization_id = ${organizationId} LIMIT 1`;
  const [forgotten, kept] = await store.write([forget, left], { repeat: [forget, left] });
  return { hasMore: forgotten!.changes === MOST_DELETED, isLeft: kept!.rows.length > 0 };
}
