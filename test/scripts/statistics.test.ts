import { describe, it } from "vitest";
import { median, pairedRatio, percentile } from "../../bench/statistics.ts";

describe("The bench's statistics", () => {
  it("take the value in the middle, or between the two in the middle", ({ expect }) => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it("find the value that a share of the values does not exceed", ({ expect }) => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect(percentile(values, 0.5)).toBe(100);
    expect(percentile(values, 0.99)).toBe(198);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it("compare what was measured in the same round, so that a slow round counts for neither side", ({ expect }) => {
    expect(pairedRatio([100, 10, 80], [200, 20, 100])).toBe(0.5);
  });
});
