import { type Interval, type Period, periodOf, timestampsOf } from "../../time/interval.ts";

/** The requested rows of quantities: their timestamps, the calendar period of each, and the time that all cover. */
export type Window = {
  /** Milliseconds since 1970 UTC. */
  timestamps: number[];
  periods: Period[];
  range: Period;
};

/** Computes the window of a request; times are milliseconds since 1970 UTC, `start` is not after `end`. */
export function windowOf(of: { start: number; end: number; interval: Interval; timezone: string }): Window {
  const timestamps = timestampsOf(of.start, of.end, of.interval, of.timezone);
  const periods = timestamps.map((timestamp) => periodOf(timestamp, of.interval, of.timezone));
  return { timestamps, periods, range: { from: periods[0]!.from, to: periods.at(-1)!.to } };
}
