import * as z from "zod/mini";
import { report } from "../wire/problem.ts";

/** Digits before and after the decimal point, not counting zeros at either end. */
const MAX_WHOLE = 5;
const MAX_FRACTION = 12;
/** Sign, digits, fraction and exponent. Each part begins with a different character, so matching takes linear time. */
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;

type Parts = { sign: string; whole: string; fraction: string };

/**
 * A decimal number, or text with one; the output is text, so that no digit is lost. Numbers are rounded, because doubles have
 * rounding noise in their last digits; text with too many digits is refused.
 */
export const Amount = z.pipe(
  z.unknown(),
  z.transform((value: unknown, ctx): string => {
    const fail = (type: string, message: string): never => {
      report(ctx, { type }, message, value);
      return z.NEVER;
    };
    if (typeof value === "number" && !Number.isFinite(value)) return fail("finite_number", "This should be finite.");
    if (typeof value === "bigint") return fail("decimal_max_digits", "This should have at most 5 digits.");
    if (typeof value !== "number" && typeof value !== "string") {
      return fail("decimal_type", "This should be a number, or a string with a decimal number.");
    }
    const text = String(value).trim();
    if (NOT_FINITE.test(text)) return fail("finite_number", "This should be a finite number.");
    const written = parse(text);
    if (written === null) return fail("decimal_parsing", "This should be a decimal number.");
    const parts = typeof value === "number" ? round(written) : written;
    if (!isInRange(parts)) {
      return fail("decimal_max_digits", "This should have at most 5 digits before the point and 12 after it.");
    }
    // The text is kept as it came, unless it was rounded or has an exponent or a plus sign.
    return parts !== written || /[eE]/.test(text) ? write(parts) : text.replace(/^\+/, "");
  }),
);

/** Splits a decimal number into its parts, with the exponent applied; null when the text is not a decimal number. */
function parse(text: string): Parts | null {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  const digits = whole + fraction;
  if (digits === "") return null;
  const point = whole.length + Number(exponent);
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
  return { sign, whole: padded.slice(0, Math.max(point, 0)), fraction: padded.slice(Math.max(point, 0)) };
}

/** Rounds to the digits that are kept, half to even: on the decimal digits, not on the double. */
function round(parts: Parts): Parts {
  const { whole, fraction } = parts;
  const rest = fraction.slice(MAX_FRACTION).replace(/0+$/, "");
  if (rest === "") return parts;
  const kept = BigInt(whole + fraction.slice(0, MAX_FRACTION));
  const isUp = rest === "5" ? kept % 2n === 1n : rest >= "5";
  const digits = String(isUp ? kept + 1n : kept).padStart(MAX_FRACTION + 1, "0");
  const sign = /^0+$/.test(digits) ? "" : parts.sign;
  return { sign, whole: digits.slice(0, -MAX_FRACTION), fraction: digits.slice(-MAX_FRACTION).replace(/0+$/, "") };
}

function isInRange({ whole, fraction }: Parts): boolean {
  let [first, end] = [0, fraction.length];
  while (whole[first] === "0") first++;
  while (fraction[end - 1] === "0") end--;
  return whole.length - first <= MAX_WHOLE && end <= MAX_FRACTION;
}

function write({ sign, whole, fraction }: Parts): string {
  const number = `${sign === "-" ? "-" : ""}${whole === "" ? "0" : whole}`;
  return fraction === "" ? number : `${number}.${fraction}`;
}
