import { sql } from "drizzle-orm";
import { MAX_PARAMETER_BYTES } from "../../store/limits.ts";
import type { Statement, Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import { parseJson } from "../../wire/json.ts";
import { keepsValues } from "../definition/aggregation.ts";
import type { Definition } from "../definition/definition.ts";
import { GROUP_COST, type ScanCost, scanCostOf } from "../definition/scan-cost.ts";
import { hasAlertsOn } from "./watched.ts";

/** The maximum number of events in a chunk. Chunks end at multiples of it, so that meters end up with equal watermarks. */
const CHUNK_EVENTS = 10_000;
/** The bytes of metadata at which a chunk ends early. */
const CHUNK_BYTES = 4_000_000;
/** The maximum estimated time of a transaction's statements in microseconds; other requests wait meanwhile. */
export const TRANSACTION_TIME = 100_000;
/** Bytes of definitions that are read at once: a statement binds all of their names in one value, and their values in another. */
const DEFINITION_BYTES = MAX_PARAMETER_BYTES;

/** A meter that is behind its organization's events. */
export type MeterBehind = Pick<
  typeof meters.$inferSelect,
  "id" | "definition_version" | "filter" | "aggregation" | "watermark" | "dimensions"
> & { is_watched: number };

/** The limits of a chunk. */
export type ChunkLimits = { events: number; bytes: number };

/** A number of events, and the bytes of their metadata. */
export type Share = { events: number; bytes: number };

/** The events to aggregate next: up to which seq, and the share of each relevant name. */
export type Chunk = { end: number; lastSeq: number; names: Map<string, Share> };

/** A meter whose events are counted. */
type Counting = { definition: Definition; isWatched?: boolean };

/** The microseconds to evaluate the alerts of a customer, of which each event can have another one. */
const COMPARING = 15;

/** Estimates what it costs to count an event for a meter: each statement of the transaction examines it. */
function countingCostOf({ definition, isWatched = false }: Counting): ScanCost {
  const { perEvent, perByte } = scanCostOf(definition);
  const dimensions = definition.dimensions?.length ?? 0;
  const statements = (keepsValues(definition.aggregation.func) ? 5 : 2) + dimensions + (isWatched ? 1 : 0);
  return {
    perEvent: perEvent * statements + GROUP_COST.perEvent * dimensions + (isWatched ? COMPARING : 0),
    perByte: perByte * statements + GROUP_COST.perByte * dimensions,
  };
}

/** Computes the limits of a chunk, which are smaller for a definition that is slow to evaluate. */
export function chunkLimitsOf(meter: Counting, most = CHUNK_EVENTS): ChunkLimits {
  const { perEvent, perByte } = countingCostOf(meter);
  return {
    events: Math.max(1, Math.min(most, Math.floor(TRANSACTION_TIME / perEvent))),
    bytes: Math.min(CHUNK_BYTES, Math.floor((TRANSACTION_TIME * 1000) / perByte)),
  };
}

/** Estimates the microseconds that it takes to count some events for a meter. */
export function countingTimeOf(meter: Counting, { events, bytes }: Share): number {
  const { perEvent, perByte } = countingCostOf(meter);
  return events * perEvent + (bytes * perByte) / 1000;
}

/**
 * Selects the meters that are at least `lag` events behind, the one furthest behind first.
 * @param only the id of the one meter that is selected
 * @param watched selects only meters that alerts watch
 */
export function selectBehind(
  organizationId: string,
  lag: number,
  most: number,
  except: string[],
  { only, watched }: { only?: string | undefined; watched?: true | undefined } = {},
) {
  return sql<MeterBehind>`
    WITH behind AS (
      SELECT m.id, m.definition_version, m.filter, m.aggregation, m.watermark, m.dimensions,
        ${hasAlertsOn(sql`m.id`)} AS is_watched
      FROM organizations AS o JOIN meters AS m ON m.organization_id = o.id
      WHERE o.id = ${organizationId} AND m.watermark <= o.last_seq - ${lag}
        AND m.id NOT IN (SELECT value FROM json_each(${JSON.stringify(except)}))${only && sql` AND m.id = ${only}`}${watched && sql` AND is_watched`}
      ORDER BY m.watermark LIMIT ${most}
    ),
    sizes AS (
      SELECT *, sum(octet_length(filter)) OVER (ORDER BY watermark, id) - octet_length(filter) AS size_before FROM behind
    )
    SELECT id, definition_version, filter, aggregation, watermark, dimensions, is_watched FROM sizes
    WHERE size_before < ${DEFINITION_BYTES} ORDER BY watermark, id`;
}

/**
 * Finds the next chunk above a watermark: up to the maximum number of events, fewer if they are large.
 * @param names the event names to count
 */
export async function findChunk(store: Store, start: number, limits: ChunkLimits, names: string[]): Promise<Chunk> {
  const [[found]] = await store.read([selectChunk(store.organizationId, start, limits, names)]);
  const shares = (parseJson(found!.names) as [string, number, number][]).map(
    ([name, events, bytes]): [string, Share] => [name, { events, bytes }],
  );
  return { end: found!.end, lastSeq: found!.last_seq, names: new Map(shares) };
}

/** A chunk as it is read; `names` is a JSON list of names, numbers of events and bytes. */
type FoundChunk = { end: number; last_seq: number; names: string };

function selectChunk(
  organizationId: string,
  start: number,
  limits: ChunkLimits,
  names: string[],
): Statement<FoundChunk> {
  const most = (Math.floor(start / limits.events) + 1) * limits.events;
  const inSpan = sql`e.organization_id = ${organizationId} AND e.seq > ${start} AND e.seq <= (SELECT high FROM span)`;
  // Most chunks are small, and total() is faster than a running sum.
  return sql`
    WITH span (high, last_seq) AS MATERIALIZED (
      SELECT min(${most}, last_seq), last_seq FROM organizations WHERE id = ${organizationId}
    ),
    chunk (last) AS MATERIALIZED (
      SELECT CASE
        WHEN (SELECT total(octet_length(e.metadata)) FROM events AS e WHERE ${inSpan}) < ${limits.bytes} THEN high
        ELSE coalesce((
          SELECT min(seq) FROM (
            SELECT e.seq, sum(octet_length(e.metadata)) OVER (ORDER BY e.seq) AS size FROM events AS e WHERE ${inSpan}
          ) WHERE size >= ${limits.bytes}
        ), high)
      END FROM span
    )
    SELECT last AS "end", last_seq, (
      SELECT json_group_array(json_array(name, events, bytes)) FROM (
        SELECT e.name, count(*) AS events, sum(octet_length(e.metadata)) AS bytes FROM events AS e
        WHERE e.organization_id = ${organizationId} AND e.seq > ${start} AND e.seq <= (SELECT last FROM chunk)
          AND e.name IN (SELECT value FROM json_each(${JSON.stringify(names)}))
        GROUP BY e.name
      )
    ) AS names FROM chunk, span`;
}
