/** Every UTC offset in use is a multiple of 15 minutes (here in milliseconds). Buckets of rollups rely on it too. */
export const UTC_OFFSET_STEP = 15 * 60_000;
/** A day without a change of clocks, in milliseconds. */
export const DAY = 86_400_000;

/** Names that the platform's library accepts in addition to those of the IANA database. */
const ICU_ONLY =
  /^(?:systemv\/.*|act|aet|agt|art|ast|bet|bst|cat|cnt|cst|ctt|eat|ect|iet|ist|jst|mit|net|nst|plt|pnt|prt|pst|sst|vst)$/;
const NAME = /^[a-z][a-z0-9_+/-]*$/i;

/** The clock of a time zone: a formatter, and a cache of offsets at UTC midnights. */
type Clock = { format: Intl.DateTimeFormat; offsets: Map<number, number> };

/** Clocks by name in lower case; there are about 600 names, and a clock takes about 40 KB. */
const clocks = new Map<string, Clock>();
const MAX_CLOCKS = 50;
/** Offsets that a clock remembers: more than ten years of days. */
const MAX_OFFSETS = 5000;

/** Returns whether a text is the name of a time zone in the IANA database; offsets such as +02:00 are not. */
export function isTimeZone(zone: string): boolean {
  if (!NAME.test(zone) || ICU_ONLY.test(zone.toLowerCase())) return false;
  try {
    clockOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * Returns the milliseconds by which the clocks of a time zone are ahead of UTC at an instant.
 * No zone changes its clocks twice within a day: equal offsets at both ends of a UTC day hold all day.
 */
export function offsetAt(instant: number, zone: string): number {
  if (zone === "UTC") return 0;
  const clock = clockOf(zone);
  const day = Math.floor(instant / DAY);
  const offset = offsetAtMidnight(day, clock);
  return offset === offsetAtMidnight(day + 1, clock) ? offset : computeOffset(instant, clock);
}

function offsetAtMidnight(day: number, clock: Clock): number {
  const known = clock.offsets.get(day);
  if (known !== undefined) return known;
  if (clock.offsets.size >= MAX_OFFSETS) clock.offsets.clear();
  const offset = computeOffset(day * DAY, clock);
  clock.offsets.set(day, offset);
  return offset;
}

function computeOffset(instant: number, { format }: Clock): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts;
  const shown = Date.UTC(year!, month! - 1, day, hour, minute, second);
  return shown - Math.floor(instant / 1000) * 1000;
}

/** @throws RangeError when there is no such zone; only zones that exist are remembered */
function clockOf(zone: string): Clock {
  const name = zone.toLowerCase();
  const known = clocks.get(name);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "iso8601",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  // The oldest goes first.
  if (clocks.size >= MAX_CLOCKS) clocks.delete(clocks.keys().next().value!);
  const clock = { format, offsets: new Map<number, number>() };
  clocks.set(name, clock);
  return clock;
}
