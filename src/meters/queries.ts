import { and, asc, desc, eq, getTableColumns, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import { InvalidFields, ResourceNotFound } from "../errors.ts";
import { eventsFrom } from "../engine/rollups/counted.ts";
import { meetsMetadata } from "../store/conditions.ts";
import { db } from "../store/db.ts";
import { type Idempotency, insertWithKey, type StoredAnswer } from "../store/idempotency.ts";
import { MAX_PAGE_BYTES, MAX_ROW_BYTES } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { meters } from "../store/tables.ts";
import { fold } from "../wire/text.ts";
import type { MeterListQuery } from "./schemas.ts";

/** A meter as it is stored. */
export type MeterRow = typeof meters.$inferSelect;

/**
 * Refuses a meter that does not fit into a row.
 * @throws InvalidFields
 */
export function requireStorable(row: MeterRow): void {
  const texts = Object.values(row).filter((value) => typeof value === "string");
  // A UTF-16 unit has at most three bytes in UTF-8: most meters need no exact count.
  if (texts.reduce((sum, text) => sum + text.length * 3, 0) <= MAX_ROW_BYTES) return;
  const encoder = new TextEncoder();
  if (texts.reduce((sum, text) => sum + encoder.encode(text).length, 0) <= MAX_ROW_BYTES) return;
  const msg = `A meter can have at most ${MAX_ROW_BYTES} bytes in all. Shorten its name, custom_label or filter.`;
  throw new InvalidFields([{ type: "too_long", field: [], msg }]);
}

/**
 * Stores a new meter. It can be repeated when its outcome is unknown, because of the id.
 * @param condition an SQL condition to evaluate in the same transaction
 * @returns whether the condition is true
 */
export async function insertMeter(store: Store, row: MeterRow, condition: SQL | null = null): Promise<boolean> {
  const insert = db.insert(meters).values(withEventsFrom(row)).onConflictDoNothing();
  const statements = condition === null ? [insert] : [insert, sql`SELECT ${condition} AS is_true`];
  const [, found] = await store.write(statements, { repeat: statements });
  return (found?.rows as { is_true: number }[] | undefined)?.[0]?.is_true === 1;
}

/**
 * Stores a new meter unless its idempotency key was used before: one transaction, which can be repeated like insertMeter.
 * @param answer the meter as JSON, with its id; or SQL that computes it
 * @returns the stored answer of the key, which can be that of an earlier request
 */
export async function insertMeterOnce(
  store: Store,
  row: MeterRow,
  { key, fingerprint }: Idempotency,
  answer: string | SQL,
): Promise<StoredAnswer> {
  const { organization_id, created_at } = row;
  const creation = { organization_id, key, fingerprint, answer, created_at };
  const statements = insertWithKey(meters, withEventsFrom(row), creation);
  const [, , stored] = await store.write(statements, { repeat: statements });
  return stored!.rows[0] as StoredAnswer;
}

/** Adds the organization's events_from: a new meter counts only events that have not been deleted. */
const withEventsFrom = (row: MeterRow) => ({ ...row, events_from: eventsFrom(row.organization_id) });

/** Selects a meter of the organization, by primary key. */
export function selectMeter(organizationId: string, id: string) {
  return db
    .select()
    .from(meters)
    .where(and(eq(meters.id, id), eq(meters.organization_id, organizationId)));
}

/**
 * Reads a meter of the organization.
 * @throws ResourceNotFound when there is none with that id, or it is another organization's
 */
export async function findMeter(store: Store, id: string): Promise<MeterRow> {
  const [rows] = await store.read([selectMeter(store.organizationId, id)]);
  return onlyMeter(rows);
}

/**
 * Returns the meter that was selected.
 * @throws ResourceNotFound when there was none
 */
export function onlyMeter([row]: MeterRow[]): MeterRow {
  if (row === undefined) throw new ResourceNotFound("No meter in your organization has this id.");
  return row;
}

/** The size of a meter in an answer, in bytes of JSON. */
export const METER_BYTES = sql<number>`octet_length(${meters.metadata}) + octet_length(${meters.filter})
  + octet_length(${meters.aggregation}) + coalesce(octet_length(${meters.dimensions}), 0) + octet_length(json_quote(${meters.name}))
  + octet_length(json_quote(${meters.custom_label})) + 500`;

/**
 * Reads one page of an organization's meters and counts them all, in one round trip.
 * @returns no rows when the page would be too large
 */
export async function listMeters(store: Store, query: MeterListQuery): Promise<{ rows: MeterRow[]; total: number }> {
  const where = and(
    eq(meters.organization_id, store.organizationId),
    query.query === undefined ? undefined : sql`instr(${meters.name_folded}, ${fold(query.query)}) > 0`,
    query.is_archived === undefined ? undefined : (query.is_archived ? isNotNull : isNull)(meters.archived_at),
    meetsMetadata(meters.metadata, query.metadata),
  );
  const order = [...(query.sorting ?? ["name"]).map((name) => ORDERS[name]), meters.id];
  // By meters_by_name or meters_by_created_at, which end with the page when nothing is filtered.
  const page = db.$with("page").as(
    db
      .select({ id: meters.id, bytes: METER_BYTES.as("bytes") })
      .from(meters)
      .where(where)
      .orderBy(...order)
      .limit(query.limit)
      .offset(query.offset),
  );
  const [rows, [counted]] = await store.read([
    db
      .with(page)
      .select(getTableColumns(meters))
      .from(page)
      .crossJoin(meters)
      .where(and(eq(meters.id, page.id), lte(sql`(SELECT total(${page.bytes}) FROM ${page})`, MAX_PAGE_BYTES)))
      .orderBy(...order),
    db
      .select({ total: sql<number>`count(*)`.as("total") })
      .from(meters)
      .where(where),
  ]);
  return { rows, total: counted!.total };
}

const ORDERS = {
  name: asc(meters.name),
  "-name": desc(meters.name),
  created_at: asc(meters.created_at),
  "-created_at": desc(meters.created_at),
};
