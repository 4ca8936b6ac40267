import type { Balance } from "./api.ts";

/** The language of the browser, and its time zone. */
const LANGUAGE = navigator.language;
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const NUMBER = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat(LANGUAGE, { notation: "compact", maximumFractionDigits: 1 });

/** A number as the browser's language writes it. */
export const number = (value: number): string => NUMBER.format(value);
/** The same for an axis, where there is little room. */
export const shortNumber = (value: number): string => SHORT.format(value);

/** What a meter's numbers count; empty for plain numbers. */
export function unitOf({ unit, custom_label }: Pick<Balance, "unit" | "custom_label">): string {
  return unit === "token" ? "tokens" : (custom_label ?? "");
}

/** A number with its unit. */
export const amount = (value: number, unit: string): string => `${number(value)}${unit && ` ${unit}`}`;

const DAY = { day: "numeric", month: "short" } as const;
const FORMATS: Record<string, Intl.DateTimeFormatOptions> = {
  hour: { ...DAY, hour: "numeric", minute: "2-digit" },
  day: DAY,
  week: DAY,
  month: { month: "short", year: "numeric" },
  "long month": { month: "long", year: "numeric" },
  year: { year: "numeric" },
  total: { ...DAY, year: "numeric" },
};

/** The time of a row. */
export function time(timestamp: string | number | Date, interval: string): string {
  return new Intl.DateTimeFormat(LANGUAGE, FORMATS[interval] ?? DAY).format(new Date(timestamp));
}
