// A pair of a customer and a meter has an id of its own, although no row may be stored for it. It is made of the two ids:
// each of its bits that is not fixed in a UUID of version 4 is the exclusive or of theirs. So the id and one of the two
// ids give the other one.

const DIGITS = 32;
/** The digits in which a UUID has its version and its variant (RFC 9562, section 4). */
const [VERSION, VARIANT] = [12, 16];

/** The id of a customer's meter; also the id of the customer for that of its meter and the meter's id, or the other way round. */
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
