import { and, eq } from "drizzle-orm";
import type { SessionKey } from "../auth/session-keys.ts";
import { db } from "../store/db.ts";
import type { Statement, Store } from "../store/store.ts";
import { session_keys } from "../store/tables.ts";

/** A key as it is stored. */
export type SessionKeyRow = typeof session_keys.$inferSelect;

/** Selects the key of the organization, if it has one. */
export function selectKey({ organizationId }: Store) {
  return db.select().from(session_keys).where(eq(session_keys.organization_id, organizationId));
}

/** Inserts the organization's first key, unless it has one. */
export function insertKey({ organizationId: organization_id }: Store, key: SessionKey, created_at: number): Statement {
  return db
    .insert(session_keys)
    .values({ organization_id, ...key, created_at, replaced_id: null })
    .onConflictDoNothing();
}

/** Replaces a key of the organization, unless that has been done. */
export function replaceKey({ organizationId }: Store, old: SessionKeyRow, key: SessionKey, now: number): Statement {
  return db
    .update(session_keys)
    .set({ ...key, created_at: now, replaced_id: old.id })
    .where(and(eq(session_keys.organization_id, organizationId), eq(session_keys.id, old.id)));
}
