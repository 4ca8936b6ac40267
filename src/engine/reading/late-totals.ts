import { type SQL, sql } from "drizzle-orm";
import type { Store } from "../../store/store.ts";
import { type BalanceMeter, groupsOf, tailTables } from "./balances.ts";
import { keepsValues } from "../definition/aggregation.ts";
import { type Definition, definitionOf } from "../definition/definition.ts";
import { externalKey } from "../rollups/customer-key.ts";
import { clamp } from "../rollups/rollups.ts";

/** A customer that was given its external id after a reset on a meter, for which no total since the reset exists. */
export type Latecomer = { id: string; external_id: string; meter_id: string };

type StoredMeter = { id: string; definition_version: number; filter: string; aggregation: string };

/**
 * Makes totals since resets from the events, so that balances need these no longer: one transaction for up to 75,000
 * characters of definitions. It examines the events since the reset, as one read of such a balance does.
 */
export async function makeLateTotals(store: Store, latecomers: Latecomer[]): Promise<void> {
  const ids = JSON.stringify([...new Set(latecomers.map(({ meter_id }) => meter_id))]);
  const [rows] = await store.read([
    sql<StoredMeter>`SELECT id, definition_version, filter, aggregation FROM meters
      WHERE organization_id = ${store.organizationId} AND id IN (SELECT value FROM json_each(${ids}))`,
  ]);
  const meters = rows.map(({ filter, aggregation, ...meter }) => {
    const definition: Definition = definitionOf({ filter, aggregation });
    return { ...meter, definition };
  });
  for (const group of groupsOf(meters)) {
    const statements = lateTotals(store.organizationId, group, latecomers);
    await store.write(statements, { repeat: statements });
  }
}

/** Makes the totals of a customer that has just been given its external id, on the meters on which it was reset before. */
export async function startLateTotals(store: Store, customer: { id: string; external_id: string }): Promise<void> {
  const [reset] = await store.read([
    sql<{ meter_id: string }>`SELECT b.meter_id FROM meters AS m CROSS JOIN meter_balances AS b ON b.meter_id = m.id
      WHERE m.organization_id = ${store.organizationId} AND b.customer_id = ${customer.id} AND b.reset_seq > 0`,
  ]);
  if (reset.length > 0)
    await makeLateTotals(
      store,
      reset.map(({ meter_id }) => ({ ...customer, meter_id })),
    );
}

function lateTotals(organizationId: string, meters: BalanceMeter[], latecomers: Latecomer[]): SQL[] {
  const read = latecomers.map(({ id, external_id }) => [id, external_id]);
  // A customer that is no longer as it was read gets no totals: a total without its customer would stay for ever.
  const chosen = sql`chosen (id, external_key) AS MATERIALIZED (
      SELECT DISTINCT c.id, ${externalKey(sql.raw("c.external_id"), sql.raw("c.generation"))} FROM json_each(${JSON.stringify(read)}) AS read
      CROSS JOIN customers AS c ON c.id = read.value ->> 0 AND c.external_id = read.value ->> 1
      WHERE c.organization_id = ${organizationId} AND c.deleted_at IS NULL
    )`;
  const tables = sql`WITH ${chosen},
    ${tailTables(organizationId, meters, sql`chosen`)},
    missing AS MATERIALIZED (
      SELECT k.meter_id, k.customer, k.func, k.since, p.watermark
      FROM keyed AS k CROSS JOIN pairs AS p ON p.meter_id = k.meter_id AND p.customer_id = k.customer_id
      WHERE k.since > 0 AND NOT EXISTS (
        SELECT 1 FROM meter_totals AS so_far
        WHERE so_far.meter_id = k.meter_id AND so_far.customer = k.customer AND so_far.since = k.since
      )
    )`;
  const events = sql`tail AS t ON t.meter_id = m.meter_id AND t.customer = m.customer
        AND t.seq > m.since AND t.seq <= m.watermark`;
  const number = sql`CASE WHEN m.func <> 'unique' THEN t.value END`;
  const isUnique = meters.some(({ definition }) => keepsValues(definition.aggregation.func));
  // The values first: after the other statement nothing is missing.
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
