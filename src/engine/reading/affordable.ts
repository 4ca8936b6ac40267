import { type SQL, sql } from "drizzle-orm";
import type { Statement, Store } from "../../store/store.ts";
import { longestTime, scanCostOf, STATEMENT_BUDGET } from "../definition/scan-cost.ts";
import { keysOf } from "../rollups/customer-key.ts";
import { catchUpNow } from "../rollups/catch-up.ts";
import { hasAlertsOn } from "../rollups/watched.ts";
import { tailTables } from "./balances.ts";
import type { Pair } from "./ledger.ts";

// A balance that would take longer than a statement may: its meter is caught up first, in transactions that let others in.

/** By how many events a meter is behind, and whether alerts watch it. */
export type Lag = { behind: number; is_watched: number };

/** Selects how far a meter is behind. */
export function selectLag(organizationId: string, meterId: string | SQL): Statement<Lag> {
  return sql`SELECT coalesce(o.last_seq - m.watermark, 0) AS behind, ${hasAlertsOn(sql`m.id`)} AS is_watched FROM meters AS m LEFT JOIN organizations AS o ON o.id = m.organization_id
    WHERE m.id = ${meterId} AND m.organization_id = ${organizationId}`;
}

/**
 * Catches a pair's meter up if a statement would take longer than its budget to read their balance.
 * @param behind by how many events the meter is behind
 * @throws ServiceUnavailable when it is too far behind; a repeated request goes on from there
 */
export async function catchUpIfExpensive(store: Store, { customer, meter }: Pair, behind: number): Promise<void> {
  if (behind * longestTime(scanCostOf(meter.definition)) <= STATEMENT_BUDGET) return;
  const tables = tailTables(store.organizationId, [meter], sql`chosen`, { budget: STATEMENT_BUDGET });
  const [[tail]] = await store.read([
    sql<{
      is_affordable: number;
    }>`WITH chosen (id, external_key) AS (SELECT ${customer.id}, ${keysOf(customer)[1] ?? null}),
      ${tables} SELECT is_affordable FROM affordable`,
  ]);
  if (tail!.is_affordable === 0) await catchUpNow(store, meter.id);
}

/**
 * Reads one balance. If that would take longer than the budget, its meter is caught up first.
 * @param read reads it unless that takes longer than a budget in microseconds; null is none
 * @throws ServiceUnavailable when the meter is too far behind; a repeated request goes on from there
 */
export async function readSingle<Row extends { is_affordable: number }>(
  store: Store,
  meterId: string,
  read: (budget: number | null) => Promise<Row[]>,
): Promise<Row[]> {
  const rows = await read(STATEMENT_BUDGET);
  if (rows[0]!.is_affordable === 1) return rows;
  await catchUpNow(store, meterId);
  return read(null);
}
