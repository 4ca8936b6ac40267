import fc from "fast-check";
import { describe, it } from "vitest";
import { CostMetadata } from "../../src/events/metadata.ts";
import { cases } from "../support/cases.ts";

const CASES = cases(10);
const UNIT = 10n ** 12n;

const read = (amount: unknown) => CostMetadata.safeParse({ amount, currency: "usd" }).data?.amount;

/** A decimal as a fraction: numerator and denominator. */
function fractionOf(text: string): [bigint, bigint] {
  const [, sign, whole = "", decimals = "", exponent = "0"] = /^(-?)(\d+)\.?(\d*)(?:e(.*))?$/.exec(text)!;
  const digits = BigInt(whole + decimals) * (sign === "-" ? -1n : 1n);
  const power = decimals.length - Number(exponent);
  return power >= 0 ? [digits, 10n ** BigInt(power)] : [digits * 10n ** BigInt(-power), 1n];
}

/** The trillionths of a decimal, half to even. */
function trillionths(text: string): bigint {
  const [numerator, denominator] = fractionOf(text);
  const scaled = numerator * UNIT;
  const below = scaled / denominator - (scaled < 0n && scaled % denominator !== 0n ? 1n : 0n);
  const twice = 2n * (scaled - below * denominator);
  return below + (twice > denominator || (twice === denominator && below % 2n !== 0n) ? 1n : 0n);
}

describe("An amount", () => {
  const number = fc.oneof(
    fc.double({ min: -100_000, max: 100_000, noNaN: true }),
    fc.double({ min: -1e-9, max: 1e-9, noNaN: true }),
    fc.tuple(fc.nat(999_999), fc.constantFrom(1e-9, 3e-7, 0.01, 1 / 3, 25e-8)).map(([count, price]) => count * price),
    // Halves of the last digit that is kept.
    fc.tuple(fc.bigInt(0n, 999n), fc.nat(999)).map(([whole, k]) => Number(`${whole}.000000000${String(k).padStart(3, "0")}5`)),
  ); // prettier-ignore

  it(`that is a number is rounded to 12 decimals on its digits, or beyond 5 digits (${CASES} cases)`, ({ expect }) => {
    fc.assert(
      fc.property(number, (sent) => {
        const rounded = trillionths(String(sent));
        const kept = read(sent);
        const isTooLarge = rounded >= 100_000n * UNIT || rounded <= -100_000n * UNIT;
        expect(kept === undefined).toBe(isTooLarge);
        if (isTooLarge) return;
        expect(kept).toMatch(/^-?\d{1,5}(?:\.\d{0,12})?$/);
        const [numerator, denominator] = fractionOf(kept!);
        expect((numerator * UNIT) / denominator).toBe(rounded);
      }),
      { numRuns: CASES },
    );
  });

  const digits = (limits: { minLength?: number; maxLength: number }) =>
    fc.string({ unit: fc.constantFrom(..."0123456789"), ...limits });
  const text = fc.tuple(fc.constantFrom("", "-"), digits({ minLength: 1, maxLength: 7 }), digits({ maxLength: 15 }));

  it(`that is text keeps its digits, or has too many (${CASES} cases)`, ({ expect }) => {
    fc.assert(
      fc.property(text, ([sign, whole, fraction]) => {
        const sent = `${sign}${whole}${fraction === "" ? "" : "."}${fraction}`;
        const fits = whole.replace(/^0+/, "").length <= 5 && fraction.replace(/0+$/, "").length <= 12;
        expect(read(sent)).toBe(fits ? sent : undefined);
      }),
      { numRuns: CASES },
    );
  });
});
