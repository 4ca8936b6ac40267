import { type SQL, sql } from "drizzle-orm";
import { type Interval, type Period, periodOf, timestampsOf } from "../../time/interval.ts";
import { BUCKET } from "../rollups/rollups.ts";

/** What a row of quantities covers: a calendar period, or with `total` exactly the requested range. */
export type RowInterval = Interval | "total";

/** The requested rows of quantities: their timestamps, the period of each, and the range of all periods. */
export type Window = {
  /** Milliseconds since 1970 UTC. */
  timestamps: number[];
  periods: Period[];
  range: Period;
  /** The parts of a single row's period that are not whole buckets; null for calendar periods, which have no such parts. */
  edges: Period[] | null;
};

/** Computes the window of a request; times are milliseconds since 1970 UTC, `start` is not after `end`. */
export function windowOf(of: { start: number; end: number; interval: RowInterval; timezone: string }): Window {
  const { start, end, interval, timezone } = of;
  if (interval === "total") {
    const range = { from: start, to: end };
    return { timestamps: [start], periods: [range], range, edges: edgesOf(range) };
  }
  const timestamps = timestampsOf(start, end, interval, timezone);
  const periods = timestamps.map((timestamp) => periodOf(timestamp, interval, timezone));
  return { timestamps, periods, range: { from: periods[0]!.from, to: periods.at(-1)!.to }, edges: null };
}

/**
 * Returns whether a part of the range is in no row: rows by hour are 60 minutes apart, so half an hour can lie between two of
 * them where clocks change by 30.
 */
export function hasGap({ periods }: Window): boolean {
  return periods.some(({ from }, i) => i > 0 && from > periods[i - 1]!.to);
}

/** The whole buckets of a period: from `first`, included, to `end`, excluded. */
export function bucketsOf({ from, to }: Period): { first: number; end: number } {
  return { first: Math.ceil(from / BUCKET), end: Math.floor(to / BUCKET) };
}

/**
 * Divides the periods into slots of as many buckets as possible: a day if no clocks change, often an hour over several years.
 * A window with edges is one slot.
 */
function slotsOf({ periods, edges }: Window): { origin: number; width: number; areOnePerPeriod: boolean } {
  const parts = periods.map(bucketsOf);
  const origin = parts[0]!.first;
  const bounds = parts.flatMap(({ first, end }) => [first, end]);
  const width = bounds.reduce((common, bound) => commonDivisor(common, Math.max(bound - origin, 0)), 0);
  const areOnePerPeriod = edges !== null || parts.every(({ first, end }) => end - first === width);
  return { origin, width: Math.max(width, 1), areOnePerPeriod };
}

/** D1 binds numbers as REAL, which would not divide to an integer. */
const integer = (value: number) => sql`CAST(${value} AS INTEGER)`;

/** The slot of a bucket, or of a time of which a bucket has several units: the slot's first bucket. */
export function slotOf(window: Window, time: SQL, units = 1): SQL {
  const { origin, width } = slotsOf(window);
  if (window.edges !== null) return integer(origin);
  return sql`(${time} - ${integer(origin * units)}) / ${integer(width * units)} * ${integer(width)} + ${integer(origin)}`;
}

/** The slot of an event `e`. */
export function slotOfEvent(window: Window): SQL {
  return slotOf(window, sql.raw("e.timestamp"), BUCKET);
}

/** The periods, each with its buckets. The cast gives a column a type, without which SQLite makes no index. */
export function periodsSql({ periods }: Window): SQL {
  const buckets = JSON.stringify(periods.map(bucketsOf).map(({ first, end }) => [first, end]));
  return sql`periods (period, first_bucket, end_bucket) AS MATERIALIZED (
      SELECT key, CAST(value ->> 0 AS INTEGER), value ->> 1 FROM json_each(${buckets})
    )`;
}

/** The slots, each with its period, which is looked up instead of compared with all. */
export function slotsSql(window: Window): SQL {
  const next = sql`slot + ${integer(slotsOf(window).width)}`;
  return sql`slots (slot, period, end_bucket) AS MATERIALIZED (
      SELECT first_bucket, period, end_bucket FROM periods
      UNION ALL SELECT ${next}, period, end_bucket FROM slots WHERE ${next} < end_bucket
    )`;
}

/** Joins slots to periods without the table of slots, which can have thousands of rows. */
export function periodsOfSlots(window: Window): SQL {
  return slotsOf(window).areOnePerPeriod
    ? sql`periods ON first_bucket = slot`
    : sql`periods ON first_bucket <= slot AND slot < end_bucket`;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function edgesOf(period: Period): Period[] {
  const { first, end } = bucketsOf(period);
  // A period without a whole bucket is all edge.
  if (first >= end) return period.from < period.to ? [period] : [];
  const edges = [
    { from: period.from, to: first * BUCKET },
    { from: end * BUCKET, to: period.to },
  ];
  return edges.filter(({ from, to }) => from < to);
}
