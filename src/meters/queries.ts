import { and, eq } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { retryLost } from "../db/failures.ts";
import { meters } from "../db/schema.ts";
import type { Meter, MeterCreate } from "./schemas.ts";

type Row = typeof meters.$inferSelect;

/**
 * Stores a new meter: one statement. A lost connection is retried with the same id, which can't make a second one.
 * @param now milliseconds since 1970 UTC
 */
export async function insertMeter(
  db: Database,
  organizationId: string,
  meter: MeterCreate,
  now: number,
): Promise<Meter> {
  const row: Row = {
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
  await retryLost(() => db.insert(meters).values(row).onConflictDoNothing().run());
  return toMeter(row);
}

/** Reads a meter of the organization, by primary key; null when there is none of that id, or it is another's. */
export async function findMeter(db: Database, organizationId: string, id: string): Promise<Meter | null> {
  const row = await db
    .select()
    .from(meters)
    .where(and(eq(meters.id, id), eq(meters.organizationId, organizationId)))
    .get();
  return row === undefined ? null : toMeter(row);
}

/** Brings a name into the form in which names are searched: without case, in every script. */
function fold(name: string): string {
  // Upper case first: it joins what has one upper case but several lower ones, such as ß and ss, σ and ς.
  return name.toUpperCase().toLowerCase();
}

function toMeter(row: Row): Meter {
  return {
    metadata: JSON.parse(row.metadata),
    created_at: toTime(row.createdAt),
    modified_at: row.modifiedAt === null ? null : toTime(row.modifiedAt),
    id: row.id,
    name: row.name,
    unit: row.unit,
    custom_label: row.customLabel,
    custom_multiplier: row.customMultiplier,
    filter: JSON.parse(row.filter),
    aggregation: JSON.parse(row.aggregation),
    organization_id: row.organizationId,
    archived_at: row.archivedAt === null ? null : toTime(row.archivedAt),
  };
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
