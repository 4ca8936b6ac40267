import { describe, it } from "vitest";
import { wrongTestNames } from "./named-tests.ts";

describe("docs/security.md", () => {
  it("names a test for each threat, and only tests that exist", ({ expect }) => {
    expect(wrongTestNames("docs/security.md")).toEqual([]);
  });
});
