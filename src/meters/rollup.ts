import { type SQL, sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/client.ts";
import { causeOf } from "../db/failures.ts";
import { log } from "../log.ts";
import { type CompiledDefinition, compile, parseDefinition } from "./definition.ts";
import { scanCostOf } from "./scan-cost.ts";

/** The width of a bucket in milliseconds: every offset from UTC in use is a multiple of 15 minutes. */
export const BUCKET = 15 * 60 * 1000;
/** Events that one transaction of a meter's catch-up aggregates at most. */
const CHUNK = 5000;
/** Bytes of metadata after which a chunk ends early. */
const CHUNK_BYTES = 4_000_000;
/** Microseconds that examining the events of a chunk may be expected to take: other requests wait meanwhile. */
const CHUNK_TIME = 250_000;
/** A sum stays inside this range: a column never holds an infinity, and nothing can become NaN. */
const GREATEST = sql.raw("1.7976931348623157e308");

/** The bucket of an event `e`: quarters of an hour since 1970 UTC. */
export const BUCKET_OF_EVENT = sql.raw(`(e.timestamp / ${BUCKET})`);
/** The customer of an event `e` in rollups: the identity that the event carried. */
export const CUSTOMER_OF_EVENT = sql.raw("('ext:' || e.external_customer_id)");

/** A meter that is to be caught up. */
export type Behind = {
  id: string;
  organization_id: string;
  definition_version: number;
  filter: string;
  aggregation: string;
};

/** The last seq that a meter's rollups contain; NULL when its definition is no longer the compiled one. */
export function watermarkOf(meterId: string, definitionVersion: number): SQL {
  return sql`(SELECT watermark FROM meters WHERE id = ${meterId} AND definition_version = ${definitionVersion})`;
}

/**
 * Aggregates events above the meters' watermarks into their rollups, the meter that is furthest behind first.
 * Losing a run loses nothing: readers add what is above the watermark themselves. A meter that fails is skipped.
 * @param organizationId whose meters; all organizations' when absent
 * @param runs how many transactions at most; each takes four or five statements
 * @param lag how many events a meter must be behind
 * @returns how many transactions were run, and what failed
 */
export async function catchUp(
  db: Database,
  { organizationId, runs, lag = 1 }: { organizationId?: string; runs: number; lag?: number },
): Promise<{ runs: number; failures: unknown[] }> {
  const failed = new Map<string, unknown>();
  let left = runs;
  while (left > 0) {
    const behind = await findBehind(db, organizationId, lag, left, [...failed.keys()]);
    if (behind.length === 0) break;
    for (const meter of behind) await catchUpMeter(db, meter).catch((error) => failed.set(meter.id, error));
    left -= behind.length;
  }
  return { runs: runs - left, failures: [...failed.values()] };
}

/** Catches up and writes a line about it; a failure costs nothing but time, so it goes no further than the log. */
export async function catchUpAndLog(db: Database, options: Parameters<typeof catchUp>[1]): Promise<void> {
  try {
    const { runs, failures } = await catchUp(db, options);
    for (const failure of failures) log("error", { error: "CatchUpFailed", cause: causeOf(failure) });
    if (runs > 0) log("info", { catch_up_runs: runs });
  } catch (error) {
    log("error", { error: "CatchUpFailed", cause: causeOf(error) });
  }
}

/** Aggregates one chunk of events into one meter's rollups: one transaction, which does nothing when the definition changed. */
export async function catchUpMeter(db: Database, meter: Behind, chunk = CHUNK): Promise<void> {
  const definition = parseDefinition(meter.filter, meter.aggregation);
  const compiled = compile(definition);
  const { perEvent, perByte } = scanCostOf(definition);
  const most = Math.max(1, Math.min(chunk, Math.floor(CHUNK_TIME / perEvent)));
  const bytes = Math.min(CHUNK_BYTES, Math.floor((CHUNK_TIME * 1000) / perByte));
  const watermark = watermarkOf(meter.id, meter.definition_version);
  const [[end]] = await runBatch<[{ seq: number | null }[]]>(db, [
    endOfChunk(meter.organization_id, watermark, most, bytes),
  ]);
  if (end?.seq == null) return;
  // Another run may have moved the watermark meanwhile: what counts is what it is inside the transaction.
  const inChunk = sql`e.organization_id = ${meter.organization_id} AND e.seq > ${watermark} AND e.seq <= ${end.seq}`;
  await runBatch(db, [
    addToRollups(meter.id, compiled, inChunk),
    ...(compiled.func === "unique" ? [addToUniques(meter.id, compiled, inChunk)] : []),
    sql`UPDATE meters SET watermark = ${end.seq}
      WHERE id = ${meter.id} AND definition_version = ${meter.definition_version} AND watermark < ${end.seq}`,
  ]);
}

/** The last seq of the next chunk: so many events, or fewer where they are large; gaps in the numbers are skipped. */
function endOfChunk(organizationId: string, watermark: SQL, chunk: number, bytes: number): SQL {
  return sql`
    WITH RECURSIVE
    span (low, high) AS (
      SELECT ${watermark}, min(${watermark} + ${chunk}, last_seq) FROM organizations WHERE id = ${organizationId}
    ),
    walk (seq, size) AS (
      SELECT low, 0 FROM span
      UNION ALL
      SELECT e.seq, walk.size + octet_length(e.metadata) FROM walk, span
      JOIN events AS e ON e.organization_id = ${organizationId} AND e.seq = (
        SELECT min(seq) FROM events WHERE organization_id = ${organizationId} AND seq > walk.seq AND seq <= high
      )
      WHERE walk.size < ${bytes}
    )
    SELECT CASE WHEN max(walk.size) < ${bytes} THEN (SELECT high FROM span) ELSE max(walk.seq) END AS seq FROM walk`;
}

async function findBehind(
  db: Database,
  organizationId: string | undefined,
  lag: number,
  most: number,
  except: string[],
): Promise<Behind[]> {
  const own = organizationId === undefined ? sql`1` : sql`m.organization_id = ${organizationId}`;
  const [behind] = await runBatch<[Behind[]]>(db, [
    sql`SELECT m.id, m.organization_id, m.definition_version, m.filter, m.aggregation
      FROM organizations AS o JOIN meters AS m ON m.organization_id = o.id
      WHERE m.watermark <= o.last_seq - ${lag} AND ${own}
        AND m.id NOT IN (SELECT value FROM json_each(${JSON.stringify(except)}))
      ORDER BY m.watermark - o.last_seq LIMIT ${most}`,
  ]);
  return behind;
}

/** Every event counts twice: for its customer, and for all customers (''). */
const EACH_AND_ALL = sql`(SELECT 0 AS each UNION ALL SELECT 1) AS share`;
const SHARE = sql`CASE share.each WHEN 1 THEN part.customer ELSE '' END`;

function addToRollups(meterId: string, definition: CompiledDefinition, inChunk: SQL): SQL {
  // A unique meter's rows count the events that match, with or without a value: they tell which customers have events.
  const counts = definition.func === "unique" ? sql`1` : definition.contributes;
  const value = definition.func === "unique" ? sql`NULL` : definition.value;
  return sql`
    INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max)
    SELECT ${meterId}, ${SHARE} AS customer, part.bucket, count(*), ${clamp(sql`total(part.value)`)}, min(part.value), max(part.value)
    FROM (
      SELECT ${CUSTOMER_OF_EVENT} AS customer, ${BUCKET_OF_EVENT} AS bucket, ${value} AS value
      FROM ${definition.from} WHERE ${inChunk} AND ${definition.matches} AND ${counts}
    ) AS part, ${EACH_AND_ALL}
    WHERE true GROUP BY 2, 3
    ON CONFLICT (meter_id, customer, bucket) DO UPDATE SET
      count = count + excluded.count,
      sum = ${clamp(sql`sum + excluded.sum`)},
      min = min(min, excluded.min),
      max = max(max, excluded.max)`;
}

function addToUniques(meterId: string, definition: CompiledDefinition, inChunk: SQL): SQL {
  return sql`
    INSERT INTO meter_uniques (meter_id, customer, bucket, value)
    SELECT DISTINCT ${meterId}, ${SHARE}, part.bucket, part.value
    FROM (
      SELECT ${CUSTOMER_OF_EVENT} AS customer, ${BUCKET_OF_EVENT} AS bucket, ${definition.value} AS value
      FROM ${definition.from} WHERE ${inChunk} AND ${definition.matches} AND ${definition.contributes}
    ) AS part, ${EACH_AND_ALL}
    WHERE true ON CONFLICT DO NOTHING`;
}

/** Keeps a sum inside the range of finite doubles. */
export function clamp(number: SQL): SQL {
  return sql`max(min(${number}, ${GREATEST}), -${GREATEST})`;
}
