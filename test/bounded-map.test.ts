import { describe, it } from "vitest";
import { BoundedMap } from "../src/bounded-map.ts";

describe("A bounded map", () => {
  it("forgets its oldest entries when a new one would exceed its size", ({ expect }) => {
    const map = new BoundedMap<string>(5);
    for (const [key, size] of Object.entries({ a: 2, b: 2, c: 1 })) map.set(key, key, size);
    map.set("a", "again", 2);
    expect(["a", "b", "c"].map((key) => map.get(key))).toEqual(["again", "b", "c"]);
    map.set("d", "d", 3);
    expect(["a", "b", "c", "d"].map((key) => map.get(key))).toEqual(["again", undefined, undefined, "d"]);
  });

  it("keeps no entry that is larger than itself, and then forgets no other", ({ expect }) => {
    const map = new BoundedMap<string>(2);
    map.set("a", "a");
    map.set("b", "b", 3);
    expect(["a", "b"].map((key) => map.get(key))).toEqual(["a", undefined]);
  });

  it("frees the space of deleted entries", ({ expect }) => {
    const map = new BoundedMap<number>(1);
    map.set("a", 1);
    map.delete("a");
    map.delete("a");
    map.set("b", 2);
    expect([map.get("a"), map.get("b")]).toEqual([undefined, 2]);
  });
});
