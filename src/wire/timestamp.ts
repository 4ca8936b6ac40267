import * as z from "zod/mini";
import { type ProblemParams, report } from "./problem.ts";

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt _](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))?$/;
/** An invalid offset: without its sign, or without its minutes. */
const OFFSET = /\d:\d\d(?:\.\d+)?(?:( )\d\d(?::?\d\d)?|([+-])\d\d)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const MINUTE = 60_000;
/** Milliseconds since 1970 of the first instant of the year 1 and of the year 10000, UTC. */
const YEAR_1 = -62_135_596_800_000;
const YEAR_10000 = 253_402_300_800_000;

/** A date and a time of day with an offset (RFC 3339); the output is milliseconds since 1970 UTC, truncated. */
export const Timestamp = z.pipe(
  z.unknown(),
  z.transform((value: unknown, ctx): number => {
    const parsed = typeof value === "string" ? parse(value) : NOT_STRING;
    if (typeof parsed === "number") return parsed;
    report(ctx, ...parsed, value);
    return z.NEVER;
  }),
);

type Mistake = [params: ProblemParams, message: string];

const NOT_STRING: Mistake = [{ type: "datetime_type" }, "A timestamp should be a string, e.g., 2026-01-31T12:00:00Z."];
const DATE_ONLY: Mistake = [
  { type: "datetime_from_date_parsing" },
  "The time of day is missing; expected, e.g., 2026-01-31T12:00:00Z.",
];
const UNREADABLE: Mistake = [
  { type: "datetime_parsing" },
  "Not a valid timestamp; expected, e.g., 2026-01-31T12:00:00Z.",
];
/** A `+` in a query string is decoded as a space. */
const SPACE_AS_SIGN: Mistake = [
  { type: "datetime_parsing" },
  "The offset from UTC has a space in place of its sign: write + as %2B in a URL, or end the timestamp with Z.",
];
const NO_MINUTES: Mistake = [
  { type: "datetime_parsing" },
  "The offset from UTC lacks its minutes; end the timestamp with Z or, e.g., +01:00.",
];
const NO_OFFSET: Mistake = [
  { type: "timezone_aware" },
  "The offset from UTC is missing; end the timestamp with Z or, e.g., +01:00.",
];
const OUT_OF_RANGE: Mistake = [{ type: "datetime_object_invalid" }, "The timestamp is outside the years 1 to 9999."];

function parse(value: string): number | Mistake {
  const parts = DATE_TIME.exec(value);
  if (parts === null) return mistakeIn(value);
  // Written out for speed: an ingestion reads thousands of timestamps.
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const [hour, minute, second] = [Number(parts[4]), Number(parts[5]), Number(parts[6] ?? 0)];
  const [offsetHour, offsetMinute] = [Number(parts[10] ?? 0), Number(parts[11] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return UNREADABLE;
  if (year === 0 || month === 0 || month > 12 || day === 0 || (day > 28 && day > daysIn(year, month)))
    return UNREADABLE;
  if (parts[8] === undefined && parts[9] === undefined) return NO_OFFSET;
  const milliseconds = parts[7] === undefined ? 0 : Number(parts[7].slice(0, 3).padEnd(3, "0"));
  const midnight = new Date(0).setUTCFullYear(year, month - 1, day);
  const local = midnight + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  const offset = (offsetHour * 60 + offsetMinute) * MINUTE * (parts[9] === "-" ? -1 : 1);
  const instant = local - offset;
  return instant < YEAR_1 || instant >= YEAR_10000 ? OUT_OF_RANGE : instant;
}

/** Returns what is wrong with a text that is not a date with a time. */
function mistakeIn(value: string): Mistake {
  if (DATE.test(value)) return DATE_ONLY;
  const [offset, space] = OFFSET.exec(value) ?? [];
  if (offset === undefined) return UNREADABLE;
  return space === undefined ? NO_MINUTES : SPACE_AS_SIGN;
}

function daysIn(year: number, month: number): number {
  const lastDay = new Date(0);
  lastDay.setUTCFullYear(year, month, 0);
  return lastDay.getUTCDate();
}

/** Writes milliseconds since 1970 UTC as RFC 3339 in UTC. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
