import { type SQL, sql } from "drizzle-orm";
import { AdaptiveSize, type Budget } from "../../jobs/budget.ts";
import { log } from "../../log.ts";
import { causeOf, isUnavailable } from "../../store/failures.ts";
import type { Store } from "../../store/store.ts";
import { catchUpActivity } from "./activity.ts";
import { type Chunk, type ChunkLimits, chunkLimitsOf, findChunk, type MeterBehind, selectBehind } from "./chunk.ts";
import { compile, type Definition, definitionOf } from "../definition/definition.ts";
import { requiredNames } from "../definition/required-names.ts";
import { addToRollups, addToUniques, watermarkOf } from "./rollups.ts";

/** Meters that are caught up together at most, unless limits say otherwise. */
const MAX_METERS = 1000;
/** Meters of the first transaction, and of any. */
const [FIRST_SIZE, MAX_SIZE] = [4, 50];
/** Statements without which no meter advances: two reads, and what begins after them. */
const METERS_STATEMENTS = 5;

/** What a catch-up may do beside its budget. */
export type CatchUpLimits = {
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
};

/** What a catch-up did: how many transactions ran, and what failed, by the meter's id. */
type Progress = { transactions: number; failed: Map<string, unknown> };

/** A catch-up that is under way. */
type Run = { store: Store; budget: Budget; limits: CatchUpLimits; progress: Progress };

/** What a meter counts, at which version of its definition. */
type Counted = { id: string; definition_version: number; definition: Definition };

/** A meter that is behind, and what matters of its definition: null names mean that events of any name can match. */
type Candidate = Counted & { watermark: number; names: string[] | null; chunk: ChunkLimits };

/**
 * Collects the activity of an organization's customers, then aggregates events above the watermarks of its meters into
 * their rollups, the meters furthest behind first. Losing a run loses nothing: readers add what is above the watermark themselves. A meter that fails is skipped.
 * @throws what the store throws when it is unavailable
 */
export async function catchUp(store: Store, budget: Budget, limits: CatchUpLimits = {}): Promise<Progress> {
  const progress: Progress = { transactions: 0, failed: new Map() };
  await collectActivity(store, budget, limits, progress);
  const run: Run = { store: budget.counted(store), budget, limits, progress };
  for (let chunks = 0; chunks < (limits.chunks ?? Infinity) && budget.mayGoOn(); chunks++) {
    if (!(await catchUpFurthest(run))) break;
  }
  return progress;
}

/** The activity of customers takes about half of the statements that meters do not need to go on at all. */
async function collectActivity(store: Store, budget: Budget, { lag = 1 }: CatchUpLimits, progress: Progress) {
  const statements = Math.floor((budget.left - METERS_STATEMENTS) / 2);
  if (statements < 1) return;
  try {
    progress.transactions += await catchUpActivity(store, budget.share({ statements }), lag);
  } catch (error) {
    if (isUnavailable(error)) throw error;
    progress.failed.set("activity", error);
  }
}

/** Catches up and logs what failed. A failure only delays, so it goes no further than the log. */
export async function catchUpAndLog(store: Store, budget: Budget, limits?: CatchUpLimits): Promise<void> {
  const { organizationId: organization_id } = store;
  const logFailure = (error: unknown) =>
    log("error", { error: "CatchUpFailed", organization_id, cause: causeOf(error) });
  try {
    const { transactions, failed } = await catchUp(store, budget, limits);
    for (const failure of failed.values()) logFailure(failure);
    if (transactions > 0) log("info", { catch_up_runs: transactions, organization_id });
  } catch (error) {
    logFailure(error);
  }
}

/**
 * Aggregates the next chunk of events for all meters that are furthest behind. Meters to which no name of the chunk's
 * events matters are moved on without looking at the events.
 * @returns whether any meter may still be behind
 */
async function catchUpFurthest(run: Run): Promise<boolean> {
  const { store, limits, progress } = run;
  const { lag = 1, meters = MAX_METERS, few = Infinity } = limits;
  const most = Math.min(meters, few + 1);
  const behind = selectBehind(store.organizationId, lag, most, [...progress.failed.keys()]);
  const [rows] = await store.read([behind]);
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
  const isConcerned = (meter: Candidate) => meter.names?.some((name) => chunk.names.has(name)) ?? true;
  const others = group.filter((meter) => !isConcerned(meter));
  if (others.length > 0) {
    await write(run, [moveWatermarks(store.organizationId, others, furthest.watermark, chunk.end)]);
  }
  await aggregate(run, group.filter(isConcerned), chunk);
  return rows.length === most || group.length < rows.length || chunk.end < chunk.lastSeq;
}

function readCandidate(row: MeterBehind, limits: CatchUpLimits, { failed }: Progress): Candidate[] {
  const { id, definition_version, watermark } = row;
  try {
    const definition = definitionOf(row);
    const [names, chunk] = [
      requiredNames(definition.filter),
      chunkLimitsOf(definition, limits.chunk, limits.chunkTime),
    ];
    return [{ id, definition_version, watermark, definition, names, chunk }];
  } catch (error) {
    failed.set(id, error);
    return [];
  }
}

/** Aggregates a chunk for several meters: as many in one transaction as it can take without making others wait. */
async function aggregate(run: Run, meters: Candidate[], chunk: Chunk): Promise<void> {
  const { store, budget, limits, progress } = run;
  const size = new AdaptiveSize(FIRST_SIZE, limits.together ?? MAX_SIZE);
  let next = 0;
  while (next < meters.length && budget.mayGoOn()) {
    const together = meters.slice(next, next + size.value);
    const start = budget.now();
    try {
      await write(run, catchUpStatements(store.organizationId, together, chunk.end));
    } catch (error) {
      if (isUnavailable(error)) throw error;
      if (together.length === 1) progress.failed.set(together[0]!.id, error);
      // Alone, the others succeed.
      else {
        size.restart();
        continue;
      }
    }
    next += together.length;
    size.adapt(budget.now() - start);
  }
}

async function write({ store, progress }: Run, statements: SQL[]): Promise<void> {
  progress.transactions++;
  await store.write(statements);
}

/** The transaction that aggregates events up to a seq for several meters and moves their watermarks there. */
export function catchUpStatements(organizationId: string, meters: Counted[], end: number): SQL[] {
  const additions = meters.flatMap(({ id, definition_version, definition }) => {
    const compiled = compile(definition);
    // Another run may have moved the watermark meanwhile: what counts is its value inside the transaction.
    const watermark = watermarkOf(id, definition_version);
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
    UPDATE meters SET watermark = ${end} FROM json_each(${JSON.stringify(read)}) AS read
    WHERE meters.id = read.value ->> 0 AND definition_version = read.value ->> 1
      AND organization_id = ${organizationId} AND watermark >= ${start} AND watermark < ${end}`;
}
