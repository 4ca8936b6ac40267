import { type SQL, sql } from "drizzle-orm";
import type { Statement, Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import { chunkLimitsOf, findChunk } from "../rollups/chunk.ts";
import { definitionOf } from "../definition/definition.ts";
import { addEvents } from "../rollups/additions.ts";
import { compileMeter } from "../rollups/matching.ts";
import { BUCKET } from "../rollups/rollups.ts";

// A meter is verified against a shadow meter, which no organization sees and whose rollups are rebuilt from the stored events.
// Both are then compared row by row. The shadow has its own watermark, so a verification may take any time.

/** The key of a row of rollups, totals or distinct values; `place` is a bucket or a seq. */
type RollupKey = [customer: string, place: number, value?: string];

/** The progress of the verification of a meter: it builds the shadow, compares the rows of each table, and deletes the shadow. */
export type VerifyState = {
  meter: string;
  phase: "build" | "compare" | "delete" | "done";
  /** The index of the list that is compared, and its last row so far. */
  list: number;
  after: RollupKey | null;
};

/** The result of a step: the rows that differ, and how many of them were repaired. */
export type Verified = { compared: number; different: RollupKey[]; repaired: number };

/** The maximum number of rows of a table that are compared or deleted in one step. */
const MAX_ROWS = 2000;
/** Written into SQL: D1 binds numbers as REAL. */
const BUCKET_WIDTH = sql.raw(String(BUCKET));
/** A time before all others. */
const NEVER = sql.raw(String(Number.MIN_SAFE_INTEGER));

type VerifiedMeter = typeof meters.$inferSelect;
/** A meter and its shadow. */
type MeterPair = { meter: VerifiedMeter; shadow: { id: string; watermark: number } };

/** The id of a meter's shadow. */
export const shadowIdOf = (meterId: string) => `verify:${meterId}`;
/** The organization of shadows, which no token can have. */
const shadowOrganization = (organizationId: string) => `verify:${organizationId}`;

/** Matches the ids of an organization's shadows. */
const isShadow = (organizationId: string) =>
  sql`IN (SELECT id FROM meters WHERE organization_id = ${shadowOrganization(organizationId)})`;

/** Makes running verifications start again, because the stored events have changed. */
export function invalidateShadows(organizationId: string): Statement {
  return sql`UPDATE meters SET definition_version = -1 WHERE organization_id = ${shadowOrganization(organizationId)}`;
}

/**
 * Deletes the rows of customers from shadows.
 * @param customers keys of rollups, as JSON
 */
export function eraseFromShadows(organizationId: string, customers: string): Statement[] {
  const condition = sql`meter_id ${isShadow(organizationId)} AND customer IN (SELECT value FROM json_each(${customers}))`;
  return [
    invalidateShadows(organizationId),
    ...TABLES.map(({ name }) => sql`DELETE FROM ${sql.raw(name)} WHERE ${condition}`),
  ];
}

const AGGREGATES = ["count", "sum", "min", "max", "last_event_at"];
/** The tables of a meter's rollups and totals: their key columns (the second is the place) and their aggregates. */
const TABLES: { name: string; keys: [string, "bucket" | "since", string?]; sums: string[] }[] = [
  { name: "meter_rollups", keys: ["customer", "bucket"], sums: AGGREGATES },
  { name: "meter_uniques", keys: ["customer", "bucket", "value"], sums: [] },
  { name: "meter_totals", keys: ["customer", "since"], sums: AGGREGATES },
  { name: "meter_total_uniques", keys: ["customer", "since", "value"], sums: [] },
];
type Table = (typeof TABLES)[number];

/** The comparisons: the rows of each table of the meter with the shadow, then those of the shadow with the meter. */
const LISTS = TABLES.flatMap((table) => [true, false].map((isOfMeter) => ({ table, isOfMeter })));

/** Returns whether a verification can be in this state, which its caller keeps. */
export const isState = ({ list, after }: VerifyState): boolean =>
  list >= 0 && list <= LISTS.length && (after === null || after.length === LISTS[list]?.table.keys.length);

/**
 * Carries out the next step of a verification: one or two transactions, each with a chunk of events or of rows. A repair
 * replaces only the rows that differ.
 * @returns the result; the state is advanced
 */
export async function verifyStep(store: Store, state: VerifyState, isRepair: boolean): Promise<Verified> {
  const nothing: Verified = { compared: 0, different: [], repaired: 0 };
  const pair = await readPair(store, state.meter);
  // Nothing is deleted of another organization's meter, which a caller could name.
  if (pair === "gone") state.phase = "done";
  else if (state.phase === "delete") {
    if (await deleteSomeOfShadow(store, state.meter)) state.phase = "done";
  } else if (pair === "without shadow") {
    await makeShadow(store, state.meter);
    Object.assign(state, { phase: "build", list: 0, after: null });
  } else if (pair.shadow.watermark < pair.meter.watermark) await buildShadow(store, pair);
  else if (state.phase === "build") state.phase = "compare";
  else if (state.list < LISTS.length) return compareRows(store, pair, state, isRepair);
  else state.phase = "delete";
  return nothing;
}

async function readPair(store: Store, id: string): Promise<MeterPair | "gone" | "without shadow"> {
  const [[meter], [shadow]] = await store.read([
    sql<VerifiedMeter>`SELECT * FROM meters WHERE id = ${id} AND organization_id = ${store.organizationId}`,
    sql<VerifiedMeter>`SELECT * FROM meters WHERE id = ${shadowIdOf(id)}`,
  ]);
  if (meter === undefined) return "gone";
  if (shadow?.definition_version !== meter.definition_version) return "without shadow";
  return { meter, shadow };
}

/** Creates the shadow. If an earlier verification has left rows, each step deletes some of them first. */
async function makeShadow(store: Store, id: string): Promise<void> {
  if (!(await deleteSomeOfShadow(store, id))) return;
  const { organizationId } = store;
  const shadow = shadowIdOf(id);
  await store.write([
    sql`INSERT INTO meters (id, organization_id, name, name_folded, unit, filter, aggregation, metadata, created_at,
        version, definition_version, watermark)
      SELECT ${shadow}, ${shadowOrganization(organizationId)}, name, name_folded, unit, filter, aggregation, metadata, created_at,
        version, definition_version, 0 FROM meters WHERE id = ${id} AND organization_id = ${organizationId}
        AND ${isEmpty(shadow)}
      ON CONFLICT DO NOTHING`,
  ]);
}

/** True if a shadow has no rows: another verification may run at the same time. */
function isEmpty(shadow: string): SQL {
  const each = TABLES.map(({ name }) => sql`NOT EXISTS (SELECT 1 FROM ${sql.raw(name)} WHERE meter_id = ${shadow})`);
  return sql.join(each, sql` AND `);
}

/** Adds the next events to the shadow, up to the meter's watermark. */
async function buildShadow(store: Store, { meter, shadow }: MeterPair): Promise<void> {
  const definition = definitionOf(meter);
  const { definition_version } = meter;
  const chunk = await findChunk(store, shadow.watermark, chunkLimitsOf(definition), []);
  const end = Math.min(chunk.end, meter.watermark);
  const counting = compileMeter({ id: shadow.id, definition_version, definition, names: null });
  // Nothing is added if the shadow has changed since it was read.
  await store.write([
    ...addEvents([counting], { organizationId: store.organizationId, start: shadow.watermark, end }),
    sql`UPDATE meters SET watermark = ${end}
      WHERE id = ${shadow.id} AND definition_version = ${definition_version} AND watermark = ${shadow.watermark}`,
  ]);
}

/** True if both contain the same events, so that they can be compared. */
function haveSameWatermark({ meter, shadow }: MeterPair): SQL {
  const watermark = (id: string) =>
    sql`(SELECT watermark FROM meters WHERE id = ${id} AND definition_version = ${meter.definition_version})`;
  return sql`${watermark(shadow.id)} = ${watermark(meter.id)}`;
}

type Compared = { customer: string; place: number; value?: string; is_different: number };

async function compareRows(store: Store, pair: MeterPair, state: VerifyState, isRepair: boolean): Promise<Verified> {
  const [[watermarks], rows] = await store.read([
    sql<{ are_equal: number }>`SELECT ${haveSameWatermark(pair)} AS are_equal`,
    selectDifferences(pair, state),
  ]);
  const result: Verified = { compared: 0, different: [], repaired: 0 };
  if (watermarks?.are_equal !== 1) return result;
  result.different = rows.filter((row) => row.is_different === 1).map(keyOf);
  if (isRepair && result.different.length > 0) {
    result.repaired = await repair(store, pair, LISTS[state.list]!.table, result.different);
    // If none was, a watermark has moved, and the same rows are compared again.
    if (result.repaired === 0) return { ...result, different: [] };
  }
  if (LISTS[state.list]!.isOfMeter) result.compared = rows.length;
  const last = rows.at(-1);
  if (rows.length === MAX_ROWS) state.after = keyOf(last!);
  else Object.assign(state, { list: state.list + 1, after: null });
  return result;
}

function keyOf({ customer, place, value }: Compared): RollupKey {
  return value === undefined ? [customer, place] : [customer, place, value];
}

/** Sums are added up in another order, so their last digits can differ. */
const SUMS_DIFFER = sql`abs(own.sum - other.sum) > 1e-9 * (abs(own.sum) + max(abs(coalesce(own.min, 0)), abs(coalesce(own.max, 0))))`;

function selectDifferences({ meter, shadow }: MeterPair, { list, after }: VerifyState): Statement<Compared> {
  const { table, isOfMeter } = LISTS[list]!;
  const { name, keys, sums } = table;
  const [own, other] = isOfMeter ? [meter.id, shadow.id] : [shadow.id, meter.id];
  const columns = sql.raw(keys.join(", "));
  const behind = after === null ? sql`true` : sql`(${columns}) > (${sql.join(after.map((value) => sql`${value}`), sql`, `)})`; // prettier-ignore
  const isSame = sql.raw(keys.map((key) => `other.${key} = own.${key}`).join(" AND "));
  const differs =
    sums.length > 0 && isOfMeter
      ? sql`other.meter_id IS NULL OR own.count <> other.count OR own.min IS NOT other.min OR own.max IS NOT other.max
        OR ${SUMS_DIFFER}`
      : sql`other.meter_id IS NULL`;
  const selected = keys.map((key, index) => (index === 1 ? `own.${key} AS place` : `own.${key}`));
  return sql`
    WITH own AS MATERIALIZED (
      SELECT * FROM ${sql.raw(name)} WHERE meter_id = ${own} AND ${isComparable(meter, keys[1])} AND ${behind}
      ORDER BY ${columns} LIMIT ${MAX_ROWS}
    )
    SELECT ${sql.raw(selected.join(", "))}, ${differs} AS is_different
    FROM own LEFT JOIN ${sql.raw(name)} AS other ON other.meter_id = ${other} AND ${isSame}
    ORDER BY ${sql.raw(keys.map((key) => `own.${key}`).join(", "))}`;
}

/** Matches rows that the stored events can rebuild: no totals since a reset, and no buckets with deleted events. */
function isComparable({ organization_id, events_from }: VerifiedMeter, place: "bucket" | "since"): SQL {
  const from = sql`max(coalesce((SELECT deleted_before FROM organizations WHERE id = ${organization_id}), ${NEVER}),
    coalesce(${events_from}, ${NEVER}))`;
  return place === "since"
    ? sql`since = 0 AND ${from} = ${NEVER}`
    : sql`(${from} = ${NEVER} OR bucket * ${BUCKET_WIDTH} >= ${from})`;
}

/** Replaces rows of the meter by those of its shadow; returns how many changed. */
async function repair(store: Store, pair: MeterPair, { name, keys, sums }: Table, rows: RollupKey[]): Promise<number> {
  const { meter, shadow } = pair;
  const table = sql.raw(name);
  const read = sql.raw(keys.map((_, index) => `value ->> ${index}`).join(", "));
  const isListed = sql`(${sql.raw(keys.join(", "))}) IN (SELECT ${read} FROM json_each(${JSON.stringify(rows)}))
    AND ${haveSameWatermark(pair)}`;
  const columns = sql.raw([...keys, ...sums].join(", "));
  const results = await store.write([
    sql`DELETE FROM ${table} WHERE meter_id = ${meter.id} AND ${isListed}`,
    sql`INSERT INTO ${table} (meter_id, ${columns}) SELECT ${meter.id}, ${columns} FROM ${table}
      WHERE meter_id = ${shadow.id} AND ${isListed}`,
  ]);
  return results.reduce((sum, { changes }) => Math.max(sum, changes), 0);
}

/** Deletes some rows of a shadow, and the shadow itself once it has none; returns whether it is gone. */
async function deleteSomeOfShadow(store: Store, id: string): Promise<boolean> {
  const shadow = shadowIdOf(id);
  const results = await store.write([
    // This stops other verifications from adding rows.
    sql`UPDATE meters SET definition_version = -1 WHERE id = ${shadow}`,
    ...TABLES.map(({ name, keys }) => {
      const [table, columns] = [sql.raw(name), sql.raw(keys.join(", "))];
      return sql`DELETE FROM ${table} WHERE meter_id = ${shadow} AND (${columns}) IN (
        SELECT ${columns} FROM ${table} WHERE meter_id = ${shadow} LIMIT ${MAX_ROWS}
      )`;
    }),
    sql`DELETE FROM meters WHERE id = ${shadow} AND ${isEmpty(shadow)}`,
  ]);
  return results.slice(1, -1).every(({ changes }) => changes < MAX_ROWS);
}
