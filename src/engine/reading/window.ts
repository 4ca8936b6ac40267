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

/** The whole buckets of a period: from `first`, included, to `end`, excluded. */
export function bucketsOf({ from, to }: Period): { first: number; end: number } {
  return { first: Math.ceil(from / BUCKET), end: Math.floor(to / BUCKET) };
}

/**
 * Divides the periods into slots: the bucket where they begin, and their width in buckets, which is as large as possible: a
 * day if no clocks change, often an hour over several years.
 */
function slotsOf({ periods }: Window): { origin: number; width: number } {
  const parts = periods.map(bucketsOf);
  const origin = parts[0]!.first;
  const width = parts.reduce((common, { end }) => commonDivisor(common, Math.max(end - origin, 0)), 0);
  return { origin, width: Math.max(width, 1) };
}

/** The slot of a bucket. The casts are needed because D1 binds numbers as REAL, which would not divide to an integer. */
export function slotOf(window: Window, bucket: SQL): SQL {
  const { origin, width } = slotsOf(window);
  return sql`(${bucket} - CAST(${origin} AS INTEGER)) / CAST(${width} AS INTEGER)`;
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
