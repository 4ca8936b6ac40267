import fc from "fast-check";
import { describe, it, vi } from "vitest";
import { daysBetween, INTERVALS, periodOf, timestampsOf } from "../../src/time/interval.ts";
import { isTimeZone } from "../../src/time/zone.ts";
import { calendarKey } from "../support/model.ts";
import { cases } from "../support/cases.ts";

const ZONES = Intl.supportedValuesOf("timeZone");
const zone = fc.constantFrom(...ZONES);
const interval = fc.constantFrom(...INTERVALS);
const instant = fc.integer({ min: Date.parse("2023-01-01T00:00:00Z"), max: Date.parse("2030-01-01T00:00:00Z") });
const rows = (start: string, end: string, of: (typeof INTERVALS)[number], timezone: string) =>
  timestampsOf(Date.parse(start), Date.parse(end), of, timezone).map((row) => new Date(row).toISOString().slice(0, 16));

describe("The period of an instant", () => {
  it("is exactly the stretch that shows the same calendar hour, day, week, month or year, in every zone", ({
    expect,
  }) => {
    fc.assert(
      fc.property(instant, interval, zone, (at, of, timezone) => {
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
      fc.property(instant, interval, zone, (at, of, timezone) => {
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
      fc.property(instant, fc.nat(400), interval, zone, (start, days, of, timezone) => {
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

  it("is a name of the IANA database, links included, and no offset", ({ expect }) => {
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
