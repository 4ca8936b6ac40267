import fc from "fast-check";
import { describe, it, vi } from "vitest";
import { daysBetween, INTERVALS, periodOf, timestampsOf } from "../../src/time/interval.ts";
import { isTimeZone, offsetAt } from "../../src/time/zone.ts";
import { calendarKey } from "../support/model.ts";
import { cases } from "../support/cases.ts";

const ZONES = Intl.supportedValuesOf("timeZone");
const anyZone = fc.constantFrom(...ZONES);
const interval = fc.constantFrom(...INTERVALS);
const instant = fc.integer({ min: Date.parse("2023-01-01T00:00:00Z"), max: Date.parse("2030-01-01T00:00:00Z") });
const rows = (start: string, end: string, of: (typeof INTERVALS)[number], timezone: string) =>
  timestampsOf(Date.parse(start), Date.parse(end), of, timezone).map((row) => new Date(row).toISOString().slice(0, 16));

const DAY = 86_400_000;
/** Every fourth Sunday from 2023 to 2030: no zone changes its clocks twice in between. */
const MARKS = Array.from({ length: 106 }, (_, i) => Date.UTC(2023, 0, 1) + i * 28 * DAY);

type Change = { zone: string; at: number };

/** Each change of clocks in these years; of zones that change alike, one stands for all. */
const CHANGES: Change[] = [
  ...new Map(ZONES.map((name) => [String(MARKS.map((at) => offsetAt(at, name))), name])).values(),
].flatMap((name) =>
  MARKS.slice(1).flatMap((to) =>
    offsetAt(to - 28 * DAY, name) === offsetAt(to, name) ? [] : { zone: name, at: changeBefore(to, name) },
  ),
);

/** The first instant with the offset that a zone has at a mark, after the mark before. */
function changeBefore(end: number, zone: string): number {
  let [low, high] = [end - 28 * DAY, end];
  while (high - low > 900_000) {
    const middle = low + Math.floor((high - low) / 2 / 900_000) * 900_000;
    if (offsetAt(middle, zone) === offsetAt(end, zone)) high = middle;
    else low = middle;
  }
  return high;
}

/** The first instant of the day some days after that of an instant. */
function dayAfter(at: number, days: number, zone: string): number {
  return periodOf(periodOf(at, "day", zone).from + (days + 0.5) * DAY, "day", zone).from;
}

const clockOf = (at: number, zone: string) => (((at + offsetAt(at, zone)) % DAY) + DAY) % DAY;

/** Whether a zone's clocks show a time of day, in milliseconds, on the day of an instant. */
function shows(clock: number, at: number, zone: string): boolean {
  const { from } = periodOf(at, "day", zone);
  return [-1, 0, 1].some((hours) => clockOf(from + clock - clockOf(from, zone) + hours * 3_600_000, zone) === clock);
}

describe("The period of an instant", () => {
  it("is exactly the stretch that shows the same calendar hour, day, week, month or year, in every zone", ({
    expect,
  }) => {
    fc.assert(
      fc.property(instant, interval, anyZone, (at, of, timezone) => {
        const { from, to } = periodOf(at, of, timezone);
        const key = calendarKey(at, of, timezone);
        expect([from <= at, at < to]).toEqual([true, true]);
        expect([calendarKey(from, of, timezone), calendarKey(to - 1, of, timezone)]).toEqual([key, key]);
        expect(calendarKey(from - 1, of, timezone)).not.toBe(key);
        expect(calendarKey(to, of, timezone)).not.toBe(key);
      }),
      { numRuns: cases(25) },
    );
  });

  it("is a whole number of quarters of an hour", () => {
    fc.assert(
      fc.property(instant, interval, anyZone, (at, of, timezone) => {
        const { from, to } = periodOf(at, of, timezone);
        return from % 900_000 === 0 && to % 900_000 === 0;
      }),
      { numRuns: cases(8) },
    );
  });

  it("lasts 23 or 25 hours where clocks change, and begins at 01:00 where midnight is skipped", ({ expect }) => {
    const hours = (at: string, timezone: string) => {
      const { from, to } = periodOf(Date.parse(at), "day", timezone);
      return [new Date(from).toISOString().slice(0, 16), (to - from) / 3_600_000];
    };
    expect(hours("2025-03-30T12:00:00Z", "Europe/Paris")).toEqual(["2025-03-29T23:00", 23]);
    expect(hours("2025-10-26T12:00:00Z", "Europe/Paris")).toEqual(["2025-10-25T22:00", 25]);
    expect(hours("2025-04-06T12:00:00Z", "Australia/Lord_Howe")).toEqual(["2025-04-05T13:00", 24.5]);
    expect(hours("2025-03-09T12:00:00Z", "America/Havana")).toEqual(["2025-03-09T05:00", 23]);
  });
});

describe("The rows of quantities", () => {
  it("begin at start, end at end, and each is in another period than the one before", ({ expect }) => {
    fc.assert(
      fc.property(instant, fc.nat(400), interval, anyZone, (start, days, of, timezone) => {
        const found = timestampsOf(start, start + days * 86_400_000, of === "hour" ? "day" : of, timezone);
        expect(found[0]).toBe(start);
        expect(found.at(-1)!).toBeLessThanOrEqual(start + days * 86_400_000);
        const keys = found.map((row) => calendarKey(row, of === "hour" ? "day" : of, timezone));
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: cases(2) },
    );
  });

  it("keep the time of day over a change of clocks, hours don't", ({ expect }) => {
    expect(rows("2025-03-29T05:00:00Z", "2025-03-31T05:00:00Z", "day", "Europe/Paris")).toEqual([
      "2025-03-29T05:00",
      "2025-03-30T04:00",
      "2025-03-31T04:00",
    ]);
    expect(rows("2025-03-30T00:30:00Z", "2025-03-30T03:00:00Z", "hour", "Europe/Paris")).toEqual([
      "2025-03-30T00:30",
      "2025-03-30T01:30",
      "2025-03-30T02:30",
    ]);
  });

  it("are one for each day and each week, over every change of clocks in every zone from 2023 to 2030", ({
    expect,
  }) => {
    expect(CHANGES.length).toBeGreaterThan(400);
    for (const { zone: of, at } of CHANGES) {
      for (const [name, days] of [
        ["day", 1],
        ["week", 7],
      ] as const) {
        const midnights = [-2, -1, 0, 1, 2].map((n) => dayAfter(at, n * days, of));
        const found = timestampsOf(midnights[0]!, midnights.at(-1)!, name, of);
        expect({ of, name, found }).toEqual({ of, name, found: midnights });
      }
    }
  });

  it("keep start's time of day where clocks show it, and are on the day where they do not", ({ expect }) => {
    const property = fc.property(
      fc.constantFrom(...CHANGES),
      fc.nat(DAY - 1),
      fc.boolean(),
      (change, clock, weekly) => {
        const { zone: of, at } = change;
        const [name, days] = weekly ? (["week", 7] as const) : (["day", 1] as const);
        const start = dayAfter(at, -2 * days, of) + clock;
        const found = timestampsOf(start, start + 5 * days * DAY, name, of);
        expect(found.length).toBeGreaterThanOrEqual(5);
        for (const [n, row] of found.entries()) {
          const date = Date.parse(calendarKey(start, "day", of)) + n * days * DAY;
          expect(calendarKey(row, "day", of)).toBe(new Date(date).toISOString().slice(0, 10));
          if (clockOf(row, of) !== clockOf(start, of)) expect(shows(clockOf(start, of), row, of)).toBe(false);
        }
      },
    );
    // The hour before midnight is skipped here, and 23:00 with it.
    const examples: [Change, number, boolean][] = [
      [{ zone: "America/Scoresbysund", at: Date.parse("2029-03-25T01:00:00Z") }, 23 * 3_600_000, false],
      [{ zone: "America/Scoresbysund", at: Date.parse("2029-03-25T01:00:00Z") }, DAY - 1, true],
    ];
    fc.assert(property, { numRuns: cases(12), examples });
  });

  it.for([
    ["Africa/Cairo", "2026-03-31T22:00:00Z", "2026-04-29T21:00:00Z", 30],
    ["America/Santiago", "2025-09-01T04:00:00Z", "2025-09-30T03:00:00Z", 30],
    ["Asia/Beirut", "2025-02-28T22:00:00Z", "2025-03-30T21:00:00Z", 31],
    ["America/Havana", "2025-03-01T05:00:00Z", "2025-03-31T04:00:00Z", 31],
    // Midnight is shown twice at the end.
    ["America/Havana", "2025-10-03T04:00:00Z", "2025-11-02T04:00:00Z", 31],
    ["Atlantic/Azores", "2025-03-01T01:00:00Z", "2025-03-31T00:00:00Z", 31],
  ] as const)("are complete in %s from %s to %s, %s days", ([of, start, end, days], { expect }) => {
    const found = timestampsOf(Date.parse(start), Date.parse(end), "day", of);
    expect(found).toHaveLength(days);
    expect(found.at(-1)).toBe(Date.parse(end));
  });

  it("of months keep the time of day after one that was skipped", ({ expect }) => {
    expect(rows("2026-02-23T22:00:00Z", "2026-05-23T21:00:00Z", "month", "Africa/Cairo")).toEqual([
      "2026-02-23T22:00",
      "2026-03-23T22:00",
      "2026-04-23T22:00",
      "2026-05-23T21:00",
    ]);
  });

  it("step months from the row before, and years over 29 February", ({ expect }) => {
    expect(rows("2025-01-31T05:00:00Z", "2025-04-30T05:00:00Z", "month", "UTC")).toEqual([
      "2025-01-31T05:00",
      "2025-02-28T05:00",
      "2025-03-28T05:00",
      "2025-04-28T05:00",
    ]);
    expect(rows("2024-02-29T00:00:00Z", "2026-12-31T00:00:00Z", "year", "UTC")).toEqual([
      "2024-02-29T00:00",
      "2025-02-28T00:00",
      "2026-02-28T00:00",
    ]);
  });

  it("count days between local dates", ({ expect }) => {
    const [start, end] = [Date.parse("2025-01-01T23:30:00Z"), Date.parse("2025-01-03T00:30:00Z")];
    expect(daysBetween(start, end, "UTC")).toBe(2);
    expect(daysBetween(start, end, "Europe/Paris")).toBe(1);
  });
});

describe("A time zone", () => {
  it("has one clock however its name is spelled, and one that does not exist has none", ({ expect }) => {
    const constructed = vi.spyOn(Intl, "DateTimeFormat");
    const spellings = Array.from({ length: 1000 }, (_, i) =>
      Array.from("America/Nassau", (char, at) => ((i >> at) & 1 ? char.toUpperCase() : char.toLowerCase())).join(""),
    );
    for (const name of spellings) expect(isTimeZone(name)).toBe(true);
    expect(constructed.mock.calls.length).toBeLessThanOrEqual(1);
  });

  it("is a name in the IANA database, including links, not an offset", ({ expect }) => {
    for (const name of [...ZONES, "UTC", "Asia/Calcutta", "Zulu", "Etc/GMT+2"]) expect(isTimeZone(name)).toBe(true);
    for (const name of [
      "",
      "+02:00",
      "GMT+2",
      "Z",
      "local",
      "Mars/Base",
      "Europe/Paris ",
      "PST",
      "jst",
      "SystemV/PST8PDT",
    ])
      expect(isTimeZone(name)).toBe(false);
  });
});
