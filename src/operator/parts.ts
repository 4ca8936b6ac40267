import { type SQL, sql } from "drizzle-orm";
import { shadowIdOf } from "../engine/upkeep/verify.ts";
import { MAX_COLUMNS } from "../store/limits.ts";
import type { Statement, Store } from "../store/store.ts";
import type * as tables from "../store/tables.ts";

/** The rows of a table that belong to one organization, or to one of its meters, in the order of their keys. */
export type TablePart = { table: string; columns: string[]; keys: readonly string[]; scope: SQL };

/** The values of a row's keys. */
type RowKey = readonly (string | number)[];

/** Where reading continues: in which part, and after which of its rows. */
export type Cursor = { part: number; after: RowKey | null };

/** A row, by column names. */
export type Row = Record<string, string | number | null>;

/** Consecutive rows of one part. */
export type Piece = { part: TablePart; rows: Row[] };

/** The maximum rows and bytes of a chunk; it always has at least one row. */
const [MAX_ROWS, MAX_BYTES] = [2000, 4_000_000];
/** The maximum number of parts in a chunk: organizations can have thousands of meters with few rows each. */
const MAX_PARTS = 20;

/** The key columns of each table, without the meter's or the organization's id. */
type Keys = { [T in keyof typeof tables]: readonly (keyof (typeof tables)[T]["$inferSelect"])[] };

/** The keys of the tables with a meter's data. */
const METER_KEYS = {
  meter_balances: ["customer_id"],
  meter_rollups: ["customer", "bucket"],
  meter_uniques: ["customer", "bucket", "value"],
  meter_value_counts: ["customer", "bucket", "previous"],
  meter_totals: ["customer", "since"],
  meter_total_uniques: ["customer", "since", "value"],
  meter_dimensions: ["customer", "dimension", "bucket", "dimension_value"],
  meter_dimension_uniques: ["customer", "dimension", "bucket", "dimension_value", "value"],
  alert_thresholds: ["customer_id", "basis", "level", "alert_id"],
  compared_balances: ["customer_id"],
} satisfies Partial<Keys>;

/** The keys of all other tables, with meters last, because their ids are needed to find their data. */
const ORGANIZATION_KEYS: Omit<Keys, keyof typeof METER_KEYS> = {
  events: ["seq"],
  voids: ["seq"],
  customers: ["id"],
  holds: ["id"],
  alerts: ["id"],
  alert_triggers: ["id"],
  generations: ["external_id"],
  customer_activity: ["customer"],
  event_counts: ["bucket", "name", "source"],
  idempotency_keys: ["key"],
  organization_access_tokens: ["id"],
  exported_objects: ["first_seq"],
  session_keys: ["id"],
  webhook_endpoints: ["id"],
  webhook_events: ["id"],
  webhook_deliveries: ["event_id", "endpoint_id"],
  webhook_attempts: ["created_at", "id"],
  write_refusals: ["token_id"],
  organizations: ["id"],
  meters: ["id"],
};

const byTable = (keys: Record<string, readonly string[]>) =>
  Object.entries(keys).map(([table, columns]) => ({ table, keys: columns }));
const [OF_METERS, OF_ORGANIZATION] = [byTable(METER_KEYS), byTable(ORGANIZATION_KEYS)];

/** Lists all data of an organization, in parts. */
export async function partsOf(store: Store): Promise<TablePart[]> {
  const ids = await meterIds(store);
  const ofMeters = ids.flatMap((id) => OF_METERS.map((part) => ({ ...part, scope: sql`meter_id = ${id}` })));
  const own = partsOfOrganization(store.organizationId);
  const tables = [...new Set([...OF_METERS, ...own].map(({ table }) => table))];
  const found = await store.read(tables.map((table) => sql<{ name: string }>`PRAGMA table_info(${sql.raw(table)})`));
  const columns = new Map(tables.map((table, index) => [table, found[index]!.map(({ name }) => name)]));
  return [...ofMeters, ...own].map((part) => ({ ...part, columns: columns.get(part.table)! }));
}

/** The ids of an organization's meters, in order. */
export async function meterIds(store: Store): Promise<string[]> {
  const [meters] = await store.read([
    sql<{ id: string }>`SELECT id FROM meters WHERE organization_id = ${store.organizationId} ORDER BY id`,
  ]);
  return meters.map(({ id }) => id);
}

/** The parts of an organization except the data of its meters. */
export function partsOfOrganization(organizationId: string): Omit<TablePart, "columns">[] {
  return OF_ORGANIZATION.map((part) => ({ ...part, scope: scopeOf(part.table, organizationId) }));
}

function scopeOf(table: string, organizationId: string): SQL {
  if (table === "organizations") return sql`id = ${organizationId}`;
  const own = sql`organization_id = ${organizationId}`;
  // The organization's own row belongs to the store: it refuses writes there.
  return table === "write_refusals" ? sql`${own} AND token_id <> ''` : own;
}

/**
 * Reads the next chunk of an organization's rows, in two round trips.
 * @returns the rows, and where to continue: null after the last one
 */
export async function readChunk(store: Store, parts: TablePart[], { part: first, after }: Cursor) {
  const group = parts.slice(first, first + MAX_PARTS);
  const afterIn = (index: number) => (index === 0 ? after : null);
  const found = await store.read(group.map((part, index) => selectSizes(part, afterIn(index))));
  const counts = countsOf(found.map((rows) => rows.map(({ bytes }) => bytes)));
  // Most parts of most meters have no rows.
  const filled = [...counts.keys()].filter((index) => counts[index]! > 0);
  const rows = filled.map((index) => selectRows(group[index]!, afterIn(index), counts[index]!));
  const read = rows.length === 0 ? [] : await store.read(rows);
  const pieces = counts.map((_, index): Piece => ({ part: group[index]!, rows: read[filled.indexOf(index)] ?? [] }));
  return { pieces, next: cursorAfter(pieces, found, first, parts.length) };
}

/** The number of rows of each part, in order, that fit into a chunk. */
function countsOf(sizes: number[][]): number[] {
  let [rows, bytes] = [0, 0];
  const counts: number[] = [];
  for (const part of sizes) {
    const fits = (size: number) => rows === 0 || (rows < MAX_ROWS && bytes + size <= MAX_BYTES);
    let count = 0;
    for (; count < part.length && fits(part[count]!); count++) {
      bytes += part[count]!;
      rows++;
    }
    counts.push(count);
    if (count < part.length) break;
  }
  return counts;
}

function cursorAfter(pieces: Piece[], found: unknown[][], first: number, parts: number): Cursor | null {
  const last = pieces.length - 1;
  const { part, rows } = pieces[last]!;
  if (rows.length < found[last]!.length && rows.length > 0) {
    return { part: first + last, after: part.keys.map((key) => rows.at(-1)![key]!) };
  }
  const next = first + (rows.length < found[last]!.length ? last : last + 1);
  return next < parts ? { part: next, after: null } : null;
}

function selectSizes(part: TablePart, after: RowKey | null): Statement<{ bytes: number }> {
  const sizes = part.columns.map((name) => sql`coalesce(octet_length(${sql.raw(name)}), 0)`);
  // One row more than the maximum shows that there are more.
  return sql`SELECT ${sql.join(sizes, sql` + `)} AS bytes ${fromPart(part, after)} LIMIT ${MAX_ROWS + 1}`;
}

function selectRows(part: TablePart, after: RowKey | null, count: number): Statement<Row> {
  return sql`SELECT ${sql.raw(part.columns.join(", "))} ${fromPart(part, after)} LIMIT ${count}`;
}

function fromPart({ table, keys, scope }: Omit<TablePart, "columns">, after: RowKey | null): SQL {
  const columns = sql.raw(keys.join(", "));
  const values = after?.map((value) => sql`${value}`);
  const isAfter = values === undefined ? sql`true` : sql`(${columns}) > (${sql.join(values, sql`, `)})`;
  return sql`FROM ${sql.raw(table)} WHERE ${scope} AND ${isAfter} ORDER BY ${columns}`;
}

/** Inserts rows that were read from the other store, several per statement; existing rows stay unchanged. */
export function insertRows({ part, rows }: Piece): SQL[] {
  const { table, columns } = part;
  const target = sql.raw(`${table} (${columns.join(", ")})`);
  const most = Math.floor(MAX_COLUMNS / columns.length);
  const statements: SQL[] = [];
  for (let at = 0; at < rows.length; at += most) {
    const values = rows.slice(at, at + most).map((row) => {
      const own = columns.map((name) => sql`${row[name]}`);
      return sql`(${sql.join(own, sql`, `)})`;
    });
    statements.push(sql`INSERT INTO ${target} VALUES ${sql.join(values, sql`, `)} ON CONFLICT DO NOTHING`);
  }
  return statements;
}

/** Deletes the first rows of a part, at most a chunk. */
export function deleteSome(part: Omit<TablePart, "columns">): SQL {
  const keys = sql.raw(part.keys.join(", "));
  const table = sql.raw(part.table);
  return sql`DELETE FROM ${table} WHERE ${part.scope} AND (${keys}) IN (
    SELECT ${keys} FROM ${table} WHERE ${part.scope} ORDER BY ${keys} LIMIT ${MAX_ROWS})`;
}

/** Deletes some rows of the data of meters, and of unfinished verifications of them. */
export function deleteOfMeters(ids: string[]): SQL[] {
  const list = JSON.stringify(ids.flatMap((id) => [id, shadowIdOf(id)]));
  const scope = sql`meter_id IN (SELECT value FROM json_each(${list}))`;
  return OF_METERS.map(({ table, keys }) => deleteSome({ table, keys: ["meter_id", ...keys], scope }));
}
