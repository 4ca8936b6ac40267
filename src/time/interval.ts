import { DAY, offsetAt, UTC_OFFSET_STEP } from "./zone.ts";

/** The lengths of a calendar period, shortest first. */
export const INTERVALS = ["hour", "day", "week", "month", "year"] as const;
export type Interval = (typeof INTERVALS)[number];

/** A time span in milliseconds since 1970 UTC: `from` is included, `to` is not. */
export type Period = { from: number; to: number };

const HOUR = 3_600_000;

/**
 * The timestamps of the rows of quantities, from start to end, both included, in milliseconds since 1970 UTC.
 * Hours are absolute. Longer intervals step in the calendar and keep the time of day and the day of the previous row's month:
 * 28 February and 28 March follow 31 January.
 */
export function timestampsOf(start: number, end: number, interval: Interval, zone: string): number[] {
  const timestamps: number[] = [];
  if (interval === "hour") {
    for (let next = start; next <= end; next += HOUR) timestamps.push(next);
    return timestamps;
  }
  // Steps are in local time, so that a change of clocks that shifts one row does not shift later rows.
  let [next, local] = [start, localOf(start, zone)];
  while (next <= end) {
    timestamps.push(next);
    local = stepFrom(local, interval);
    next = instantOf(local, zone);
  }
  return timestamps;
}

/** The whole calendar hour, day, ISO week, month or year of a time zone in which an instant falls. */
export function periodOf(instant: number, interval: Interval, zone: string): Period {
  if (interval === "hour") return hourOf(instant, zone);
  const day = new Date(Math.floor(localOf(instant, zone) / DAY) * DAY);
  const [year, month, date] = [day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()];
  const midnight = (y: number, m: number, d: number) => startOf(Date.UTC(y, m, d), zone);
  switch (interval) {
    case "day":
      return { from: midnight(year, month, date), to: midnight(year, month, date + 1) };
    case "week": {
      const monday = date - ((day.getUTCDay() + 6) % 7);
      return { from: midnight(year, month, monday), to: midnight(year, month, monday + 7) };
    }
    case "month":
      return { from: midnight(year, month, 1), to: midnight(year, month + 1, 1) };
    case "year":
      return { from: midnight(year, 0, 1), to: midnight(year + 1, 0, 1) };
  }
}

/** Whole days between the local dates of two instants. */
export function daysBetween(start: number, end: number, zone: string): number {
  return Math.floor(localOf(end, zone) / DAY) - Math.floor(localOf(start, zone) / DAY);
}

function stepFrom(local: number, interval: Exclude<Interval, "hour">): number {
  switch (interval) {
    case "day":
      return local + DAY;
    case "week":
      return local + 7 * DAY;
    case "month":
      return addMonths(new Date(local), 1);
    case "year":
      return addMonths(new Date(local), 12);
  }
}

/** The same day and time of day some months later, or the last day of that month if it has no such day. */
function addMonths(day: Date, months: number): number {
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day.getUTCDate(), lastDay)) + (day.getTime() % DAY);
}

/** The time around an instant with the same local hour and the same offset. */
function hourOf(instant: number, zone: string): Period {
  const offset = offsetAt(instant, zone);
  const begin = Math.floor((instant + offset) / HOUR) * HOUR - offset;
  let [from, to] = [begin, begin + HOUR];
  while (offsetAt(from, zone) !== offset) from += UTC_OFFSET_STEP;
  while (offsetAt(to - 1, zone) !== offset) to -= UTC_OFFSET_STEP;
  return { from, to };
}

/** The first instant at which a zone's clocks show a midnight, or the change of clocks that skips it. */
function startOf(midnight: number, zone: string): number {
  const [before, after] = [offsetAt(midnight - DAY, zone), offsetAt(midnight + DAY, zone)];
  // Clocks set back over midnight show it twice; clocks set forward skip it.
  for (const instant of [midnight - Math.max(before, after), midnight - Math.min(before, after)]) {
    if (localOf(instant, zone) === midnight) return instant;
  }
  return transitionBetween(midnight - Math.max(before, after), midnight - Math.min(before, after), zone);
}

/** The first quarter of an hour with another offset. */
function transitionBetween(from: number, to: number, zone: string): number {
  const offset = offsetAt(from, zone);
  let instant = from;
  while (instant < to && offsetAt(instant, zone) === offset) instant += UTC_OFFSET_STEP;
  return instant;
}

/**
 * The instant of a local time: the first one if it is repeated. A skipped time uses the offset before the change, or
 * the one after it where only that stays on the day: 23:00 becomes 22:00 where the hour before midnight is skipped.
 */
function instantOf(local: number, zone: string): number {
  const [before, after] = [offsetAt(local - DAY, zone), offsetAt(local + DAY, zone)];
  const [first, last] = [local - Math.max(before, after), local - Math.min(before, after)];
  const isOnDay = (instant: number) => Math.floor(localOf(instant, zone) / DAY) === Math.floor(local / DAY);
  return localOf(first, zone) === local || (isOnDay(first) && !isOnDay(last)) ? first : last;
}

function localOf(instant: number, zone: string): number {
  return instant + offsetAt(instant, zone);
}
