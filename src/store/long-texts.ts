/** Texts with more UTF-16 units than this are sent as UTF-8. */
const LONG = 10_000;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Replaces long texts by their bytes, in place, before an RPC of at most 32 MiB: a text with a single character beyond Latin-1
 * would otherwise take two bytes per character.
 * @param holders rows, or lists of parameters
 */
export function packLongTexts(holders: readonly unknown[]): void {
  replaceValues(holders, (value) => (typeof value === "string" && value.length > LONG ? ENCODER.encode(value) : value));
}

/** Reverses packLongTexts, in place; no column and no parameter contains bytes otherwise. */
export function unpackLongTexts(holders: readonly unknown[]): void {
  replaceValues(holders, (value) => (value instanceof Uint8Array ? DECODER.decode(value) : value));
}

function replaceValues(holders: readonly unknown[], replace: (value: unknown) => unknown): void {
  for (const holder of holders as Record<string, unknown>[]) {
    for (const key of Object.keys(holder)) {
      const value = holder[key];
      const replaced = replace(value);
      if (replaced !== value) holder[key] = replaced;
    }
  }
}
