import { describe, it } from "vitest";
import { differences, type Type, typeOf } from "./types.ts";

const text: Type = { is: "text" };
const object = (fields: Record<string, Type>, required: string[] = []): Type => ({ is: "object", fields, required });

describe("The comparison of types", () => {
  it.for<[why: string, narrow: Type, wide: Type, found: string[]]>([
    ["a limit that only the wide type has", text, { is: "text", max: 3 }, [": max 3"]],
    ["a limit that is further out", { is: "text", max: 4 }, { is: "text", max: 3 }, [": max 3"]],
    ["no limit that is nearer", { is: "integer", min: 2, max: 3 }, { is: "number", min: 1, max: 4 }, []],
    ["another format", { is: "text", format: "uuid4" }, { is: "text", format: "date-time" }, [': format "date-time"']],
    ["another kind", { is: "boolean" }, text, [": boolean for text"]],
    ["a value too many", { is: "one of", values: ["a", "b"] }, { is: "one of", values: ["a"] }, [": b"]],
    ["a field that may be left out", object({ a: text }), object({ a: text }, ["a"]), [".a: required"]],
    ["a field that is not known", object({ a: text }), object({}), [".a: unknown"]],
    ["a field of another kind", object({ a: { is: "null" } }), object({ a: text }), [".a: null for text"]],
    ["more in a list", { is: "list", of: text }, { is: "list", of: text, most: 2 }, [": most 2"]],
    ["fewer in a list", { is: "list", of: text }, { is: "list", of: text, least: 1 }, [": least 1"]],
    ["other things in a list", { is: "list", of: text }, { is: "list", of: { is: "null" } }, [".*: text for null"]],
    ["longer keys", { is: "map", of: text }, { is: "map", of: text, key: { is: "text", max: 1 } }, [".key: max 1"]],
    ["a map that lacks a field", { is: "map", of: text }, object({ a: text }, ["a"]), [".a: required"]],
    ["a member that is not in the union", { is: "union", members: [text, { is: "null" }] }, text, [": null for text"]],
    ["no member of a wider union", text, { is: "union", members: [{ is: "null" }, text] }, []],
  ])("finds %s", ([, narrow, wide, found], { expect }) => {
    expect(differences(narrow, wide, { narrow: {}, wide: {} })).toEqual(found);
  });

  it("refuses to read a limit that it would not compare", ({ expect }) => {
    expect(() => typeOf({ $ref: "#/components/schemas/X", maxLength: 3 })).toThrow("maxLength");
    expect(() => typeOf({ type: "object", properties: {}, maxProperties: 3 })).toThrow("maxProperties");
    expect(() => typeOf({ type: "string", multipleOf: 3 })).toThrow("multipleOf");
  });
});
