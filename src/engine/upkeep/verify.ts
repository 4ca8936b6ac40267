import { type SQL, sql } from "drizzle-orm";
import type { Statement, Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import { chunkLimitsOf, findChunk } from "../rollups/chunk.ts";
import { definitionOf } from "../definition/definition.ts";
import { addEvents } from "../rollups/additions.ts";
import { compileMeter } from "../rollups/matching.ts";
import { BUCKET } from "../rollups/rollups.ts";

// A meter is verified against a twin: a meter that no organization sees, whose rollups are made of the stored events again.
// Both are then compared row by row. Nothing here depends on how long it takes: the twin has a watermark of its own.

/** A row of what a meter has counted, or of its distinct values: of a bucket, or since a seq. */
type RollupKey = [customer: string, place: number, value?: string];

/** Where the verification of a meter is: the twin is built, rows of each table are compared, and the twin is deleted. */
export type VerifyState = {
  meter: string;
  phase: "build" | "compare" | "delete" | "done";
  /** The list of rows that is compared, and its last row so far. */
  list: number;
  after: RollupKey | null;
};

/** What a step found: rows that differ, and how many of them were repaired. */
export type Verified = { compared: number; different: RollupKey[]; repaired: number };

/** Rows of a table that are compared, or deleted, in one step. */
const MAX_ROWS = 2000;
/** Written into SQL: D1 binds numbers as REAL. */
const BUCKET_WIDTH = sql.raw(String(BUCKET));
/** A time before all others. */
const NEVER = sql.raw(String(Number.MIN_SAFE_INTEGER));

type VerifiedMeter = typeof meters.$inferSelect;
/** A meter and its twin, as they are now. */
type Twins = { meter: VerifiedMeter; twin: { id: string; watermark: number } };

/** The id of a meter's twin. */
export const twinOf = (meterId: string) => `verify:${meterId}`;
/** Where twins are: in no organization that a token can have. */
const homeOf = (organizationId: string) => `verify:${organizationId}`;

/** True for the ids of an organization's twins. */
const isTwin = (organizationId: string) =>
  sql`IN (SELECT id FROM meters WHERE organization_id = ${homeOf(organizationId)})`;

/** Makes verifications that have begun start again: what they have built is no longer what the stored events say. */
export function spoilTwins(organizationId: string): Statement {
  return sql`UPDATE meters SET definition_version = -1 WHERE organization_id = ${homeOf(organizationId)}`;
}

/**
 * Removes what verifications have built of customers.
 * @param customers keys of rollups, as JSON
 */
export function eraseFromTwins(organizationId: string, customers: string): Statement[] {
  const condition = sql`meter_id ${isTwin(organizationId)} AND customer IN (SELECT value FROM json_each(${customers}))`;
  return [
    spoilTwins(organizationId),
    ...TABLES.map(({ name }) => sql`DELETE FROM ${sql.raw(name)} WHERE ${condition}`),
  ];
}

const AGGREGATES = ["count", "sum", "min", "max", "last_event_at"];
/** The tables of what a meter has counted, with their keys, of which the second is the place, and their other columns. */
const TABLES: { name: string; keys: [string, "bucket" | "since", string?]; sums: string[] }[] = [
  { name: "meter_rollups", keys: ["customer", "bucket"], sums: AGGREGATES },
  { name: "meter_uniques", keys: ["customer", "bucket", "value"], sums: [] },
  { name: "meter_totals", keys: ["customer", "since"], sums: AGGREGATES },
  { name: "meter_total_uniques", keys: ["customer", "since", "value"], sums: [] },
];
type Table = (typeof TABLES)[number];

/** What is compared: each table from the meter to its twin, then from the twin to the meter. */
const LISTS = TABLES.flatMap((table) => [true, false].map((isOfMeter) => ({ table, isOfMeter })));

/**
 * Carries out the next step of a verification: one or two transactions, each with a chunk of events or of rows. A repair
 * replaces single rows, so that what was right is always right.
 * @returns what was found; the state then says where to go on
 */
export async function verifyStep(store: Store, state: VerifyState, isRepair: boolean): Promise<Verified> {
  const nothing: Verified = { compared: 0, different: [], repaired: 0 };
  if (state.phase === "delete") {
    if (await deleteSomeOfTwin(store, state.meter)) state.phase = "done";
    return nothing;
  }
  const pair = await readPair(store, state.meter);
  if (pair === "gone") state.phase = "done";
  else if (pair === "without twin") {
    await makeTwin(store, state.meter);
    Object.assign(state, { phase: "build", list: 0, after: null });
  } else if (pair.twin.watermark < pair.meter.watermark) await buildTwin(store, pair);
  else if (state.phase === "build") state.phase = "compare";
  else if (state.list < LISTS.length) return compareRows(store, pair, state, isRepair);
  else state.phase = "delete";
  return nothing;
}

async function readPair(store: Store, id: string): Promise<Twins | "gone" | "without twin"> {
  const [[meter], [twin]] = await store.read([
    sql<VerifiedMeter>`SELECT * FROM meters WHERE id = ${id} AND organization_id = ${store.organizationId}`,
    sql<VerifiedMeter>`SELECT * FROM meters WHERE id = ${twinOf(id)}`,
  ]);
  if (meter === undefined) return "gone";
  if (twin?.definition_version !== meter.definition_version) return "without twin";
  return { meter, twin };
}

/** Begins anew, once nothing is left of an earlier verification: until then each step deletes some of it. */
async function makeTwin(store: Store, id: string): Promise<void> {
  if (!(await deleteSomeOfTwin(store, id))) return;
  const { organizationId } = store;
  const twin = twinOf(id);
  await store.write([
    sql`INSERT INTO meters (id, organization_id, name, name_folded, unit, filter, aggregation, metadata, created_at,
        version, definition_version, watermark)
      SELECT ${twin}, ${homeOf(organizationId)}, name, name_folded, unit, filter, aggregation, metadata, created_at,
        version, definition_version, 0 FROM meters WHERE id = ${id} AND organization_id = ${organizationId}
        AND ${isEmpty(twin)}
      ON CONFLICT DO NOTHING`,
  ]);
}

/** True when a twin has no rows: another verification can be at work at the same time. */
function isEmpty(twin: string): SQL {
  const each = TABLES.map(({ name }) => sql`NOT EXISTS (SELECT 1 FROM ${sql.raw(name)} WHERE meter_id = ${twin})`);
  return sql.join(each, sql` AND `);
}

/** Adds the next events to the twin, none above the meter's watermark. */
async function buildTwin(store: Store, { meter, twin }: Twins): Promise<void> {
  const definition = definitionOf(meter);
  const { definition_version } = meter;
  const chunk = await findChunk(store, twin.watermark, chunkLimitsOf(definition), []);
  const end = Math.min(chunk.end, meter.watermark);
  const counting = compileMeter({ id: twin.id, definition_version, definition, names: null });
  // Nothing is added when the twin is no longer the one that was read.
  await store.write([
    ...addEvents([counting], { organizationId: store.organizationId, start: twin.watermark, end }),
    sql`UPDATE meters SET watermark = ${end}
      WHERE id = ${twin.id} AND definition_version = ${definition_version} AND watermark = ${twin.watermark}`,
  ]);
}

/** True while both have the same events, which is when they can be compared. */
function isAbreast({ meter, twin }: Twins): SQL {
  const watermark = (id: string) =>
    sql`(SELECT watermark FROM meters WHERE id = ${id} AND definition_version = ${meter.definition_version})`;
  return sql`${watermark(twin.id)} = ${watermark(meter.id)}`;
}

type Compared = { customer: string; place: number; value?: string; is_different: number };

async function compareRows(store: Store, pair: Twins, state: VerifyState, isRepair: boolean): Promise<Verified> {
  const [[abreast], rows] = await store.read([
    sql<{ is: number }>`SELECT ${isAbreast(pair)} AS "is"`,
    selectDifferences(pair, state),
  ]);
  const result: Verified = { compared: 0, different: [], repaired: 0 };
  if (abreast?.is !== 1) return result;
  result.different = rows.filter((row) => row.is_different === 1).map(keyOf);
  if (isRepair && result.different.length > 0) {
    result.repaired = await repair(store, pair, LISTS[state.list]!.table, result.different);
    // Otherwise one of them has moved on: the same rows are compared again.
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

function selectDifferences({ meter, twin }: Twins, { list, after }: VerifyState): Statement<Compared> {
  const { table, isOfMeter } = LISTS[list]!;
  const { name, keys, sums } = table;
  const [own, other] = isOfMeter ? [meter.id, twin.id] : [twin.id, meter.id];
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

/**
 * Rows that the stored events can still make: no totals since a reset, which also depend on when it was; and where events
 * were ever deleted, or deleted before the meter began to count, only buckets behind them.
 */
function isComparable({ organization_id, events_from }: VerifiedMeter, place: "bucket" | "since"): SQL {
  const from = sql`max(coalesce((SELECT deleted_before FROM organizations WHERE id = ${organization_id}), ${NEVER}),
    coalesce(${events_from}, ${NEVER}))`;
  return place === "since"
    ? sql`since = 0 AND ${from} = ${NEVER}`
    : sql`(${from} = ${NEVER} OR bucket * ${BUCKET_WIDTH} >= ${from})`;
}

/** Replaces rows of the meter by those of its twin; returns how many changed. */
async function repair(store: Store, pair: Twins, { name, keys, sums }: Table, rows: RollupKey[]): Promise<number> {
  const { meter, twin } = pair;
  const table = sql.raw(name);
  const read = sql.raw(keys.map((_, index) => `value ->> ${index}`).join(", "));
  const isListed = sql`(${sql.raw(keys.join(", "))}) IN (SELECT ${read} FROM json_each(${JSON.stringify(rows)}))
    AND ${isAbreast(pair)}`;
  const columns = sql.raw([...keys, ...sums].join(", "));
  const results = await store.write([
    sql`DELETE FROM ${table} WHERE meter_id = ${meter.id} AND ${isListed}`,
    sql`INSERT INTO ${table} (meter_id, ${columns}) SELECT ${meter.id}, ${columns} FROM ${table}
      WHERE meter_id = ${twin.id} AND ${isListed}`,
  ]);
  return results.reduce((sum, { changes }) => Math.max(sum, changes), 0);
}

/** Deletes some rows of a twin, and the twin itself when it has no more; returns whether it is gone. */
async function deleteSomeOfTwin(store: Store, id: string): Promise<boolean> {
  const twin = twinOf(id);
  const results = await store.write([
    // Nothing is added to it any more, by whatever verification.
    sql`UPDATE meters SET definition_version = -1 WHERE id = ${twin}`,
    ...TABLES.map(({ name, keys }) => {
      const [table, columns] = [sql.raw(name), sql.raw(keys.join(", "))];
      return sql`DELETE FROM ${table} WHERE meter_id = ${twin} AND (${columns}) IN (
        SELECT ${columns} FROM ${table} WHERE meter_id = ${twin} LIMIT ${MAX_ROWS}
      )`;
    }),
    sql`DELETE FROM meters WHERE id = ${twin} AND ${isEmpty(twin)}`,
  ]);
  return results.slice(1, -1).every(({ changes }) => changes < MAX_ROWS);
}
