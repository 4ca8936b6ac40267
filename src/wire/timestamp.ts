import * as z from "zod/mini";
import { type ProblemParams, report } from "./problem.ts";

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt _](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const MINUTE = 60_000;
/** Milliseconds since 1970 of the first instant of the year 1 and of the year 10000, UTC. */
const YEAR_1 = -62_135_596_800_000;
const YEAR_10000 = 253_402_300_800_000;

/** A date and a time of day with an offset (RFC 3339); the output is milliseconds since 1970 UTC, finer digits cut off. */
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
const NO_OFFSET: Mistake = [
  { type: "timezone_aware" },
  "The offset from UTC is missing; end the timestamp with Z or, e.g., +01:00.",
];
const OUT_OF_RANGE: Mistake = [{ type: "datetime_object_invalid" }, "The timestamp is outside the years 1 to 9999."];

function parse(value: string): number | Mistake {
  const parts = DATE_TIME.exec(value);
  if (parts === null) return DATE.test(value) ? DATE_ONLY : UNREADABLE;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((digits) => Number(digits ?? 0));
  const milliseconds = Number((parts[7] ?? "").padEnd(3, "0").slice(0, 3));
  const [offsetHour, offsetMinute] = [Number(parts[10] ?? 0), Number(parts[11] ?? 0)];
  if (hour! > 23 || minute! > 59 || second! > 59 || offsetHour > 23 || offsetMinute > 59) return UNREADABLE;
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day);
  if (year === 0 || date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day) return UNREADABLE;
  if (parts[8] === undefined && parts[9] === undefined) return NO_OFFSET;
  const local = date.getTime() + ((hour! * 60 + minute!) * 60 + second!) * 1000 + milliseconds;
  const offset = (offsetHour * 60 + offsetMinute) * MINUTE * (parts[9] === "-" ? -1 : 1);
  const instant = local - offset;
  return instant < YEAR_1 || instant >= YEAR_10000 ? OUT_OF_RANGE : instant;
}

/** Writes milliseconds since 1970 UTC as RFC 3339 in UTC. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
