import { type SQL, sql } from "drizzle-orm";
import { ADD_LAST_EVENT, addToRow, aggregatesOfUnique, DIMENSIONS, dimensionsOf, isUnique, restoreTotals, ROLLUPS } from "../rollups/additions.ts"; // prettier-ignore
import { ALL_CUSTOMERS } from "../rollups/customer-key.ts";
import { type Compiled, type CompiledMeter, matchingTables, takenForDimensions, takenForTotals, takenForUniques } from "../rollups/matching.ts"; // prettier-ignore
import { AGGREGATES, BUCKET, clamp } from "../rollups/rollups.ts";
import { removeValues } from "../rollups/values.ts";
import { eventsSince, joinTotals, partOf, selectKeys } from "./void-since.ts";

// What voided events leave behind: rows are computed again from the events or rows that remain. Only rows with events that
// retention has deleted, and some totals since a reset, are reduced by what the voided events had added.

/** A customer's key on a meter. */
export type Pair = [meter: string, customer: string];
/** The key of a rollup, or of a total: the last part is a bucket, or the seq of a reset. */
export type Place = [...Pair, number];
/** What is taken from a row. */
export type Reduction = [...Place, count: number, sum: number];
/** What is taken from a rollup of a dimension. */
export type DimensionReduction = [...Reduction, dimension: number, value: string];

/** Meters that share statements, and their watermark. */
export type MeterGroup<M extends CompiledMeter = CompiledMeter> = { meters: M[]; watermark: number };

/** The rows that change when events are voided. */
export type Share = {
  /** Rollups that are computed again from the events, those of all customers together included. */
  rebuilt: Place[];
  /** Rollups that are reduced. */
  reduced: Reduction[];
  reducedDimensions: DimensionReduction[];
  /** Totals of all events, which are computed again from their rollups. */
  totals: Pair[];
  /** Totals since a reset that are computed again from the events since then. */
  rebuiltSince: Place[];
  /** Totals since a reset that are reduced. */
  reducedSince: Reduction[];
};

/** The statements that take voided events out of rollups and totals, after they were marked. */
export function voidShare(organizationId: string, groups: MeterGroup[], share: Share, condition: SQL): SQL[] {
  const { rebuilt, reduced, reducedDimensions, totals, rebuiltSince, reducedSince } = share;
  const hasUnique = groups.some(({ meters }) => meters.some(isUnique));
  return [
    ...reduce(reduced, condition),
    ...reduceDimensions(reducedDimensions, condition),
    ...groups.flatMap((group) => rebuild(organizationId, group, rebuilt, condition)),
    ...addUp(totals, condition),
    ...reduceSince(reducedSince, hasUnique, condition),
    ...groups.flatMap((group) => rebuildSince(organizationId, group, rebuiltSince, condition)),
  ];
}

/** Matches the rows of a table by their keys. */
const isListed = (place: SQL, json: string) => sql`(meter_id, customer, ${place}) IN (${selectKeys(json)})`;

/** The statement that takes counts and sums from rows. */
function reduceRows(table: SQL, place: SQL, json: string, condition: SQL): SQL {
  return sql`UPDATE ${table} SET count = count - (taken.value ->> 3), sum = ${clamp(sql`sum - (taken.value ->> 4)`)}
    FROM json_each(${json}) AS taken
    WHERE meter_id = taken.value ->> 0 AND customer = taken.value ->> 1 AND ${place} = taken.value ->> 2 AND ${condition}`;
}

function reduce(reductions: Reduction[], condition: SQL): SQL[] {
  if (reductions.length === 0) return [];
  const json = JSON.stringify(reductions);
  return [
    reduceRows(sql`meter_rollups`, sql`bucket`, json, condition),
    sql`DELETE FROM meter_rollups WHERE ${isListed(sql`bucket`, json)} AND count <= 0 AND ${condition}`,
  ];
}

function reduceDimensions(reductions: DimensionReduction[], condition: SQL): SQL[] {
  if (reductions.length === 0) return [];
  const json = JSON.stringify(reductions);
  const isOfDimension = sql`dimension = taken.value ->> 5 AND dimension_value = taken.value ->> 6`;
  const keys = sql`meter_id, customer, bucket, dimension, dimension_value`;
  return [
    reduceRows(sql`meter_dimensions`, sql`bucket`, json, sql`${isOfDimension} AND ${condition}`),
    sql`DELETE FROM meter_dimensions WHERE count <= 0 AND (${keys}) IN (
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 5, value ->> 6 FROM json_each(${json})
    ) AND ${condition}`,
  ];
}

const NOTHING = sql`count = 0, sum = 0, min = NULL, max = NULL, last_event_at = NULL`;

/** Totals since a reset are emptied, not deleted, because catch-up adds only to those that exist. */
function reduceSince(reductions: Reduction[], hasUnique: boolean, condition: SQL): SQL[] {
  if (reductions.length === 0) return [];
  const json = JSON.stringify(reductions);
  const isPlace = sql`${isListed(sql`since`, json)} AND ${condition}`;
  const values = sql`DELETE FROM meter_total_uniques WHERE ${isPlace} AND EXISTS (
      SELECT 1 FROM meter_totals AS t WHERE t.meter_id = meter_total_uniques.meter_id
        AND t.customer = meter_total_uniques.customer AND t.since = meter_total_uniques.since AND t.count <= 0
    )`;
  return [
    reduceRows(sql`meter_totals`, sql`since`, json, condition),
    ...(hasUnique ? [values] : []),
    sql`UPDATE meter_totals SET ${NOTHING} WHERE ${isPlace} AND count <= 0`,
  ];
}

/** The times of a bucket in milliseconds since 1970 UTC: from, included, and to, excluded. They are rounded towards zero. */
export function spanOf(bucket: number): [from: number, to: number] {
  const from = bucket > 0 ? bucket * BUCKET : (bucket - 1) * BUCKET + 1;
  return [from, bucket < 0 ? bucket * BUCKET + 1 : (bucket + 1) * BUCKET];
}

/** Selects the seqs of the events in some buckets. */
function selectInBuckets(organizationId: string, places: Place[]): SQL {
  const spans = JSON.stringify([...new Set(places.map(([, , bucket]) => bucket))].map(spanOf));
  return sql`SELECT x.seq FROM json_each(${spans}) AS span CROSS JOIN events AS x WHERE x.organization_id = ${organizationId}
      AND x.timestamp >= span.value ->> 0 AND x.timestamp < span.value ->> 1`;
}

/** Computes rollups again from the events in their buckets. */
function rebuild(organizationId: string, group: MeterGroup, all: Place[], condition: SQL): SQL[] {
  const { meters, watermark, places } = partOf(group, all);
  if (places.length === 0) return [];
  const json = JSON.stringify(places);
  const events = sql`e.organization_id = ${organizationId} AND e.seq <= ${watermark}
        AND e.seq IN (${selectInBuckets(organizationId, places)})`;
  const counted = { events, meters: condition };
  const dimensions = dimensionsOf(meters);
  const ofDimension = sql`dimension IN (${sql.raw([...dimensions.keys()].join(", "))}) AND ${condition}`;
  const clear = (table: SQL, where: SQL) => sql`DELETE FROM ${table} WHERE ${isListed(sql`bucket`, json)} AND ${where}`;
  const uniques = meters.filter(isUnique);
  return [
    clear(ROLLUPS.name, condition),
    rebuildNumbers(meters, ROLLUPS, counted, json),
    ...(uniques.length > 0 ? removeOthers(uniques, counted, sql`${isListed(sql`bucket`, json)} AND ${condition}`) : []),
    ...(dimensions.length > 0 ? [clear(DIMENSIONS.name, ofDimension), clear(DIMENSION_UNIQUES, ofDimension)] : []),
    ...dimensions.flatMap(({ numbers, values }) => [
      ...(numbers.length > 0 ? [rebuildNumbers(numbers, DIMENSIONS, counted, json)] : []),
      ...(values.length > 0 ? [rebuildDimensionValues(values, counted, json)] : []),
    ]),
  ];
}

type Counted = Parameters<typeof matchingTables>[2];

const isPlace = (json: string) => sql`(meter_id, customer, bucket) IN (${selectKeys(json)})`;

function rebuildNumbers(of: Compiled[], table: typeof ROLLUPS, counted: Counted, json: string): SQL {
  const { name, taken, keys, columns, ofEvents, groupBy } = table;
  return sql`
    WITH ${matchingTables(of, taken, counted)}
    INSERT INTO ${name} (meter_id, customer, bucket${keys}, ${columns})
    SELECT * FROM (
      SELECT meter_id, customer, bucket${keys}, ${ofEvents} FROM matching GROUP BY ${groupBy}
      UNION ALL SELECT meter_id, ${ALL_CUSTOMERS}, bucket${keys}, ${ofEvents} FROM matching GROUP BY meter_id, bucket${keys}
    ) WHERE ${isPlace(json)}`;
}

/** Deletes distinct values that the events in their buckets no longer have. */
function removeOthers(meters: Compiled[], counted: Counted, isAffected: SQL): SQL[] {
  const places = sql`meter_id, customer, bucket, value`;
  return removeValues({
    meterIds: meters.map(({ id }) => id),
    tables: [matchingTables(meters, takenForUniques, counted)],
    rows: sql`
      SELECT ${places} FROM meter_uniques WHERE ${isAffected}
      EXCEPT SELECT * FROM (
        SELECT ${places} FROM matching UNION SELECT meter_id, ${ALL_CUSTOMERS}, bucket, value FROM matching
      )`,
  });
}

const DIMENSION_UNIQUES = sql`meter_dimension_uniques`;

function rebuildDimensionValues(of: Compiled[], counted: Counted, json: string): SQL {
  const columns = sql`bucket, dimension, dimension_value, value`;
  return sql`
    WITH ${matchingTables(of, takenForDimensions, counted)}
    INSERT INTO ${DIMENSION_UNIQUES} (meter_id, customer, ${columns})
    SELECT * FROM (
      SELECT meter_id, customer, ${columns} FROM matching
      UNION SELECT meter_id, ${ALL_CUSTOMERS}, ${columns} FROM matching
    ) WHERE ${isPlace(json)}`;
}

/** Computes totals of all events again from the rollups of their customers. */
function addUp(pairs: Pair[], condition: SQL): SQL[] {
  const json = JSON.stringify(pairs);
  const isPair = sql`(meter_id, customer) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${json})) AND since = 0 AND ${condition}`;
  return [sql`DELETE FROM meter_totals WHERE ${isPair}`, restoreTotals(json, condition)];
}

/** Computes totals since a reset again from all events since then. */
function rebuildSince(organizationId: string, group: MeterGroup, all: Place[], condition: SQL): SQL[] {
  const { meters, watermark, places } = partOf(group, all);
  if (places.length === 0) return [];
  const json = JSON.stringify(places);
  const counted = { events: eventsSince(organizationId, places, watermark), meters: condition };
  const since = (columns: SQL) =>
    sql`SELECT matching.meter_id, matching.customer, t.since, ${columns} ${joinTotals(json)}`;
  const isTotal = sql`${isListed(sql`since`, json)} AND ${condition}`;
  const [uniques, others] = [meters.filter(isUnique), meters.filter((meter) => !isUnique(meter))];
  const numbers = (of: CompiledMeter[], aggregates: SQL) => sql`
    WITH ${matchingTables(of, takenForTotals, counted)}
    INSERT INTO meter_totals (meter_id, customer, since, count, sum, min, max, last_event_at)
    SELECT * FROM (${since(aggregates)} GROUP BY 1, 2, 3) ${addToRow(sql`meter_id, customer, since`)}${ADD_LAST_EVENT}`;
  const values = () => sql`
    WITH ${matchingTables(uniques, takenForUniques, counted)}
    INSERT INTO meter_total_uniques (meter_id, customer, since, value) ${since(sql`value`)} GROUP BY 1, 2, 3, 4`;
  return [
    sql`UPDATE meter_totals SET ${NOTHING} WHERE ${isTotal}`,
    ...(others.length > 0 ? [numbers(others, AGGREGATES)] : []),
    ...(uniques.length > 0
      ? [
          numbers(uniques, aggregatesOfUnique(sql`true`)),
          sql`DELETE FROM meter_total_uniques WHERE ${isTotal}`,
          values(),
        ]
      : []),
  ];
}
