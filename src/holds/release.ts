import { and, sql } from "drizzle-orm";
import { Conflict } from "../errors.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { holds } from "../store/tables.ts";
import { type HoldRow, isNamed, onlyHold, selectHold } from "./queries.ts";

/**
 * Releases a hold, also an expired one: one transaction, which can be repeated. A released hold stays as it is.
 * @param now milliseconds since 1970 UTC
 * @throws ResourceNotFound; Conflict when it was settled
 */
export async function releaseHold(store: Store, id: string, now: number): Promise<HoldRow> {
  const changes = { status: "released" as const, modified_at: now, ends_at: now };
  const isOpen = and(isNamed(store.organizationId, id), sql`${holds.status} = 'open'`);
  const statements = [db.update(holds).set(changes).where(isOpen), selectHold(store.organizationId, id)];
  const [, found] = await store.write(statements, { repeat: statements });
  const hold = onlyHold(found!.rows as HoldRow[]);
  if (hold.status === "settled") throw new Conflict("The hold was settled, so it can't be released.");
  return hold;
}
