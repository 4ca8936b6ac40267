import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, it } from "vitest";
import { hashToken, isWellFormed, newToken, tokenOf } from "../../src/auth/token.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const secret = fc.string({ unit: fc.constantFrom(...BASE62), minLength: 37, maxLength: 37 });

describe("A token", () => {
  it("is the documented one for the documented secret", async ({ expect }) => {
    const token = "em_oat_00000000000000000000000000000000000003jnQlY";
    expect(tokenOf("0".repeat(37))).toBe(token);
    expect(isWellFormed(token)).toBe(true);
    expect(await hashToken(token)).toBe("b2d67d2a3fa6e7eb1443cc2e2efc274a23d67409f109a54cc42bec6c57d0689f");
  });

  it("is well-formed when it is new, and never the same", ({ expect }) => {
    const tokens = Array.from({ length: 200 }, newToken);
    for (const token of tokens) {
      expect(token).toMatch(/^em_oat_[0-9A-Za-z]{43}$/);
      expect(isWellFormed(token)).toBe(true);
    }
    expect(new Set(tokens).size).toBe(200);
    expect(new Set(tokens.join("")).size).toBeGreaterThanOrEqual(62);
  });

  it("ends with the CRC-32 of its secret in base62", () => {
    fc.assert(
      fc.property(secret, (text) => {
        const digits = Array.from(tokenOf(text).slice(-6), (digit) => BASE62.indexOf(digit));
        return digits.reduce((sum, digit) => sum * 62 + digit, 0) === crc32(text);
      }),
    );
  });

  it("is refused after any change of one character", () => {
    fc.assert(
      fc.property(secret, fc.nat(49), fc.constantFrom(...BASE62, "_", " ", "é"), (text, at, char) => {
        const token = tokenOf(text);
        const changed = token.slice(0, at) + char + token.slice(at + 1);
        return isWellFormed(changed) === (changed === token);
      }),
    );
  });

  it("is refused as any other text", () => {
    fc.assert(fc.property(fc.string(), (text) => !isWellFormed(text)));
  });
});
