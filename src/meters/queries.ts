import { and, asc, count, desc, eq, getTableColumns, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { retryLost } from "../db/failures.ts";
import { meetsMetadata } from "../db/metadata.ts";
import { idempotencyKeys, meters } from "../db/schema.ts";
import { PolarRequestValidationError, ResourceNotFound } from "../errors.ts";
import { MAX_PAGE_BYTES, MAX_ROW_BYTES } from "../db/limits.ts";
import { fold } from "../schema/text.ts";
import { type Definition, parseDefinition } from "./definition.ts";
import type { MeterCreate, MeterListQuery } from "./schemas.ts";

/** A meter as it is stored. */
export type MeterRow = typeof meters.$inferSelect;

/** What a stored meter counts. */
export function toDefinition(row: MeterRow): Definition {
  return parseDefinition(row.filter, row.aggregation);
}

/** A new meter, with the id under which it will be inserted however often that is tried. */
export function newMeter(organizationId: string, meter: MeterCreate, now: number): MeterRow {
  return {
    id: crypto.randomUUID(),
    organizationId,
    name: meter.name,
    nameFolded: fold(meter.name),
    unit: meter.unit,
    customLabel: meter.custom_label,
    customMultiplier: meter.custom_multiplier,
    filter: JSON.stringify(meter.filter),
    aggregation: JSON.stringify(meter.aggregation),
    metadata: JSON.stringify(meter.metadata),
    createdAt: now,
    modifiedAt: null,
    archivedAt: null,
    version: 1,
    definitionVersion: 1,
    watermark: 0,
  };
}

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

/** Stores a new meter: one statement. A lost connection is retried: the id keeps it from becoming two. */
export async function insertMeter(db: Database, row: MeterRow): Promise<void> {
  await retryLost(() => db.insert(meters).values(row).onConflictDoNothing().run());
}

/**
 * Stores a new meter unless its idempotency key was used before: one transaction, which can be retried like insertMeter.
 * @param answer what the request is answered: the meter as JSON, its id among its fields
 * @returns the fingerprint and the answer that the key stands for now, the first request's
 */
export async function insertMeterOnce(
  db: Database,
  row: MeterRow,
  { key, fingerprint }: { key: string; fingerprint: string },
  answer: string,
): Promise<{ fingerprint: string; answer: string }> {
  const { organizationId, createdAt } = row;
  const ofKey = and(eq(idempotencyKeys.organizationId, organizationId), eq(idempotencyKeys.key, key));
  const values = Object.keys(getTableColumns(meters)).map((field) => sql`${row[field as keyof MeterRow]}`);
  const [, , [stored]] = await retryLost(() =>
    db.batch([
      db
        .insert(idempotencyKeys)
        .values({ organizationId, key, fingerprint, status: 201, answer, createdAt })
        .onConflictDoNothing(),
      // Only for the key's own meter: a key that stood there before names another one.
      db
        .insert(meters)
        .select(
          sql`SELECT ${sql.join(values, sql`, `)}
            WHERE (SELECT answer ->> '$.id' FROM ${idempotencyKeys} WHERE ${ofKey}) = ${row.id}`,
        )
        .onConflictDoNothing(),
      db
        .select({ fingerprint: idempotencyKeys.fingerprint, answer: idempotencyKeys.answer })
        .from(idempotencyKeys)
        .where(ofKey),
    ]),
  );
  return stored!;
}

/** Reads a meter of the organization, by primary key; null when there is none of that id, or it is another's. */
export async function findMeter(db: Database, organizationId: string, id: string): Promise<MeterRow | null> {
  return (await db.select().from(meters).where(ofId(organizationId, id)).get()) ?? null;
}

/**
 * Reads a meter of the organization.
 * @throws ResourceNotFound
 */
export async function requireMeter(db: Database, organizationId: string, id: string): Promise<MeterRow> {
  const row = await findMeter(db, organizationId, id);
  if (row === null) throw new ResourceNotFound("No meter in your organization has this id.");
  return row;
}

/** The size of a meter in an answer, in bytes of JSON. */
const BYTES = sql<number>`octet_length(${meters.metadata}) + octet_length(${meters.filter}) + octet_length(${meters.aggregation})
  + octet_length(json_quote(${meters.name})) + octet_length(json_quote(${meters.customLabel})) + 500`;

/**
 * Reads one page of an organization's meters and counts them all, in one round trip.
 * @returns no rows when the page would be too large
 */
export async function listMeters(
  db: Database,
  organizationId: string,
  query: MeterListQuery,
): Promise<{ rows: MeterRow[]; total: number }> {
  const where = and(
    eq(meters.organizationId, organizationId),
    query.query === undefined ? undefined : sql`instr(${meters.nameFolded}, ${fold(query.query)}) > 0`,
    query.is_archived === undefined ? undefined : (query.is_archived ? isNotNull : isNull)(meters.archivedAt),
    meetsMetadata(meters.metadata, query.metadata),
  );
  const order = [...orderOf(query.sorting ?? ["name"]), asc(meters.id)];
  // By meters_by_name or meters_by_created_at, which stop at the page's end where nothing is filtered.
  const page = db.$with("page").as(
    db
      .select({ id: meters.id, bytes: BYTES.as("bytes") })
      .from(meters)
      .where(where)
      .orderBy(...order)
      .limit(query.limit)
      .offset(query.offset),
  );
  const [rows, [totals]] = await db.batch([
    // The page's rows are read only when all of them together are not too large.
    db
      .with(page)
      .select(getTableColumns(meters))
      .from(page)
      .innerJoin(meters, eq(meters.id, page.id))
      .where(sql`(SELECT total(bytes) FROM page) <= ${MAX_PAGE_BYTES}`)
      .orderBy(...order),
    db.select({ total: count() }).from(meters).where(where),
  ]);
  return { rows, total: totals!.total };
}

/**
 * Writes a meter over the version that it was computed from: one statement.
 * @returns false when the meter is no longer at that version, and nothing was written
 */
export async function replaceMeter(db: Database, from: MeterRow, to: Partial<MeterRow>): Promise<boolean> {
  const { meta } = await db
    .update(meters)
    .set(to)
    .where(and(ofId(from.organizationId, from.id), eq(meters.version, from.version)))
    .run();
  return meta.changes > 0;
}

function ofId(organizationId: string, id: string): SQL | undefined {
  return and(eq(meters.id, id), eq(meters.organizationId, organizationId));
}

function orderOf(sorting: NonNullable<MeterListQuery["sorting"]>): SQL[] {
  const columns = { name: meters.name, created_at: meters.createdAt };
  return sorting.map((order) => {
    switch (order) {
      case "name":
      case "created_at":
        return asc(columns[order]);
      case "-name":
        return desc(columns.name);
      case "-created_at":
        return desc(columns.created_at);
    }
  });
}
