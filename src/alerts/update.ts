import { and, sql } from "drizzle-orm";
import { changeVersion } from "../store/change-version.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { alerts } from "../store/tables.ts";
import {
  alreadyReached,
  aroundChange,
  catchUpAlmost,
  isUnchanged,
  selectAlertMeter,
  writeThresholds,
} from "./change.ts";
import { type AlertRow, findAlert, isNamed, notFound } from "./queries.ts";
import type { AlertUpdate } from "./schemas.ts";

/** A changed alert, and for how many customers a threshold is reached; null if that was not examined. */
export type UpdatedAlert = { row: AlertRow; already_reached: number | null };

/**
 * Changes an alert. It triggers nothing by itself: what is past a threshold then counts as reached.
 * @param now milliseconds since 1970 UTC
 * @throws ResourceNotFound; Conflict when others keep changing the alert or its meter; ServiceUnavailable when the meter is too
 *   far behind
 */
export async function updateAlert(store: Store, id: string, update: AlertUpdate, now: number): Promise<UpdatedAlert> {
  const { organizationId } = store;
  return changeVersion("alert", async () => {
    const row = await findAlert(store, id);
    const [[meter]] = await store.read([selectAlertMeter(organizationId, row.meter_id)]);
    if (await catchUpAlmost(store, meter!)) return null;
    const changed = { ...row, ...changesOf(update), modified_at: now, version: row.version + 1 };
    const { before, isReady, after } = aroundChange(organizationId, meter!, id, now);
    const results = await store.write([
      ...before,
      sql`SELECT ${alreadyReached(organizationId, meter!, changed)} AS already_reached`,
      db
        .update(alerts)
        .set(changed)
        .where(and(isUnchanged(row), isReady)),
      ...after,
    ]);
    const [reached, written] = results.slice(before.length);
    if (written!.changes === 0) return null;
    const [{ already_reached }] = reached!.rows as [{ already_reached: number | null }];
    return { row: changed, already_reached };
  });
}

function changesOf({ name, thresholds, enabled }: AlertUpdate): Partial<AlertRow> {
  return {
    ...(name !== undefined && { name }),
    ...(thresholds !== undefined && { thresholds: JSON.stringify(thresholds) }),
    ...(enabled !== undefined && { enabled: enabled ? 1 : 0 }),
  };
}

/**
 * Deletes an alert. Its triggers are deleted when they are old enough.
 * @throws ResourceNotFound
 */
export async function deleteAlert(store: Store, id: string): Promise<void> {
  const { organizationId } = store;
  const { meter_id } = await findAlert(store, id);
  const statements = [db.delete(alerts).where(isNamed(organizationId, id)), ...writeThresholds(meter_id, id)];
  const [deleted] = await store.write(statements);
  if (deleted!.changes === 0) throw notFound();
}
