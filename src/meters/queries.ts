import { type SQL, sql } from "drizzle-orm";
import { PolarRequestValidationError, ResourceNotFound } from "../errors.ts";
import type { Idempotency } from "../http/idempotency.ts";
import { MAX_PAGE_BYTES } from "../http/page.ts";
import { eventsFrom } from "../metering/counted.ts";
import { all, meetsMetadata } from "../store/conditions.ts";
import { insertWithKey, type StoredAnswer } from "../store/idempotency.ts";
import { MAX_ROW_BYTES } from "../store/limits.ts";
import { insertOnce } from "../store/statements.ts";
import type { Store } from "../store/store.ts";
import type { meters } from "../store/tables.ts";
import { fold } from "../wire/text.ts";
import type { MeterListQuery } from "./schemas.ts";

/** A meter as it is stored. */
export type MeterRow = typeof meters.$inferSelect;

/**
 * Refuses a meter that would not fit into a row.
 * @throws PolarRequestValidationError
 */
export function requireStorable(row: MeterRow): void {
  const texts = Object.values(row).filter((value) => typeof value === "string");
  // A UTF-16 unit has at most three bytes in UTF-8: most meters need no exact count.
  if (texts.reduce((sum, text) => sum + text.length * 3, 0) <= MAX_ROW_BYTES) return;
  const encoder = new TextEncoder();
  if (texts.reduce((sum, text) => sum + encoder.encode(text).length, 0) <= MAX_ROW_BYTES) return;
  const msg = `A meter can have at most ${MAX_ROW_BYTES} bytes in all. Shorten its name, custom_label or filter.`;
  throw new PolarRequestValidationError([{ type: "too_long", loc: ["body"], msg }]);
}

/** Stores a new meter. It can be repeated when its outcome is unknown: the id keeps it from becoming two. */
export async function insertMeter(store: Store, row: MeterRow): Promise<void> {
  const statements = [insertOnce<typeof meters>("meters", withEventsFrom(row))];
  await store.write(statements, { repeat: statements });
}

/**
 * Stores a new meter unless its idempotency key was used before: one transaction, which can be repeated like insertMeter.
 * @param answer what the request is answered: the meter as JSON, its id among its fields
 * @returns what the key has now: the fingerprint and the answer of the first request
 */
export async function insertMeterOnce(
  store: Store,
  row: MeterRow,
  { key, fingerprint }: Idempotency,
  answer: string,
): Promise<StoredAnswer> {
  const { organization_id, created_at } = row;
  const creation = { organization_id, key, fingerprint, answer, created_at };
  const statements = insertWithKey<typeof meters>("meters", withEventsFrom(row), creation);
  const [, , stored] = await store.write(statements, { repeat: statements });
  return stored!.rows[0] as StoredAnswer;
}

/** A new meter counts the events that are kept: it remembers from when on they are. */
const withEventsFrom = (row: MeterRow) => ({ ...row, events_from: eventsFrom(row.organization_id) });

/**
 * Reads a meter of the organization, by primary key.
 * @throws ResourceNotFound when there is none with that id, or it is another organization's
 */
export async function findMeter(store: Store, id: string): Promise<MeterRow> {
  const [[row]] = await store.read([
    sql<MeterRow>`SELECT * FROM meters WHERE id = ${id} AND organization_id = ${store.organizationId}`,
  ]);
  if (row === undefined) throw new ResourceNotFound("No meter in your organization has this id.");
  return row;
}

/** The size of a meter in an answer, in bytes of JSON. */
export const BYTES = sql.raw(`octet_length(metadata) + octet_length(filter) + octet_length(aggregation)
  + octet_length(json_quote(name)) + octet_length(json_quote(custom_label)) + 500`);

/**
 * Reads one page of an organization's meters and counts them all, in one round trip.
 * @returns no rows when the page would be too large
 */
export async function listMeters(store: Store, query: MeterListQuery): Promise<{ rows: MeterRow[]; total: number }> {
  const where = all([
    sql`organization_id = ${store.organizationId}`,
    query.query === undefined ? undefined : sql`instr(name_folded, ${fold(query.query)}) > 0`,
    query.is_archived === undefined ? undefined : sql.raw(`archived_at IS ${query.is_archived ? "NOT " : ""}NULL`),
    meetsMetadata(sql`metadata`, query.metadata),
  ]);
  const order = orderOf(query.sorting ?? ["name"]);
  // By meters_by_name or meters_by_created_at, which end with the page when nothing is filtered.
  const [rows, [counted]] = await store.read([
    sql<MeterRow>`
      WITH page (id, bytes) AS MATERIALIZED (
        SELECT id, ${BYTES} FROM meters WHERE ${where} ORDER BY ${order} LIMIT ${query.limit} OFFSET ${query.offset}
      )
      SELECT meters.* FROM page CROSS JOIN meters ON meters.id = page.id
      WHERE (SELECT total(bytes) FROM page) <= ${MAX_PAGE_BYTES} ORDER BY ${order}`,
    sql<{ total: number }>`SELECT count(*) AS total FROM meters WHERE ${where}`,
  ]);
  return { rows, total: counted!.total };
}

function orderOf(sorting: NonNullable<MeterListQuery["sorting"]>): SQL {
  const orders = sorting.map((order) => {
    switch (order) {
      case "name":
      case "created_at":
        return `meters.${order}`;
      case "-name":
        return "meters.name DESC";
      case "-created_at":
        return "meters.created_at DESC";
    }
  });
  return sql.raw([...orders, "meters.id"].join(", "));
}
