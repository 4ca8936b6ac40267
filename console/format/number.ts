const EXACT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat("en-US", {
  style: "percent",
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});

/** A number with all its digits: 1,234,567.5. */
export const exact = (value: number): string => EXACT.format(value);
/** A number where there is little room: 1.2M. The exact one belongs beside it. */
export const short = (value: number): string => SHORT.format(value);
/** A change from one number to another: +12.5 %; null from nothing. */
export const change = (from: number, to: number): string | null =>
  from === 0 ? null : PERCENT.format((to - from) / Math.abs(from));

const STEPS = ["bytes", "KiB", "MiB", "GiB"];

/** A number of bytes: 12.3 MiB. */
export function bytes(value: number): string {
  const step = value < 1024 ? 0 : Math.min(STEPS.length - 1, Math.floor(Math.log2(value) / 10));
  return `${new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 }).format(value / 1024 ** step)} ${STEPS[step]}`;
}

/** A word with a number: 1 event, 2 events. */
export const counted = (count: number, word: string): string => `${exact(count)} ${word}${count === 1 ? "" : "s"}`;

/** What a meter's numbers count; empty for plain numbers. */
export function unitOf({ unit, custom_label }: { unit: string; custom_label: string | null }): string {
  return unit === "token" ? "tokens" : (custom_label ?? "");
}
