import { type SQL, sql } from "drizzle-orm";
import { ALL_CUSTOMERS, keysOf, type Owner } from "../rollups/customer-key.ts";
import { parseJson } from "../../wire/json.ts";
import { definitionOf } from "../definition/definition.ts";
import { restoreRollups, restoreTotals } from "../rollups/additions.ts";
import { type CompiledMeter, compileMeter, matchingTables, takenForUniques } from "../rollups/matching.ts";
import { SUMS, SUMS_OF_NUMBERS, watermarkOf } from "../rollups/rollups.ts";
import { removeValues } from "../rollups/values.ts";

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

/** The differences between the tables of rollups. */
type Table = { name: SQL; columns: SQL; sums: SQL; groupBy: SQL };
const ROLLUPS: Table = {
  name: sql`meter_rollups`,
  columns: sql`count, sum, min, max, last_event_at`,
  sums: SUMS,
  groupBy: sql`GROUP BY 1, 2, 3`,
};
/** What a row of distinct values is. */
const VALUE = sql`meter_id, customer, bucket, value`;

const DIMENSIONS: Table = {
  name: sql`meter_dimensions`,
  columns: sql`dimension, dimension_value, count, sum, min, max`,
  sums: sql`r.dimension, r.dimension_value, ${SUMS_OF_NUMBERS}`,
  groupBy: sql`GROUP BY 1, 2, 3, 4, 5`,
};
const DIMENSION_UNIQUES: Table = { name: sql`meter_dimension_uniques`, columns: sql`dimension, dimension_value, value`, sums: sql`r.dimension, r.dimension_value, r.value`, groupBy: sql`GROUP BY 1, 2, 3, 4, 5, 6` }; // prettier-ignore

/**
 * The statements that remove the erased events from the affected meters' rollups. The rows of all customers are added up again
 * from those of the others, never subtracted, so they are exact, also for minimum, maximum and distinct values.
 */
export function eraseShare(step: { meters: AffectedMeter[]; end: number; isPartial: boolean }, place: Place): SQL[] {
  const { meters, end } = step;
  if (meters.length === 0) return [];
  const isOfSome = ({ dimensions }: AffectedMeter) => dimensions !== null;
  const uniques = meters.filter(({ isUnique }) => isUnique);
  const tables: [Table, AffectedMeter[]][] = [
    [ROLLUPS, meters],
    [DIMENSIONS, meters.filter((meter) => isOfSome(meter) && !meter.isUnique)],
    [DIMENSION_UNIQUES, meters.filter((meter) => isOfSome(meter) && meter.isUnique)],
  ];
  const each = (make: (table: Table, of: AffectedMeter[]) => SQL[]) =>
    tables.flatMap(([table, of]) => (of.length > 0 ? make(table, of) : []));
  const buckets = sql`bucket > ${place.after} AND bucket <= ${end}`;
  const whole = uniques.length > 0 ? [uniques] : [];
  return [
    ...each((table, of) => [deleteOwn(table.name, of, place, sql`${buckets}${inDimensions(table, of)}`)]),
    ...(step.isPartial ? uniques.map((meter) => [meter]) : whole).flatMap((of) =>
      removeOwnValues(of, place, buckets, step.isPartial),
    ),
    ...(step.isPartial ? meters.flatMap((meter) => restoreOwn(meter, place)) : []),
    ...each((table, of) => addUpAll(table, of, place.condition)),
    ...whole.flatMap((of) => removeFromAll(of, place.condition)),
    ...addUpTotals(meters, place),
  ];
}

const idsOf = (meters: AffectedMeter[]) => JSON.stringify(meters.map(({ id }) => id));

/** For the tables with dimensions what holds for each row: with it SQLite finds buckets in the primary key. */
function inDimensions(table: Table, meters: AffectedMeter[]): SQL {
  if (table === ROLLUPS) return sql``;
  const most = Math.max(...meters.map(({ dimensions }) => (parseJson(dimensions!) as string[]).length));
  return sql` AND dimension IN (${sql.raw(Array.from({ length: most }, (_, place) => place).join(", "))})`;
}

/** Matches rows of the customer. */
function areOwn(meters: AffectedMeter[], { owner, condition }: Place, rows: SQL): SQL {
  return sql`meter_id IN (SELECT value FROM json_each(${idsOf(meters)}))
      AND customer IN (SELECT value FROM json_each(${customerKeys(owner)})) AND ${rows} AND ${condition}`;
}

/** Deletes rows of the customer. */
function deleteOwn(table: SQL, meters: AffectedMeter[], place: Place, rows: SQL): SQL {
  return sql`DELETE FROM ${table} WHERE ${areOwn(meters, place, rows)}`;
}

/** Deletes distinct values of the customer; in a bucket that is done only partly, of one meter, those without a remaining event. */
function removeOwnValues(meters: AffectedMeter[], place: Place, buckets: SQL, isPartial: boolean): SQL[] {
  const own = sql`SELECT ${VALUE} FROM meter_uniques WHERE ${areOwn(meters, place, buckets)}`;
  const [meter, events] = remaining(meters[0]!, place);
  return removeValues({
    meterIds: meters.map(({ id }) => id),
    tables: isPartial ? [matchingTables([meter], takenForUniques, { events, meters: sql`true` })] : [],
    rows: isPartial ? sql`${own} EXCEPT SELECT ${VALUE} FROM matching` : own,
  });
}

/** A meter, and the customer's remaining events that it has counted. */
function remaining(
  { id, definition_version, ...stored }: AffectedMeter,
  { owner, range, condition }: Place,
): [CompiledMeter, SQL] {
  const meter = compileMeter({ id, definition_version, definition: definitionOf(stored), names: null });
  return [
    meter,
    sql`${range} AND ${isOwn(owner)} AND e.seq <= ${watermarkOf(id, definition_version)} AND ${condition}`,
  ];
}

/** Aggregates the customer's remaining events again. */
function restoreOwn(meter: AffectedMeter, place: Place): SQL[] {
  return restoreRollups(...remaining(meter, place));
}

/** The next customer key of a meter after another one. */
function nextKey(meter: SQL, than: SQL): SQL {
  return sql`(SELECT min(r.customer) FROM meter_rollups AS r WHERE r.meter_id = ${meter} AND r.customer > ${than})`;
}

/** The tables `places`, of affected buckets, and `every`, of customers: it skips from key to key in the primary key. */
function everyCustomerIn(meters: AffectedMeter[], condition: SQL): { places: SQL; every: SQL } {
  const affected = JSON.stringify(meters.map(({ id, buckets }) => [id, buckets]));
  return {
    places: sql`places (meter_id, bucket) AS MATERIALIZED (
      SELECT m.value ->> 0, b.value FROM json_each(${affected}) AS m CROSS JOIN json_each(m.value, '$[1]') AS b
    )`,
    every: sql`every (meter_id, customer) AS (
      SELECT value, ${nextKey(sql`value`, ALL_CUSTOMERS)} FROM json_each(${idsOf(meters)}) WHERE ${condition}
      UNION ALL
      SELECT meter_id, ${nextKey(sql`every.meter_id`, sql`every.customer`)} FROM every WHERE customer IS NOT NULL
    )`,
  };
}

/** FROM for the rows `r` of each customer in the affected buckets. */
const ofEvery = (table: SQL) => sql`FROM every AS c CROSS JOIN places AS p ON p.meter_id = c.meter_id
    CROSS JOIN ${table} AS r ON r.meter_id = p.meter_id AND r.customer = c.customer AND r.bucket = p.bucket`;

/** Computes the rows of all customers together from those of each customer. */
function addUpAll(table: Table, meters: AffectedMeter[], condition: SQL): SQL[] {
  const { name, columns, sums, groupBy } = table;
  const dimensions = inDimensions(table, meters);
  const { places, every } = everyCustomerIn(meters, condition);
  return [
    sql`
    WITH ${places}
    DELETE FROM ${name} WHERE customer = ${ALL_CUSTOMERS} AND (meter_id, bucket) IN (SELECT * FROM places)${dimensions} AND ${condition}`,
    sql`
    WITH RECURSIVE ${places},
    ${every}
    INSERT INTO ${name} (meter_id, customer, bucket, ${columns})
    SELECT p.meter_id, ${ALL_CUSTOMERS}, p.bucket, ${sums}
    ${ofEvery(name)}${dimensions}
    ${groupBy}`,
  ];
}

/** Deletes distinct values of all customers together that no customer has any more. */
function removeFromAll(meters: AffectedMeter[], condition: SQL): SQL[] {
  const { places, every } = everyCustomerIn(meters, condition);
  const value = sql`p.meter_id, ${ALL_CUSTOMERS}, p.bucket, r.value`;
  return removeValues({
    meterIds: meters.map(({ id }) => id),
    tables: [places, every],
    rows: sql`
      SELECT ${value} FROM places AS p
      CROSS JOIN meter_uniques AS r ON r.meter_id = p.meter_id AND r.customer = ${ALL_CUSTOMERS} AND r.bucket = p.bucket
      WHERE ${condition} EXCEPT SELECT ${value} ${ofEvery(sql`meter_uniques`)}`,
  });
}

/** Computes the customer's totals of all events from its remaining rollups. */
function addUpTotals(meters: AffectedMeter[], place: Place): SQL[] {
  const keys = meters.flatMap(({ id }) => keysOf(place.owner).map((key) => [id, key]));
  return [
    deleteOwn(sql`meter_totals`, meters, place, sql`since = 0`),
    restoreTotals(JSON.stringify(keys), place.condition),
  ];
}
