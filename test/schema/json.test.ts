import fc from "fast-check";
import { describe, it } from "vitest";
import { JsonError, parseJson } from "../../src/schema/json.ts";

const failure = (text: string): string => {
  try {
    parseJson(text);
    return "parsed";
  } catch (error) {
    return error instanceof JsonError ? error.message : "another error";
  }
};

describe("parseJson", () => {
  it("reads all JSON as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const plain = (_key: string, part: unknown) => (typeof part === "bigint" ? Number(part) : part);
        return JSON.stringify(parseJson(text), plain) === JSON.stringify(JSON.parse(text));
      }),
    );
  });

  it("keeps integers beyond 2^53 as bigints, and no other number", ({ expect }) => {
    expect(parseJson("[9007199254740991,9007199254740993,-9007199254740993,1e20,12345678901234567.0]")).toEqual([
      9007199254740991,
      9007199254740993n,
      -9007199254740993n,
      1e20,
      12345678901234568,
    ]);
  });

  it("locates the mistake in every text that JSON.parse refuses", ({ expect }) => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]:,"\\ 0-+.eEtfnu\u0001é\u0080'), fc.boolean())
      .map(
        ([text, at, char, cut]) =>
          text.slice(0, at % (text.length + 1)) + (cut ? "" : char + text.slice(at % (text.length + 1))),
      );
    fc.assert(
      fc.property(damaged, (text) => {
        const message = failure(text);
        if (message === "parsed") return;
        expect(message).toMatch(/^This is not JSON: (expected .+ at|it ends where .+, at) line \d+, column \d+\.$/);
      }),
      { numRuns: 2000 },
    );
  });
});
