import { type Interval, INTERVALS, periodOf, timestampsOf } from "../../src/time/interval.ts";
import { DAY, isTimeZone, offsetAt } from "../../src/time/zone.ts";
import { choice, type Codec, moment } from "./state.ts";

/** The ranges of one click: their length in days, their texts, and the interval that suits them. */
const RANGES = {
  "24h": { days: 1, text: "24 hours", interval: "hour" },
  "7d": { days: 7, text: "7 days", interval: "day" },
  "30d": { days: 30, text: "30 days", interval: "day" },
  "90d": { days: 90, text: "90 days", interval: "day" },
  "12mo": { days: 365, text: "12 months", interval: "month" },
} as const satisfies Record<string, { days: number; text: string; interval: Interval }>;
type RangeName = keyof typeof RANGES;

/** The names and texts of the ranges. */
export const RANGE_TEXTS = Object.entries(RANGES).map(([name, { text }]) => [name as RangeName, text] as const);

/** The days that the API answers at most with an interval. */
const MAX_DAYS: Record<Interval, number> = { hour: 7, day: 366, week: 371, month: 1460, year: 3650 };

const zone: Codec<string> = {
  fallback: "UTC",
  parse: ([value = ""]) => (isTimeZone(value) ? value : undefined),
  print: (value) => [value],
};

/** What an address says about a range: a name, or two times; the interval is that of the range unless it is named. */
export const RANGE_STATE = {
  range: choice(Object.keys(RANGES) as RangeName[], "30d"),
  start_timestamp: moment(),
  end_timestamp: moment(),
  interval: choice(["", ...INTERVALS], ""),
  timezone: zone,
};
/** The values of RANGE_STATE. */
export type RangeValues = {
  range: RangeName;
  start_timestamp: string;
  end_timestamp: string;
  interval: Interval | "";
  timezone: string;
};

/** A range as quantities take it, and the times of its rows in milliseconds since 1970 UTC. */
export type Range = {
  query: { start_timestamp: string; end_timestamp: string; interval: Interval; timezone: string };
  times: number[];
  /** The index of the row whose period has not ended; -1 when all have. */
  current: number;
  /** Whether it begins later than asked for, because the interval allows no more rows. */
  isShortened: boolean;
};

/**
 * Makes the range of an address: it begins with the whole period in which its start falls.
 * @param now milliseconds since 1970 UTC
 */
export function rangeOf(
  { range, start_timestamp, end_timestamp, interval, timezone }: RangeValues,
  now: number,
): Range {
  const named = RANGES[range];
  const isCustom = start_timestamp !== "" && end_timestamp !== "";
  const [asked, end] = isCustom
    ? [Date.parse(start_timestamp), Date.parse(end_timestamp)]
    : [now - (named.days - (named.interval === "hour" ? 1 / 24 : 1)) * DAY, now];
  const step = interval || (isCustom ? suited(end - asked) : named.interval);
  const first = end - (MAX_DAYS[step] - 1) * DAY;
  const start = periodOf(Math.max(asked, first), step, timezone).from;
  const times = timestampsOf(start, end, step, timezone);
  return {
    query: {
      start_timestamp: new Date(start).toISOString(),
      end_timestamp: new Date(end).toISOString(),
      interval: step,
      timezone,
    },
    times,
    current: times.findLastIndex((time) => time <= now && periodOf(time, step, timezone).to > now),
    isShortened: asked < first,
  };
}

/** The same number of periods before a range. */
export function rangeBefore({ query, times }: Range): Range["query"] {
  const { interval, timezone } = query;
  let start = times[0]!;
  for (let count = times.length; count > 0; count--) start = periodOf(start - 1, interval, timezone).from;
  const before = {
    start_timestamp: new Date(start).toISOString(),
    end_timestamp: new Date(times[0]! - 1).toISOString(),
  };
  return { ...before, interval, timezone };
}

/** The interval that shows a length of time in some dozens of rows. */
function suited(milliseconds: number): Interval {
  const days = milliseconds / DAY;
  return days <= 2 ? "hour" : days <= 92 ? "day" : days <= 366 ? "week" : "month";
}

/** The whole days of a range, as date fields have them: 2026-12-02. */
export const dayOf = (time: number, timezone: string): string =>
  new Date(time + offsetAt(time, timezone)).toISOString().slice(0, 10);

/** The first or the last moment of a day in a time zone, as RFC 3339; empty for what is not a day. */
export function edgeOfDay(day: string, edge: "first" | "last", timezone: string): string {
  const noon = Date.parse(`${day}T12:00:00Z`);
  if (Number.isNaN(noon)) return "";
  const { from, to } = periodOf(noon - offsetAt(noon, timezone), "day", timezone);
  return new Date(edge === "first" ? from : to - 1).toISOString();
}

/** A row's period as two times, for an address. */
export const edgesOf = ({ query, times }: Range, from: number, to: number) => ({
  start_timestamp: new Date(times[from]!).toISOString(),
  end_timestamp: new Date(periodOf(times[to]!, query.interval, query.timezone).to - 1).toISOString(),
});
