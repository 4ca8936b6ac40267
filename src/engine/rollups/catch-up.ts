import type { SQL } from "drizzle-orm";
import { ServiceUnavailable } from "../../errors.ts";
import { AdaptiveSize, Budget } from "../../jobs/budget.ts";
import { log } from "../../log.ts";
import { causeOf, isUnavailable, WriteRefused } from "../../store/failures.ts";
import type { Store } from "../../store/store.ts";
import { catchUpActivity } from "./activity.ts";
import {
  type Chunk,
  type ChunkLimits,
  chunkLimitsOf,
  findChunk,
  type MeterBehind,
  selectBehind,
  type Share,
} from "./chunk.ts";
import { catchUpStatements, compileBehind, moveWatermarks } from "./catch-up-statements.ts";
import { type CompiledMeter, type CountingMeter, type Span, takeTogether } from "./matching.ts";

/** Meters that are caught up together at most, unless limits say otherwise. */
const MAX_METERS = 1000;
/**
 * The pairs of a meter and an event that the first transaction examines at most, that any transaction does, and the least
 * that justifies reading the events of the chunk, which each transaction does. They are fewer for expensive meters.
 */
const [FIRST_SIZE, MAX_SIZE, MIN_SIZE] = [5000, 100_000, 2500];
/** The minimum number of statements for a meter to advance: two reads and a transaction. */
const METERS_STATEMENTS = 5;

/** The limits of a catch-up besides its budget. */
export type CatchUpLimits = {
  /** How many events a meter must be behind, by default 1. */
  lag?: number;
  /** Meters that are caught up together at most. */
  meters?: number;
  /** Events of a chunk at most. */
  chunk?: number;
  /** The id of the only meter that is caught up, without the activity of customers. */
  only?: string;
  /** Only meters that alerts watch are caught up, without the activity of customers. */
  watched?: true;
};

/** The result of a catch-up: the number of transactions, and errors by the meter's id. */
type Progress = { transactions: number; failed: Map<string, unknown> };

/** A catch-up in progress: `size` is that of its transactions, `known` are the meters that it has compiled. */
type CatchUpRun = {
  store: Store;
  budget: Budget;
  limits: CatchUpLimits;
  progress: Progress;
  size: AdaptiveSize;
  known: Map<string, CompiledMeter>;
};

/** A meter that is behind, and the size of chunk that it can examine. */
type Candidate = { watermark: number; meter: CompiledMeter; chunk: ChunkLimits };

/**
 * Collects the activity of an organization's customers, then aggregates events above the watermarks of its meters into
 * their rollups, the meters furthest behind first. An interrupted run loses nothing, because readers add the events above
 * the watermarks themselves. A meter that fails is skipped.
 * @throws what the store throws when it is unavailable
 */
export async function catchUp(store: Store, budget: Budget, limits: CatchUpLimits = {}): Promise<Progress> {
  const progress: Progress = { transactions: 0, failed: new Map() };
  if (limits.only === undefined && !limits.watched) await collectActivity(store, budget, limits, progress);
  const size = new AdaptiveSize(FIRST_SIZE, MAX_SIZE, MIN_SIZE);
  const run: CatchUpRun = { store: budget.counted(store), budget, limits, progress, size, known: new Map() };
  while (budget.mayGoOn() && (await catchUpFurthest(run)));
  return progress;
}

/** Collects customer activity with half of the statements that meters do not need at least. */
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

/** The statements of a request that catches a meter up. */
const NOW = 500;

/**
 * Catches a meter up within a request whose statements would otherwise have to examine too many events. If the meter itself
 * cannot be caught up, or its organization is being moved, that is left to the statements.
 * @param lag how many events it must be behind
 * @throws ServiceUnavailable when it is too far behind; a repeated request goes on from there
 */
export async function catchUpNow(store: Store, meterId: string, lag = 1): Promise<void> {
  const budget = new Budget({ statements: NOW });
  try {
    // A run ends early when another one has moved the watermark.
    for (let isBehind = true; isBehind;) {
      const { transactions, failed } = await catchUp(store, budget, { only: meterId, lag });
      if (!budget.mayGoOn()) throw new ServiceUnavailable("The meter is being caught up.");
      isBehind = transactions > 0 && failed.size === 0;
    }
  } catch (error) {
    if (!(error instanceof WriteRefused && error.reason === "moving")) throw error;
  }
}

/** Catches up and logs errors. A failure only causes a delay, so it is logged and not thrown. */
export async function catchUpAndLog(store: Store, budget: Budget, limits?: CatchUpLimits): Promise<void> {
  const { organizationId: organization_id } = store;
  const logFailure = (error: unknown) =>
    log("error", { error: "CatchUpFailed", organization_id, cause: causeOf(error) });
  try {
    const { transactions, failed } = await catchUp(store, budget, limits);
    for (const failure of failed.values()) logFailure(failure);
    if (transactions > 0) log("info", { catch_up_runs: transactions, organization_id });
  } catch (error) {
    // An organization that is being moved is caught up in its new store.
    if (!(error instanceof WriteRefused)) logFailure(error);
  }
}

/**
 * Aggregates the next chunk of events for all meters that are furthest behind. If a meter matches none of the chunk's event
 * names, only its watermark is moved.
 * @returns whether meters may still be behind; false if another catch-up is running
 */
async function catchUpFurthest(run: CatchUpRun): Promise<boolean> {
  const { store, limits, progress } = run;
  const { lag = 1, meters: most = MAX_METERS } = limits;
  const [rows] = await store.read([selectBehind(store.organizationId, lag, most, [...progress.failed.keys()], limits)]);
  const candidates = rows.flatMap((row) => readCandidate(run, row));
  const [furthest] = candidates;
  if (furthest === undefined) return rows.length > 0;
  // Meters share a chunk when they start at the same event, and it may be equally large for them.
  const group = candidates.filter(
    ({ watermark, chunk: { events, bytes } }) =>
      watermark === furthest.watermark && events === furthest.chunk.events && bytes === furthest.chunk.bytes,
  );
  const names = [...new Set(group.flatMap(({ meter }) => meter.names ?? []))];
  const chunk = await findChunk(store, furthest.watermark, furthest.chunk, names);
  const span = { organizationId: store.organizationId, start: furthest.watermark, end: chunk.end };
  const shareOf = sharesIn(chunk, span, furthest.chunk);
  const isConcerned = ({ meter }: Candidate) => shareOf(meter).events > 0;
  const others = group.filter((candidate) => !isConcerned(candidate)).map(({ meter }) => meter);
  if (others.length > 0 && !(await write(run, [moveWatermarks(others, span)]))) return false;
  const concerned = group.filter(isConcerned).map(({ meter }) => meter);
  if (!(await aggregate(run, concerned, span, shareOf))) return false;
  return rows.length === most || group.length < rows.length || chunk.end < chunk.lastSeq;
}

/** Which of a chunk's events a meter has to examine. Of a meter without names the bytes are those that a chunk has at most. */
export function sharesIn(
  { names }: Chunk,
  { start, end }: { start: number; end: number },
  { bytes }: ChunkLimits,
): (meter: CountingMeter) => Share {
  const all = { events: end - start, bytes };
  return (meter) => {
    const shares = meter.names?.flatMap((name) => names.get(name) ?? []);
    return (
      shares?.reduce((a, b) => ({ events: a.events + b.events, bytes: a.bytes + b.bytes }), { events: 0, bytes: 0 }) ??
      all
    );
  };
}

function readCandidate({ progress: { failed }, limits, known }: CatchUpRun, row: MeterBehind): Candidate[] {
  const { id, definition_version, watermark } = row;
  try {
    let meter = known.get(id);
    if (meter?.definition_version !== definition_version) {
      meter = compileBehind(row);
      known.set(id, meter);
    }
    return [{ watermark, meter, chunk: chunkLimitsOf(meter, limits.chunk) }];
  } catch (error) {
    failed.set(id, error);
    return [];
  }
}

/**
 * Aggregates a chunk for several meters, in transactions short enough not to delay others. After a failure it tries fewer
 * meters, until the failing one is alone.
 * @returns false when another catch-up was faster
 */
async function aggregate(
  run: CatchUpRun,
  meters: CompiledMeter[],
  span: Span,
  shareOf: (meter: CountingMeter) => Share,
): Promise<boolean> {
  const { budget, progress, size } = run;
  let [left, most] = [meters, meters.length];
  while (left.length > 0 && budget.mayGoOn()) {
    const together = takeTogether(left.slice(0, most), shareOf, size.value);
    const start = budget.now();
    try {
      if (!(await write(run, catchUpStatements(together, span, start)))) return false;
      size.adapt(budget.now() - start);
      most = 2 * together.length;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      most = Math.floor(together.length / 2);
      if (most > 0) continue;
      progress.failed.set(together[0]!.id, error);
      most = meters.length;
    }
    left = left.slice(together.length);
  }
  return true;
}

/** Runs a transaction that ends with moving watermarks; returns whether any was moved. */
async function write({ store, progress }: CatchUpRun, statements: SQL[]): Promise<boolean> {
  progress.transactions++;
  const results = await store.write(statements);
  return results.at(-1)!.changes > 0;
}
