import { describe, it } from "vitest";
import { setUpBalances } from "../support/customer-meters.ts";

const FUNCTIONS = ["avg", "count", "max", "min", "sum", "unique"];

describe("A balance", () => {
  it.for([
    ["positive", [5, 8, 3, 5], [5.25, 4, 8, 3, 21, 3]],
    ["negative", [-3, -5], [-4, 2, -3, -5, -8, 2]],
    ["fractions", [0.1, 0.2, 0.3], [0.2, 3, 0.3, 0.1, 0.6, 3]],
    ["zero", [0], [0, 1, 0, 0, 0, 1]],
    ["tiny", [1e-7, 2.5e-9], [5.125e-8, 2, 1e-7, 2.5e-9, 1.025e-7, 2]],
    ["text among them", [2, "2", "x"], [2, 3, 2, 2, 2, 3]],
  ] as const)("computes every function: %s", async ([, numbers, expected], { expect }) => {
    const { meter, customer, use, list } = await setUpBalances();
    for (const func of FUNCTIONS) await meter(func);
    await customer();
    await use("c1", ...numbers);
    const { json } = await list("?sorting=meter_name&limit=100");
    for (const [index, row] of json.items.entries()) {
      expect(row.meter.name).toBe(`m_${FUNCTIONS[index]}`);
      expect(row.consumed_units).toBeCloseTo(expected[index]!, 12);
      expect([row.credited_units, row.balance]).toEqual([0, 0 - row.consumed_units]);
    }
  });
});
