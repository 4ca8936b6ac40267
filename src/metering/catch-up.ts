import { type SQL, sql } from "drizzle-orm";
import { log } from "../log.ts";
import { ADDED_STATEMENTS } from "../store/limits.ts";
import { causeOf, isUnavailable } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import { catchUpActivity } from "./activity.ts";
import { type Chunk, type ChunkLimits, chunkLimitsOf, findChunk, type MeterBehind, selectBehind } from "./chunk.ts";
import { compile, type Definition, definitionOf } from "./definition.ts";
import { requiredNames } from "./required-names.ts";
import { addToRollups, addToUniques, rebuildTotals } from "./rollups.ts";

/** Meters that are caught up together at most, unless limits say otherwise. */
const MAX_METERS = 1000;
/** Meters of the first transaction, and of any. */
const [FIRST_SIZE, MAX_SIZE] = [4, 50];
/** Statements without which no meter advances: two reads, and what begins after them. */
const METERS_STATEMENTS = 5;
/** Milliseconds that a transaction should take: other requests wait meanwhile. */
const TRANSACTION_TIME = 100;

/** What a catch-up may do. */
export type CatchUpLimits = {
  /** Statements, reads included, after which nothing more begins. */
  statements: number;
  /** How many events a meter must be behind; 1 if absent. */
  lag?: number;
  /** Meters that are caught up together at most. */
  meters?: number;
  /** Nothing is caught up when more meters than this are behind. */
  few?: number;
  /** Chunks at most. */
  chunks?: number;
  /** Events of a chunk at most. */
  chunk?: number;
  /** Microseconds that one meter may be expected to take for a chunk. */
  chunkTime?: number;
  /** Meters of one transaction at most. */
  together?: number;
  /** Nothing begins after this time: milliseconds since 1970 UTC. */
  until?: number;
};

/** What a catch-up did: how many statements and transactions ran, and what failed, by the meter's id. */
type Progress = { statements: number; transactions: number; failed: Map<string, unknown> };

/** What a meter counts, at which version of its definition. */
type Counted = { id: string; definition_version: number; definition: Definition };

/** A meter that is behind, and what matters of its definition: null names mean that events of any name can match. */
type Candidate = Counted & { watermark: number; names: string[] | null; chunk: ChunkLimits; hasTotals: boolean };

/**
 * Collects the activity of an organization's customers, then aggregates events above the watermarks of its meters into
 * their rollups, the meters furthest behind first. Losing a run loses nothing: readers add what is above the watermark themselves. A meter that fails is skipped.
 * @throws what the store throws when it is unavailable
 */
export async function catchUp(store: Store, limits: CatchUpLimits): Promise<Progress> {
  const progress: Progress = { statements: 0, transactions: 0, failed: new Map() };
  await collectActivity(store, limits, progress);
  for (let chunks = 0; chunks < (limits.chunks ?? Infinity) && mayGoOn(progress, limits); chunks++) {
    if (!(await catchUpFurthest(store, limits, progress))) break;
  }
  return progress;
}

/** The activity of customers takes about half of the statements that meters do not need to go on at all. */
async function collectActivity(store: Store, limits: CatchUpLimits, progress: Progress): Promise<void> {
  const { lag = 1, until = Infinity } = limits;
  const statements = Math.floor((limits.statements - METERS_STATEMENTS) / 2);
  if (statements < 1) return;
  try {
    Object.assign(progress, await catchUpActivity(store, { statements, lag, until }));
  } catch (error) {
    if (isUnavailable(error)) throw error;
    progress.failed.set("activity", error);
  }
}

/**
 * Catches up and logs what failed. A failure only delays, so it goes no further than the log.
 * @returns how many statements ran
 */
export async function catchUpAndLog(store: Store, limits: CatchUpLimits): Promise<number> {
  const { organizationId: organization_id } = store;
  const logFailure = (error: unknown) =>
    log("error", { error: "CatchUpFailed", organization_id, cause: causeOf(error) });
  try {
    const { statements, transactions, failed } = await catchUp(store, limits);
    for (const failure of failed.values()) logFailure(failure);
    if (transactions > 0) log("info", { catch_up_runs: transactions, organization_id });
    return statements;
  } catch (error) {
    logFailure(error);
    return 0;
  }
}

function mayGoOn({ statements }: Progress, { statements: most, until = Infinity }: CatchUpLimits): boolean {
  return statements < most && Date.now() < until;
}

/**
 * Aggregates the next chunk of events for all meters that are furthest behind. Meters to which no name of the chunk's
 * events matters are moved on without looking at the events.
 * @returns whether any meter may still be behind
 */
async function catchUpFurthest(store: Store, limits: CatchUpLimits, progress: Progress): Promise<boolean> {
  const { lag = 1, meters = MAX_METERS, few = Infinity } = limits;
  const most = Math.min(meters, few + 1);
  const behind = selectBehind(store.organizationId, lag, most, [...progress.failed.keys()]);
  const [rows] = await store.read([behind]);
  progress.statements += 1 + ADDED_STATEMENTS;
  if (rows.length > few) return false;
  const candidates = rows.flatMap((row) => readCandidate(row, limits, progress));
  const [furthest] = candidates;
  if (furthest === undefined) return rows.length > 0;
  // Meters share a chunk when they start at the same event, and it may be equally large for them.
  const group = candidates.filter(
    ({ watermark, chunk: { events, bytes } }) =>
      watermark === furthest.watermark && events === furthest.chunk.events && bytes === furthest.chunk.bytes,
  );
  const names = group.flatMap((meter) => meter.names ?? []);
  const chunk = await findChunk(store, furthest.watermark, furthest.chunk, names);
  progress.statements += 1 + ADDED_STATEMENTS;
  const ready = await withTotals(store, group, limits, progress);
  const isConcerned = (meter: Candidate) => meter.names?.some((name) => chunk.names.has(name)) ?? true;
  const others = ready.filter((meter) => !isConcerned(meter));
  if (others.length > 0) {
    await write(store, [moveWatermarks(store.organizationId, others, furthest.watermark, chunk.end)], progress);
  }
  await aggregate(store, ready.filter(isConcerned), chunk, limits, progress);
  return rows.length === most || group.length < rows.length || chunk.end < chunk.lastSeq;
}

function readCandidate(row: MeterBehind, limits: CatchUpLimits, { failed }: Progress): Candidate[] {
  const { id, definition_version, watermark, totals_watermark } = row;
  try {
    const definition = definitionOf(row);
    const [names, chunk] = [
      requiredNames(definition.filter),
      chunkLimitsOf(definition, limits.chunk, limits.chunkTime),
    ];
    const hasTotals = watermark === totals_watermark;
    return [{ id, definition_version, watermark, definition, names, chunk, hasTotals }];
  } catch (error) {
    failed.set(id, error);
    return [];
  }
}

/** Rebuilds the totals of meters that have none, as far as limits allow; returns the meters that have totals then. */
async function withTotals(store: Store, group: Candidate[], limits: CatchUpLimits, progress: Progress) {
  const ready: Candidate[] = [];
  for (const meter of group) {
    try {
      if (!meter.hasTotals && !mayGoOn(progress, limits)) continue;
      if (!meter.hasTotals) {
        await write(store, rebuildTotals(store.organizationId, meter.id, compile(meter.definition)), progress);
      }
      ready.push(meter);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      progress.failed.set(meter.id, error);
    }
  }
  return ready;
}

/** Aggregates a chunk for several meters: as many in one transaction as it can take without making others wait. */
async function aggregate(store: Store, meters: Candidate[], chunk: Chunk, limits: CatchUpLimits, progress: Progress) {
  const { together: most = MAX_SIZE } = limits;
  let size = Math.min(FIRST_SIZE, most);
  let next = 0;
  while (next < meters.length && mayGoOn(progress, limits)) {
    const together = meters.slice(next, next + size);
    const start = Date.now();
    try {
      await write(store, catchUpStatements(store.organizationId, together, chunk.end), progress);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      if (together.length === 1) progress.failed.set(together[0]!.id, error);
      // Alone, the others succeed.
      else {
        size = 1;
        continue;
      }
    }
    next += together.length;
    const elapsed = Date.now() - start;
    if (elapsed > TRANSACTION_TIME) size = Math.max(1, Math.floor(size / 2));
    else if (elapsed < TRANSACTION_TIME / 2) size = Math.min(most, size * 2);
  }
}

async function write(store: Store, statements: SQL[], progress: Progress): Promise<void> {
  progress.statements += statements.length + ADDED_STATEMENTS;
  progress.transactions++;
  await store.write(statements);
}

/** A meter whose totals have all that its rollups have: nothing may be added to others before they are rebuilt. */
const isCounted = sql`totals_watermark = watermark`;

/** The transaction that aggregates events up to a seq for several meters and moves their watermarks there. */
export function catchUpStatements(organizationId: string, meters: Counted[], end: number): SQL[] {
  const additions = meters.flatMap(({ id, definition_version, definition }) => {
    const compiled = compile(definition);
    // Another run may have moved the watermark meanwhile: what counts is its value inside the transaction.
    const watermark = sql`(SELECT watermark FROM meters WHERE ${isCounted} AND id = ${id}
        AND definition_version = ${definition_version})`;
    const inChunk = sql`e.organization_id = ${organizationId} AND e.seq > ${watermark} AND e.seq <= ${end}`;
    const rollups = addToRollups(id, compiled, inChunk);
    return compiled.func === "unique" ? [rollups, addToUniques(id, compiled, inChunk)] : [rollups];
  });
  return [...additions, moveWatermarks(organizationId, meters, 0, end)];
}

/** Moves watermarks between two seqs to the second one, where definitions are still those that were read. */
function moveWatermarks(organizationId: string, meters: Counted[], start: number, end: number): SQL {
  const read = meters.map(({ id, definition_version }) => [id, definition_version]);
  return sql`
    UPDATE meters SET watermark = ${end}, totals_watermark = ${end} FROM json_each(${JSON.stringify(read)}) AS read
    WHERE meters.id = read.value ->> 0 AND definition_version = read.value ->> 1
      AND organization_id = ${organizationId} AND watermark >= ${start} AND watermark < ${end} AND ${isCounted}`;
}
