// A customer meter has an id even when no row is stored for it: the exclusive or of the customer's and the meter's ids, except
// for the bits that are fixed in a UUID of version 4. The id and one of the two ids therefore give the other one.

const DIGITS = 32;
/** The digits in which a UUID has its version and its variant (RFC 9562, section 4). */
const [VERSION, VARIANT] = [12, 16];

/** Returns the id of a customer's meter; from this id and one of its two ids, it returns the other one. */
export function customerMeterId(a: string, b: string): string {
  const [left, right] = [a.replaceAll("-", ""), b.replaceAll("-", "")];
  let digits = "";
  for (let at = 0; at < DIGITS; at++) {
    const digit = Number.parseInt(left[at]!, 16) ^ Number.parseInt(right[at]!, 16);
    digits += fixed(at, digit).toString(16);
  }
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function fixed(at: number, digit: number): number {
  if (at === VERSION) return 4;
  return at === VARIANT ? (digit & 3) | 8 : digit;
}
