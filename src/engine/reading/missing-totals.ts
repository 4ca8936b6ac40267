import { type SQL, sql } from "drizzle-orm";
import type { Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import { type BalanceMeter, tailTables } from "./balances.ts";
import { partsOf } from "./meter-parts.ts";
import { keepsValues } from "../definition/aggregation.ts";
import { definitionOf } from "../definition/definition.ts";
import { externalKey } from "../rollups/customer-key.ts";
import { clamp } from "../rollups/rollups.ts";

/** A customer whose external id was set after a reset on a meter, so that it has no total since the reset. */
export type MissingTotal = { id: string; external_id: string; meter_id: string };

type StoredMeter = Pick<typeof meters.$inferSelect, "id" | "definition_version" | "filter" | "aggregation">;

/**
 * Computes missing totals since resets from the events, which balances then no longer need: one transaction for up to 75,000
 * characters of definitions. Like a read of such a balance, it examines the events since the reset.
 */
export async function addMissingTotals(store: Store, missing: MissingTotal[]): Promise<void> {
  const ids = JSON.stringify([...new Set(missing.map(({ meter_id }) => meter_id))]);
  const [rows] = await store.read([
    sql<StoredMeter>`SELECT id, definition_version, filter, aggregation FROM meters
      WHERE organization_id = ${store.organizationId} AND id IN (SELECT value FROM json_each(${ids}))`,
  ]);
  const found = rows.map((row) => ({ ...row, definition: definitionOf(row) }));
  for (const group of partsOf(found)) {
    const statements = missingTotalsSql(store.organizationId, group, missing);
    await store.write(statements, { repeat: statements });
  }
}

/** Computes the totals of a customer whose external id has just been set, on the meters on which it was reset before. */
export async function addTotalsSinceResets(store: Store, customer: { id: string; external_id: string }): Promise<void> {
  const [reset] = await store.read([
    sql<{ meter_id: string }>`SELECT b.meter_id FROM meters AS m CROSS JOIN meter_balances AS b ON b.meter_id = m.id
      WHERE m.organization_id = ${store.organizationId} AND b.customer_id = ${customer.id} AND b.reset_seq > 0`,
  ]);
  const missing = reset.map(({ meter_id }) => ({ ...customer, meter_id }));
  if (missing.length > 0) await addMissingTotals(store, missing);
}

function missingTotalsSql(organizationId: string, meters: BalanceMeter[], missing: MissingTotal[]): SQL[] {
  const read = missing.map(({ id, external_id }) => [id, external_id]);
  // A customer that has changed gets no totals, because a total without its customer would never be deleted.
  const chosen = sql`chosen (id, external_key) AS MATERIALIZED (
      SELECT DISTINCT c.id, ${externalKey(sql.raw("c.external_id"), sql.raw("c.generation"))} FROM json_each(${JSON.stringify(read)}) AS read
      CROSS JOIN customers AS c ON c.id = read.value ->> 0 AND c.external_id = read.value ->> 1
      WHERE c.organization_id = ${organizationId} AND c.deleted_at IS NULL
    )`;
  const tables = sql`WITH ${chosen},
    ${tailTables(organizationId, meters, sql`chosen`)},
    missing AS MATERIALIZED (
      SELECT k.meter_id, k.customer, k.func, k.since, k.watermark FROM keyed AS k
      WHERE k.since > 0 AND NOT EXISTS (
        SELECT 1 FROM meter_totals AS so_far
        WHERE so_far.meter_id = k.meter_id AND so_far.customer = k.customer AND so_far.since = k.since
      )
    )`;
  const events = sql`tail AS t ON t.meter_id = m.meter_id AND t.customer = m.customer
        AND t.seq > m.since AND t.seq <= m.watermark`;
  const number = sql`CASE WHEN m.func <> 'unique' THEN t.value END`;
  const isUnique = meters.some(({ definition }) => keepsValues(definition.aggregation.func));
  // The values come first, because after the other statement no total is missing.
  const uniques = sql`
    ${tables}
    INSERT INTO meter_total_uniques (meter_id, customer, since, value)
    SELECT DISTINCT m.meter_id, m.customer, m.since, t.value FROM missing AS m CROSS JOIN ${events}
    WHERE m.func = 'unique' ON CONFLICT DO NOTHING`;
  return [
    ...(isUnique ? [uniques] : []),
    sql`
    ${tables}
    INSERT INTO meter_totals (meter_id, customer, since, count, sum, min, max, last_event_at)
    SELECT m.meter_id, m.customer, m.since, count(t.seq), ${clamp(sql`total(${number})`)}, min(${number}), max(${number}), max(t.at)
    FROM missing AS m LEFT JOIN ${events} WHERE true GROUP BY 1, 2, 3`,
  ];
}
