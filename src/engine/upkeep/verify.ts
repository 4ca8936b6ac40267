import { type SQL, sql } from "drizzle-orm";
import type { Statement, Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import { chunkLimitsOf, findChunk } from "../rollups/chunk.ts";
import { definitionOf } from "../definition/definition.ts";
import { addEvents } from "../rollups/additions.ts";
import { compileMeter } from "../rollups/matching.ts";
import { BUCKET } from "../rollups/rollups.ts";
import { DIFFERS, LISTS, type Table, TABLES, TEXTS } from "./verify-tables.ts";

// A meter is verified against a shadow meter, which no organization sees and whose rollups are rebuilt from the stored events.
// Both are then compared row by row. The shadow has its own watermark, so a verification may take any time.

/** The key of a row of rollups, totals or distinct values, as the table's columns say. */
type RollupKey = (string | number)[];

/** A row that differs: its customer, its bucket (or the seq of a reset), and its distinct value if it is of one. */
export type Difference = { customer: string; bucket: number; value?: string | undefined };

/** The progress of the verification of a meter: it builds the shadow, compares the rows of each table, and deletes the shadow. */
export type VerifyState = {
  meter: string;
  phase: "build" | "compare" | "delete" | "done";
  /** The index of the list that is compared, and its last row so far. */
  list: number;
  after: RollupKey | null;
};

/** The result of a step: the rows that differ, and how many of them were repaired. */
export type Verified = { compared: number; different: Difference[]; repaired: number };

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

/** Returns whether a verification can be in this state, which its caller keeps. */
export const isState = ({ list, after }: VerifyState): boolean =>
  list >= 0 && list <= LISTS.length && (after === null || isKeyOf(LISTS[list]?.table.keys ?? [], after));

const isKeyOf = (keys: string[], key: RollupKey) =>
  key.length === keys.length && keys.every((name, at) => (typeof key[at] === "string") === TEXTS.includes(name));

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
    sql`INSERT INTO meters (id, organization_id, name, name_folded, unit, filter, aggregation, dimensions, metadata, created_at,
        version, definition_version, watermark)
      SELECT ${shadow}, ${shadowOrganization(organizationId)}, name, name_folded, unit, filter, aggregation, dimensions, metadata,
        created_at, version, definition_version, 0 FROM meters WHERE id = ${id} AND organization_id = ${organizationId}
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
  const chunk = await findChunk(store, shadow.watermark, chunkLimitsOf({ definition }), []);
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

type Compared = { customer: string; bucket?: number; since?: number; value?: string; is_different: number };

async function compareRows(store: Store, pair: MeterPair, state: VerifyState, isRepair: boolean): Promise<Verified> {
  const [[watermarks], rows] = await store.read([
    sql<{ are_equal: number }>`SELECT ${haveSameWatermark(pair)} AS are_equal`,
    selectDifferences(pair, state),
  ]);
  const result: Verified = { compared: 0, different: [], repaired: 0 };
  if (watermarks?.are_equal !== 1) return result;
  const { table } = LISTS[state.list]!;
  const different = rows.filter((row) => row.is_different === 1);
  result.different = different.map(({ customer, bucket, since, value }) => ({
    customer,
    bucket: bucket ?? since!,
    value,
  }));
  if (isRepair && different.length > 0) {
    const keys = different.map((row) => keyOf(table, row));
    result.repaired = await repair(store, pair, table, keys);
    // If none was, a watermark has moved, and the same rows are compared again.
    if (result.repaired === 0) return { ...result, different: [] };
  }
  if (LISTS[state.list]!.isOfMeter) result.compared = rows.length;
  const last = rows.at(-1);
  if (rows.length === MAX_ROWS) state.after = keyOf(table, last!);
  else Object.assign(state, { list: state.list + 1, after: null });
  return result;
}

const keyOf = ({ keys }: Table, row: Compared): RollupKey => keys.map((key) => row[key as keyof Compared]!);

function selectDifferences({ meter, shadow }: MeterPair, { list, after }: VerifyState): Statement<Compared> {
  const { table, isOfMeter } = LISTS[list]!;
  const { name, keys, sums } = table;
  const [own, other] = isOfMeter ? [meter.id, shadow.id] : [shadow.id, meter.id];
  const columns = sql.raw(keys.join(", "));
  const behind = after === null ? sql`true` : sql`(${columns}) > (${sql.join(after.map((value) => sql`${value}`), sql`, `)})`; // prettier-ignore
  const isSame = sql.raw(keys.map((key) => `other.${key} = own.${key}`).join(" AND "));
  const differs = sql.join(
    ["meter_id", ...(isOfMeter ? sums : [])].flatMap((column) => DIFFERS[column] ?? []),
    sql` OR `,
  );
  const selected = keys.map((key) => `own.${key}`).join(", ");
  return sql`
    WITH own AS MATERIALIZED (
      SELECT * FROM ${sql.raw(name)} WHERE meter_id = ${own} AND ${isComparable(meter, table)} AND ${behind}
      ORDER BY ${columns} LIMIT ${MAX_ROWS}
    )
    SELECT ${sql.raw(selected)}, ${differs} AS is_different
    FROM own LEFT JOIN ${sql.raw(name)} AS other ON other.meter_id = ${other} AND ${isSame}
    ORDER BY ${sql.raw(selected)}`;
}

/** Matches rows that the stored events can rebuild: no totals since a reset, and no buckets, or previous ones, with deleted events. */
function isComparable({ organization_id, events_from }: VerifiedMeter, { keys }: Table): SQL {
  const from = sql`max(coalesce((SELECT deleted_before FROM organizations WHERE id = ${organization_id}), ${NEVER}),
    coalesce(${events_from}, ${NEVER}))`;
  if (keys.includes("since")) return sql`since = 0 AND ${from} = ${NEVER}`;
  const first = sql.raw(keys.includes("previous") ? "previous" : "bucket");
  return sql`(${from} = ${NEVER} OR ${first} * ${BUCKET_WIDTH} >= ${from})`;
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
