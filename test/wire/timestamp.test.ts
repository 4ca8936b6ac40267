import { describe, it } from "vitest";
import { Timestamp } from "../../src/wire/timestamp.ts";

describe("What a timestamp lacks is said", () => {
  it.for<[sent: string, says: string]>([
    ["2026-01-31T12:00:00 01:00", "%2B"],
    ["2026-01-31T12:00:00.123 0100", "%2B"],
    ["2026-01-31T12:00 01:00", "%2B"],
    ["2026-01-31 12:00:00 00", "%2B"],
    ["2026-01-31 12:00:00+00", "lacks its minutes"],
    ["2026-01-31T12:00:00.5-07", "lacks its minutes"],
    ["2026-01-31T12:00:00", "is missing"],
    ["2026-01-31 12:00", "is missing"],
    ["2026-01-31", "time of day"],
    ["2026-01-31T12", "Not a valid timestamp"],
    ["2026-01-31T12:00:00+", "Not a valid timestamp"],
    ["2026-01-31T12:00:00+1", "Not a valid timestamp"],
    ["yesterday 12:00", "Not a valid timestamp"],
  ])("%s", ([sent, says], { expect }) => {
    const { error } = Timestamp.safeParse(sent);
    expect(error!.issues.map(({ message }) => message)).toEqual([expect.stringContaining(says)]);
  });
});
