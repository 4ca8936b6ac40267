/** A range of time, as quantities take it. */
export type Range = { start_timestamp: string; end_timestamp: string };

/** ISO 8601 (4.4.3): years, months, weeks and days, then hours and minutes. */
const DURATION = /^P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/;

/**
 * Reads a range: `start/end`, or a duration that ends now. A duration has whole periods: 30 days by day are today and
 * the 29 days before, in the browser's time zone.
 * @throws an Error that says what a range is
 */
export function rangeOf(text: string, interval: string, now = new Date()): Range {
  const [start, end] = text.includes("/")
    ? text.split("/").map((part) => new Date(part))
    : [before(text, interval, now), now];
  if (Number.isNaN(start?.getTime()) || Number.isNaN(end?.getTime())) {
    throw new Error("range should be a duration such as P30D, or two times: start/end.");
  }
  return { start_timestamp: start!.toISOString(), end_timestamp: end!.toISOString() };
}

function before(duration: string, interval: string, now: Date): Date {
  const parts = DURATION.exec(duration);
  if (parts === null) return new Date(NaN);
  const [years, months, weeks, days, hours, minutes] = parts.slice(1).map((part) => Number(part ?? 0));
  const date = new Date(now);
  date.setFullYear(date.getFullYear() - years!, date.getMonth() - months!, date.getDate() - weeks! * 7 - days!);
  date.setHours(date.getHours() - hours!, date.getMinutes() - minutes!, 0, 0);
  if (interval === "hour") date.setHours(date.getHours() + 1, 0);
  else if (interval !== "total") date.setHours(0, 0);
  if (interval === "day") date.setDate(date.getDate() + 1);
  return date;
}
