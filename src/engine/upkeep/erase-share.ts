import { type SQL, sql } from "drizzle-orm";
import { activityWatermark } from "../rollups/activity.ts";
import {
  ALL_CUSTOMERS,
  CUSTOMER_OF_EVENT,
  externalKey,
  generationOf,
  keysOf,
  type Owner,
} from "../rollups/customer-key.ts";
import { parseJson } from "../../wire/json.ts";
import { definitionOf } from "../definition/definition.ts";
import { restoreRollups } from "../rollups/additions.ts";
import { compileMeter } from "../rollups/matching.ts";
import { SUMS, SUMS_OF_NUMBERS, watermarkOf } from "../rollups/rollups.ts";

/** A meter with rollups of the customer, and their buckets. */
export type AffectedMeter = {
  id: string;
  isUnique: boolean;
  definition_version: number;
  filter: string;
  aggregation: string;
  dimensions: string | null;
  buckets: number[];
};

/** The keys of a customer's rollups, as JSON. */
export function customerKeys(owner: Owner): string {
  return JSON.stringify(keysOf(owner));
}

/** True for events `e` of a customer, by its id, or by its external id and generation. */
export function isOwn({ id, external_id, generation }: Owner): SQL {
  return sql`(e.customer_id = ${id} OR (e.customer_id IS NULL AND e.external_customer_id = ${external_id}
      AND e.generation IS ${generation}))`;
}

/** Whose share is erased, in which buckets, and on which condition. */
type Place = {
  owner: Owner;
  /** The bucket before the first one. */
  after: number;
  /** True for events `e` in these buckets. */
  range: SQL;
  condition: SQL;
};

/** The differences between rollups and distinct values: their tables, those of their totals if there are any, and their columns. */
type Table = { name: SQL; totals: SQL | null; columns: SQL; sums: SQL; groupBy: SQL };
const ROLLUPS: Table = {
  name: sql`meter_rollups`,
  totals: sql`meter_totals`,
  columns: sql`count, sum, min, max, last_event_at`,
  sums: SUMS,
  groupBy: sql`GROUP BY 1, 2, 3`,
};
const UNIQUES: Table = { name: sql`meter_uniques`, totals: sql`meter_total_uniques`, columns: sql`value`, sums: sql`r.value`, groupBy: sql`GROUP BY 1, 2, 3, 4` }; // prettier-ignore

const DIMENSIONS: Table = {
  name: sql`meter_dimensions`,
  totals: null,
  columns: sql`dimension, dimension_value, count, sum, min, max`,
  sums: sql`r.dimension, r.dimension_value, ${SUMS_OF_NUMBERS}`,
  groupBy: sql`GROUP BY 1, 2, 3, 4, 5`,
};
const DIMENSION_UNIQUES: Table = { name: sql`meter_dimension_uniques`, totals: null, columns: sql`dimension, dimension_value, value`, sums: sql`r.dimension, r.dimension_value, r.value`, groupBy: sql`GROUP BY 1, 2, 3, 4, 5, 6` }; // prettier-ignore

/**
 * The statements that remove the erased events from the affected meters' rollups. The rows of all customers are added up again
 * from those of the others, never subtracted, so they are exact, also for minimum, maximum and distinct values.
 */
export function eraseShare(step: { meters: AffectedMeter[]; end: number; isPartial: boolean }, place: Place): SQL[] {
  const { meters, end } = step;
  if (meters.length === 0) return [];
  const isOfSome = ({ dimensions }: AffectedMeter) => dimensions !== null;
  const tables: [Table, AffectedMeter[]][] = [
    [ROLLUPS, meters],
    [UNIQUES, meters.filter(({ isUnique }) => isUnique)],
    [DIMENSIONS, meters.filter((meter) => isOfSome(meter) && !meter.isUnique)],
    [DIMENSION_UNIQUES, meters.filter((meter) => isOfSome(meter) && meter.isUnique)],
  ];
  const each = (make: (table: Table, of: AffectedMeter[]) => SQL[]) =>
    tables.flatMap(([table, of]) => (of.length > 0 ? make(table, of) : []));
  const buckets = sql`bucket > ${place.after} AND bucket <= ${end}`;
  return [
    ...each((table, of) => [deleteOwn(table.name, of, place, sql`${buckets}${inDimensions(table, of)}`)]),
    ...(step.isPartial ? meters.flatMap((meter) => restoreOwn(meter, place)) : []),
    ...each((table, of) => addUpAll(table, of, place.condition)),
    ...each((table, of) => addUpTotals(table, of, place)),
  ];
}

const idsOf = (meters: AffectedMeter[]) => JSON.stringify(meters.map(({ id }) => id));

/** For the tables with dimensions what holds for each row: with it SQLite finds buckets in the primary key. */
function inDimensions({ totals }: Table, meters: AffectedMeter[]): SQL {
  if (totals !== null) return sql``;
  const most = Math.max(...meters.map(({ dimensions }) => (parseJson(dimensions!) as string[]).length));
  return sql` AND dimension IN (${sql.raw(Array.from({ length: most }, (_, place) => place).join(", "))})`;
}

/** Deletes rows of the customer. */
function deleteOwn(table: SQL, meters: AffectedMeter[], { owner, condition }: Place, rows: SQL): SQL {
  return sql`DELETE FROM ${table} WHERE meter_id IN (SELECT value FROM json_each(${idsOf(meters)}))
      AND customer IN (SELECT value FROM json_each(${customerKeys(owner)})) AND ${rows} AND ${condition}`;
}

/** Aggregates the customer's remaining events again. */
function restoreOwn({ id, definition_version, ...stored }: AffectedMeter, { owner, range, condition }: Place): SQL[] {
  const meter = compileMeter({ id, definition_version, definition: definitionOf(stored), names: null });
  const events = sql`${range} AND ${isOwn(owner)} AND e.seq <= ${watermarkOf(id, definition_version)} AND ${condition}`;
  return restoreRollups(meter, events);
}

/** The next customer key of a meter after another one. */
function nextKey(meter: SQL, than: SQL): SQL {
  return sql`(SELECT min(r.customer) FROM meter_rollups AS r WHERE r.meter_id = ${meter} AND r.customer > ${than})`;
}

/** Computes the rows of all customers together from those of each customer, skipping from key to key in the primary key. */
function addUpAll(table: Table, meters: AffectedMeter[], condition: SQL): SQL[] {
  const { name, columns, sums, groupBy } = table;
  const dimensions = inDimensions(table, meters);
  const affected = JSON.stringify(meters.map(({ id, buckets }) => [id, buckets]));
  const places = sql`places (meter_id, bucket) AS MATERIALIZED (
      SELECT m.value ->> 0, b.value FROM json_each(${affected}) AS m CROSS JOIN json_each(m.value, '$[1]') AS b
    )`;
  return [
    sql`
    WITH ${places}
    DELETE FROM ${name} WHERE customer = ${ALL_CUSTOMERS} AND (meter_id, bucket) IN (SELECT * FROM places)${dimensions} AND ${condition}`,
    sql`
    WITH RECURSIVE ${places},
    every (meter_id, customer) AS (
      SELECT value, ${nextKey(sql`value`, ALL_CUSTOMERS)} FROM json_each(${idsOf(meters)}) WHERE ${condition}
      UNION ALL
      SELECT meter_id, ${nextKey(sql`every.meter_id`, sql`every.customer`)} FROM every WHERE customer IS NOT NULL
    )
    INSERT INTO ${name} (meter_id, customer, bucket, ${columns})
    SELECT p.meter_id, ${ALL_CUSTOMERS}, p.bucket, ${sums}
    FROM every AS c CROSS JOIN places AS p ON p.meter_id = c.meter_id
    CROSS JOIN ${name} AS r ON r.meter_id = p.meter_id AND r.customer = c.customer AND r.bucket = p.bucket${dimensions}
    ${groupBy}`,
  ];
}

/** Computes the customer's totals of all events from its remaining rollups. */
function addUpTotals(table: Table, meters: AffectedMeter[], place: Place): SQL[] {
  const { name, totals, columns, sums, groupBy } = table;
  if (totals === null) return [];
  return [
    deleteOwn(totals, meters, place, sql`since = 0`),
    sql`
    INSERT INTO ${totals} (meter_id, customer, since, ${columns})
    SELECT r.meter_id, r.customer, 0, ${sums}
    FROM json_each(${idsOf(meters)}) AS m CROSS JOIN json_each(${customerKeys(place.owner)}) AS own
    CROSS JOIN ${name} AS r ON r.meter_id = m.value AND r.customer = own.value
    WHERE ${place.condition} ${groupBy}`,
  ];
}

/** The statements that delete a customer's balances: credits, totals since resets, and what alerts know of them. */
export function eraseBalances(organizationId: string, owner: Owner, condition: SQL): SQL[] {
  const own = sql`meter_id IN (SELECT id FROM meters WHERE organization_id = ${organizationId})`;
  const totals = sql`${own} AND customer IN (SELECT value FROM json_each(${customerKeys(owner)}))
      AND since > 0 AND ${condition}`;
  return [
    ...["meter_balances", "compared_balances", "alert_thresholds"].map(
      (table) => sql`DELETE FROM ${sql.raw(table)} WHERE ${own} AND customer_id = ${owner.id} AND ${condition}`,
    ),
    ...["alerts", "alert_triggers"].map(
      (table) =>
        sql`DELETE FROM ${sql.raw(table)} WHERE organization_id = ${organizationId} AND customer_id = ${owner.id} AND ${condition}`,
    ),
    sql`DELETE FROM meter_totals WHERE ${totals}`,
    sql`DELETE FROM meter_total_uniques WHERE ${totals}`,
  ];
}

/** The statement that deletes the time of a customer's first event. */
export function eraseActivity(organizationId: string, owner: Owner, condition: SQL): SQL {
  return sql`DELETE FROM customer_activity WHERE organization_id = ${organizationId}
      AND customer IN (SELECT value FROM json_each(${customerKeys(owner)})) AND ${condition}`;
}

/** True if there are or were events with an external id since the last customer with it was deleted. */
export function hasUnowned(organizationId: string, externalId: string): SQL {
  const key = externalKey(sql`${externalId}`, generationOf(organizationId, externalId));
  return sql`(
    EXISTS (SELECT 1 FROM customer_activity WHERE organization_id = ${organizationId} AND customer = ${key})
    OR EXISTS (
      SELECT 1 FROM events AS e WHERE e.organization_id = ${organizationId}
        AND e.seq > ${activityWatermark(organizationId)} AND ${CUSTOMER_OF_EVENT} = ${key}
    )
  )`;
}
