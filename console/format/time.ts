import type { Schemas } from "../../client/src/index.ts";

/** The browser's time zone, in which times are shown unless an address says otherwise. */
export const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Formatters, which take long to make. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat("en-GB", options);
  formats.set(key, known);
  return known;
}

/** A moment to the second: 2 Dec 2026, 13:45:07. */
export const moment = (time: string | number, timeZone = LOCAL_ZONE): string =>
  format({ dateStyle: "medium", timeStyle: "medium", timeZone }).format(new Date(time));

const DAY = { day: "numeric", month: "short" } as const;
const PERIODS: Record<Schemas["TimeInterval"], Intl.DateTimeFormatOptions> = {
  hour: { ...DAY, hour: "2-digit", minute: "2-digit" },
  day: { ...DAY, weekday: "short", year: "numeric" },
  week: { ...DAY, year: "numeric" },
  month: { month: "long", year: "numeric" },
  year: { year: "numeric" },
  total: { ...DAY, year: "numeric", hour: "2-digit", minute: "2-digit" },
};
const TICKS: Record<Schemas["TimeInterval"], Intl.DateTimeFormatOptions> = {
  ...PERIODS,
  hour: { ...DAY, hour: "2-digit" },
  day: DAY,
  week: DAY,
  month: { month: "short", year: "2-digit" },
};

/** The period of a row: Wed, 2 Dec 2026. */
export function period(time: string | number, interval: Schemas["TimeInterval"], timeZone: string): string {
  const text = format({ ...PERIODS[interval], timeZone }).format(new Date(time));
  return interval === "week" ? `week of ${text}` : text;
}

/** The same on an axis: 2 Dec. */
export const tick = (time: number, interval: Schemas["TimeInterval"], timeZone: string): string =>
  format({ ...TICKS[interval], timeZone }).format(new Date(time));
