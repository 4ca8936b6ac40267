import fc from "fast-check";
import type { Aggregation } from "../../src/engine/definition/aggregation.ts";
import type { Filter, FilterClause } from "../../src/engine/definition/filter.ts";

// Events and definitions that have much to do with one another.

const PROPERTIES = ["v", "w", "a.b", "a.b.c", "", "name", "source", "timestamp", "_llm.total_tokens", "_llm.model", "_llm.x.y", "_cost.amount", "_cost.amount", "_cost.more"]; // prettier-ignore

/** Sums of these are exact in any order. */
const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: -(2 ** 30), max: 2 ** 30 }).map((k) => k / 1024),
);
const scalar = fc.oneof(
  number,
  fc.boolean(),
  fc.constantFrom("1", "5", "t", "true", "a", "ab", "é", "😀", "-1", "%", "_"),
);
/** A number of up to 12 decimals as callers write it: with zeros at either end, or none before the point. */
const amount = fc.tuple(number, fc.constantFrom("", "0", "00"), fc.constantFrom("", "0", "000")).map(([value, before, after]) => {
  const [whole = "", fraction = ""] = String(Math.abs(value % 1024)).split(".");
  const digits = `${before}${whole === "0" && fraction !== "" && before === "" ? "" : whole}`;
  return `${value < 0 ? "-" : ""}${digits}${fraction + after === "" ? "" : "."}${fraction}${after}`;
}); // prettier-ignore
export const metadata = fc.record(
  {
    v: scalar,
    w: scalar,
    "a.b": scalar,
    "a.b.c": scalar,
    "": scalar,
    name: scalar,
    "_llm.total_tokens": scalar,
    "_llm.x.y": scalar,
    "_cost.amount": scalar,
    "_cost.more": scalar,
    _cost: fc.record({ amount, currency: fc.constant("usd") }),
    _llm: fc.record(
      { vendor: fc.constant("o"), model: fc.constantFrom("g", "h"), total_tokens: fc.nat(9), "x.y": fc.oneof(scalar, fc.constant(null)) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
); // prettier-ignore
export const external = fc.constantFrom("c1", "c1", "c2", "", "ext:c1");
const operator = fc.constantFrom<FilterClause["operator"]>("eq", "ne", "gt", "gte", "lt", "lte", "like", "not_like");
const clause: fc.Arbitrary<FilterClause> = fc
  .record({
    property: fc.constantFrom(...PROPERTIES),
    operator,
    value: fc.oneof(
      fc.integer({ min: -5, max: 5 }),
      fc.boolean(),
      fc.constantFrom("1", "t", "a", "", "5", "é", "17", "gen"),
    ),
  })
  .filter(({ operator: sign, value }) => typeof value !== "boolean" || !["gt", "gte", "lt", "lte"].includes(sign));
export const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.record({
    conjunction: fc.constantFrom<"and" | "or">("and", "or"),
    clauses: fc.array(fc.oneof({ maxDepth: 3, depthSize: "small" }, clause, tie("filter")), { maxLength: 3 }),
  }),
})).filter;
/** A filter that requires one of some names, with another condition or without. */
export const nameFilter: fc.Arbitrary<Filter> = fc
  .tuple(fc.subarray(["a", "ab", "gen", "", "none"], { minLength: 1 }), fc.option(clause))
  .map(([names, other]) => {
    const each = names.map((name) => ({ property: "name", operator: "eq" as const, value: name }));
    const one: Filter = { conjunction: "or", clauses: each };
    return other === null ? one : { conjunction: "and", clauses: [one, other] };
  });
export const property = fc.constantFrom(...PROPERTIES);
/** Dimensions of a meter: those that events often have, and any others. */
export const dimensions = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom("v", "a.b", "_llm.model", "_llm.x.y"),
    property.filter((name) => name !== "timestamp"),
  ),
  { maxLength: 4 },
);
export const func = fc.constantFrom<Aggregation["func"]>("count", "sum", "max", "min", "avg", "unique");
export const aggregation = fc
  .tuple(func, property)
  .map(([name, of]) => (name === "count" ? { func: name } : { func: name, property: of }));
