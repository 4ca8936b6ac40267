import { describe, it } from "vitest";
import { append } from "../../src/events/append.ts";
import { listEvents } from "../../src/events/queries.ts";
import { EventListQuery } from "../../src/events/schemas.ts";
import type { FilterClause } from "../../src/engine/definition/filter.ts";
import { call, grant, problems } from "../support/api.ts";
import { clauses } from "../support/metering.ts";
import { storeOf } from "../support/stores.ts";

type Operator = FilterClause["operator"];
type Value = FilterClause["value"];
/** A clause without its property, and the names of the events that match, in the order in which they are stored. */
type Expectation = [operator: Operator, value: Value, matching: string[]];

const START = Date.parse("2026-01-01T00:00:00Z");

/** What is stored: a name and metadata, of any JSON. The API itself takes null and objects only in _cost and _llm. */
type Stored = [name: string, metadata: object, timestamp?: number];

/** Stores events, one second apart where they have no time. */
async function store(...stored: Stored[]) {
  const events = stored.map(([name, metadata, timestamp], index) => ({
    name,
    timestamp: timestamp ?? START + index * 1000,
    customer_id: null,
    external_customer_id: "c1",
    external_id: null,
    parent_id: null,
    metadata,
  }));
  await append(storeOf(), events, { source: "user", compare: false, now: START });
}

/** Stores an event for each value of the property p, named by the value's JSON. */
const storeValues = (...values: unknown[]) => store(...values.map((p): Stored => [JSON.stringify(p), { p }]));

/** Lists the events that match a filter, oldest first, as GET /v1/events/ does. */
async function namesOf(filter: object): Promise<string[]> {
  const query = EventListQuery.parse({ filter: JSON.stringify(filter), limit: "100", sorting: ["timestamp"] });
  const { rows, total } = await listEvents(storeOf(), query, null);
  if (total !== rows.length) throw new Error(`${total} events were counted, ${rows.length} listed`);
  return rows.map(({ name }) => name);
}

/** What the filter's one clause matches, for each expectation: in the form of the expectations. */
async function find(property: string, expectations: Expectation[]): Promise<Expectation[]> {
  const found: Expectation[] = [];
  for (const [operator, value] of expectations) {
    found.push([operator, value, await namesOf(clauses({ property, operator, value }))]);
  }
  return found;
}

describe("A value of a filter is compared by the JSON type that the event stored", () => {
  /** Names are the JSON of the stored values: "5" is text, 5 is a number. */
  const storeEveryType = async () => {
    await storeValues("10", "5", "f", "t", "true", -3, 0, 1, 5, 5.5, 10, true, false, null, { p: "5" });
    await store(["missing", {}]);
  };

  it("text", async ({ expect }) => {
    const expected: Expectation[] = [
      ["eq", "5", ['"5"']],
      ["ne", "5", ['"10"', '"f"', '"t"', '"true"']],
      ["gt", "5", ['"f"', '"t"', '"true"']],
      ["gte", "5", ['"5"', '"f"', '"t"', '"true"']],
      ["lt", "5", ['"10"']],
      ["lte", "5", ['"10"', '"5"']],
      ["like", "5", ['"5"', "5", "5.5"]],
      ["not_like", "5", ['"10"', '"f"', '"t"', '"true"', "-3", "0", "1", "10", "true", "false"]],
      ["eq", "t", ['"t"']],
      ["eq", "true", ['"true"']],
      ["ne", "true", ['"10"', '"5"', '"f"', '"t"']],
      ["like", "tru", ['"true"', "true"]],
      ["like", "null", []],
      ["like", "{", []],
      ["eq", "", []],
      ["gt", "", ['"10"', '"5"', '"f"', '"t"', '"true"']],
    ];
    await storeEveryType();
    expect(await find("p", expected)).toEqual(expected);
  });

  it("integers", async ({ expect }) => {
    const expected: Expectation[] = [
      ["eq", 5, ['"5"', "5"]],
      ["ne", 5, ['"10"', '"f"', '"t"', '"true"', "-3", "0", "1", "5.5", "10"]],
      ["gt", 5, ['"f"', '"t"', '"true"', "5.5", "10"]],
      ["gte", 5, ['"5"', '"f"', '"t"', '"true"', "5", "5.5", "10"]],
      ["lt", 5, ['"10"', "-3", "0", "1"]],
      ["lte", 5, ['"10"', '"5"', "-3", "0", "1", "5"]],
      ["like", 5, ['"5"', "5", "5.5"]],
      ["not_like", 5, ['"10"', '"f"', '"t"', '"true"', "-3", "0", "1", "10", "true", "false"]],
      ["eq", 1, ["1"]],
      ["eq", 0, ["0"]],
      ["lt", 0, ["-3"]],
      ["like", -3, ["-3"]],
      ["like", 1, ['"10"', "1", "10"]],
    ];
    await storeEveryType();
    expect(await find("p", expected)).toEqual(expected);
  });

  it("booleans", async ({ expect }) => {
    const expected: Expectation[] = [
      ["eq", true, ['"t"', "1", "true"]],
      ["eq", false, ['"f"', "0", "false"]],
      ["ne", true, ['"10"', '"5"', '"f"', '"true"', "-3", "0", "5", "5.5", "10", "false"]],
      ["ne", false, ['"10"', '"5"', '"t"', '"true"', "-3", "1", "5", "5.5", "10", "true"]],
      // Of a boolean, like searches for t or f.
      ["like", true, ['"t"', '"true"', "true"]],
      ["like", false, ['"f"', "false"]],
      ["not_like", true, ['"10"', '"5"', '"f"', "-3", "0", "1", "5", "5.5", "10", "false"]],
      ["not_like", false, ['"10"', '"5"', '"t"', '"true"', "-3", "0", "1", "5", "5.5", "10", "true"]],
    ];
    await storeEveryType();
    expect(await find("p", expected)).toEqual(expected);
  });

  it.for(["gt", "gte", "lt", "lte"])("booleans have no order: %s is answered 422", async (operator, { expect }) => {
    const filter = JSON.stringify(clauses({ property: "p", operator, value: true }));
    const answer = await call("GET", `/v1/events/?filter=${filter}`, { token: await grant() });
    expect(problems(answer)).toEqual(["query.filter.clauses.0.value value_error"]);
  });

  it.for([
    ["1e308", "less_than_equal", "2147483647"],
    ["12345678901234567890", "less_than_equal", "2147483647"],
    ["9007199254740993", "less_than_equal", "2147483647"],
    ["9007199254740991", "less_than_equal", "2147483647"],
    ["2147483648", "less_than_equal", "2147483647"],
    ["-1e308", "greater_than_equal", "-2147483648"],
    ["-12345678901234567890", "greater_than_equal", "-2147483648"],
  ] as const)("integers have one limit, which %s is told at once", async ([value, type, limit], { expect }) => {
    const filter = `{"conjunction":"and","clauses":[{"property":"p","operator":"eq","value":${value}}]}`;
    const body = `{"name":"meter","filter":${filter},"aggregation":{"func":"count"},"custom_multiplier":-1e300}`;
    const answer = await call("POST", "/v1/meters/", { token: await grant(), body });
    expect(problems(answer)).toEqual(["body.custom_multiplier greater_than", `body.filter.clauses.0.value ${type}`]);
    expect(answer.json.detail[1].msg).toContain(` ${limit}.`);
  });

  it("numbers by their value, not by how they are written", async ({ expect }) => {
    const token = await grant();
    const body = '{"events":[{"name":"one","external_customer_id":"c1","metadata":{"p":1.0}}]}';
    expect((await call("POST", "/v1/events/ingest", { token, body })).status).toBe(200);
    const count = async (operator: string, value: string) => {
      const filter = `{"conjunction":"and","clauses":[{"property":"p","operator":"${operator}","value":${value}}]}`;
      const answer = await call("GET", `/v1/events/?filter=${encodeURIComponent(filter)}`, { token });
      return answer.json.pagination.total_count;
    };
    expect([await count("eq", "1"), await count("eq", "1.0"), await count("eq", "true")]).toEqual([1, 1, 1]);
    expect([await count("like", '"1"'), await count("like", '".0"'), await count("eq", '"1"')]).toEqual([1, 0, 0]);
  });

  it("null, objects and what is missing match no operator, also as the API stores them", async ({ expect }) => {
    const token = await grant();
    const llm = { vendor: "v", model: "m", prompt: null, input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    const events = [{ name: "e", external_customer_id: "c1", metadata: { _llm: llm } }];
    expect((await call("POST", "/v1/events/ingest", { token, body: { events } })).status).toBe(200);
    for (const property of ["_llm", "_llm.prompt", "_llm.response", "_cost.amount"]) {
      for (const operator of ["eq", "ne", "gt", "gte", "lt", "lte", "like", "not_like"]) {
        expect(await namesOf(clauses({ property, operator, value: "null" })), `${property} ${operator}`).toEqual([]);
        expect(await namesOf(clauses({ property, operator, value: 0 })), `${property} ${operator}`).toEqual([]);
      }
    }
    expect(await namesOf(clauses({ property: "_llm.model", operator: "eq", value: "m" }))).toEqual(["e"]);
  });
});

describe("Text in a filter", () => {
  it("is compared by code points", async ({ expect }) => {
    const [accented, combined, tilde, face] = ["\u00e9", "e\u0301", "\uff5e", "\u{1f600}"];
    const named = (...values: string[]) => values.map((value) => JSON.stringify(value));
    const expected: Expectation[] = [
      ["lt", "a", named("B")],
      ["gt", "a", named("ab", "b", combined, accented, tilde, face)],
      ["gt", "ab", named("b", combined, accented, tilde, face)],
      ["lt", accented, named("B", "a", "ab", "b", combined)],
      // In UTF-16 the surrogates of U+1F600 would come before U+FF5E.
      ["gt", tilde, named(face)],
      ["lt", face, named("B", "a", "ab", "b", combined, accented, tilde)],
      ["eq", accented, named(accented)],
      ["eq", combined, named(combined)],
      ["like", "B", named("B")],
      ["like", "e", named(combined)],
    ];
    await storeValues("B", "a", "ab", "b", combined, accented, tilde, face);
    expect(await find("p", expected)).toEqual(expected);
  });

  it("is searched for as it is: % and _ are plain characters", async ({ expect }) => {
    const expected: Expectation[] = [
      ["like", "%", ['"100%"']],
      ["like", "0%", ['"100%"']],
      ["like", "_", ['"a_b"']],
      ["like", "a_b", ['"a_b"']],
      ["like", "*", []],
      ["like", "\\", ['"\\\\"']],
      ["like", "'", [`"it's"`]],
      ["like", "", ['"100%"', '"1000"', '"a_b"', '"axb"', '"\\\\"', `"it's"`]],
      ["not_like", "%", ['"1000"', '"a_b"', '"axb"', '"\\\\"', `"it's"`]],
      ["not_like", "_", ['"100%"', '"1000"', '"axb"', '"\\\\"', `"it's"`]],
      ["not_like", "", []],
    ];
    await storeValues("100%", "1000", "a_b", "axb", "\\", "it's");
    expect(await find("p", expected)).toEqual(expected);
  });
});

describe("A property of a filter", () => {
  it.for<[property: string, matching: string[]]>([
    ["a", ["plain"]],
    ["metadata.a", ["plain"]],
    ["a.b", ["dots"]],
    ["a.b.c", ["dots"]],
    ["metadata.a.b", ["dots"]],
    ["metadata.metadata.a", ["dots"]],
    ["_llm.a", ["field of _llm"]],
    ["_llm.a.b", ["field with a dot", "its key"]],
    ["_llm.", ["empty field"]],
    ["_llm.b", ["missing field, its key"]],
    ["_llm", []],
    ["_cost.a", ["field of _cost"]],
    ["_other.a", []],
    ["b", []],
    ["", ["empty"]],
    [".", []],
    ["a.", []],
    ["a[0]", ["brackets"]],
    ["a.0", []],
    ["$", ["dollar"]],
    ['a"b', ["quote"]],
    ["a\\b", ["backslash"]],
    ["A", []],
  ])("is a key as it is, or a field of _llm or _cost: %j", async ([property, matching], { expect }) => {
    await store(
      ["plain", { a: "x" }],
      ["dots", { "a.b": "x", "metadata.a": "x", "a.b.c": "x" }],
      ["field of _llm", { _llm: { a: "x" }, "_llm.a": "y" }],
      ["another field of _llm", { _llm: { a: "y" }, "_llm.a": "x" }],
      ["no field, but null", { _llm: { a: null }, "_llm.a": "x" }],
      ["field with a dot", { _llm: { "a.b": "x" } }],
      ["its key", { "_llm.a.b": "x" }],
      ["empty field", { _llm: { "": "x" } }],
      ["missing field, its key", { _llm: { c: "x" }, "_llm.b": "x" }],
      ["field of _cost", { _cost: { a: "x" } }],
      ["field of another object", { _other: { a: "x" } }],
      ["nested", { a: { b: "x" } }],
      ["deep", { a: { b: { c: "x" } } }],
      ["empty", { "": "x" }],
      ["empty in empty", { "": { "": "x" } }],
      ["empty in a", { a: { "": "x" } }],
      ["array", { a: ["x"] }],
      ["brackets", { "a[0]": "x" }],
      ["dollar", { $: "x" }],
      ["quote", { 'a"b': "x" }],
      ["backslash", { "a\\b": "x" }],
    );
    expect(await namesOf(clauses({ property, operator: "eq", value: "x" }))).toEqual(matching);
  });

  it("name is the event's own, and is compared with text only", async ({ expect }) => {
    const expected: Expectation[] = [
      ["eq", "b", ["b"]],
      ["ne", "b", ["5", "a%", "t"]],
      ["gt", "a%", ["b", "t"]],
      ["gte", "b", ["b", "t"]],
      ["lt", "b", ["5", "a%"]],
      ["lte", "5", ["5"]],
      ["like", "%", ["a%"]],
      ["not_like", "%", ["5", "b", "t"]],
      ["eq", 5, []],
      ["ne", 5, []],
      ["like", 5, []],
      ["not_like", 6, []],
      ["eq", true, []],
      ["ne", false, []],
      ["not_like", true, []],
    ];
    await store(["5", {}], ["a%", {}], ["b", { name: "a%" }], ["t", {}]);
    expect(await find("name", expected)).toEqual(expected);
    expect(await find("metadata.name", expected)).toEqual(expected);
  });

  it("source is the event's own, and is compared with text only", async ({ expect }) => {
    const expected: Expectation[] = [
      ["eq", "user", ["e"]],
      ["eq", "system", []],
      ["ne", "system", ["e"]],
      ["gt", "system", ["e"]],
      ["lte", "system", []],
      ["like", "se", ["e"]],
      ["not_like", "se", []],
      ["not_like", "S", ["e"]],
      ["ne", 5, []],
      ["not_like", false, []],
    ];
    await store(["e", { source: "system" }]);
    expect(await find("source", expected)).toEqual(expected);
  });

  it("timestamp is the event's own in whole seconds, and is compared with integers only", async ({ expect }) => {
    const expected: Expectation[] = [
      ["eq", 1_767_225_600, ["exact", "below half"]],
      ["eq", 1_767_225_601, ["half"]],
      ["eq", 0, ["half before 1970", "1970"]],
      ["eq", -1, ["before 1970"]],
      ["ne", 0, ["before 1970", "exact", "below half", "half"]],
      ["gt", 1_767_225_600, ["half"]],
      ["gte", 1_767_225_600, ["exact", "below half", "half"]],
      ["lt", 0, ["before 1970"]],
      ["lte", 0, ["before 1970", "half before 1970", "1970"]],
      ["like", 601, ["half"]],
      ["like", -1, ["before 1970"]],
      ["not_like", 1767, ["before 1970", "half before 1970", "1970"]],
      ["eq", "1767225600", []],
      ["ne", "0", []],
      ["gt", "0", []],
      ["like", "1767", []],
      ["not_like", "1767", []],
      ["eq", false, []],
      ["ne", true, []],
      // The digits have no t.
      ["like", true, []],
      ["not_like", true, ["before 1970", "half before 1970", "1970", "exact", "below half", "half"]],
    ];
    await store(
      ["before 1970", { timestamp: 7 }, -501],
      ["half before 1970", { timestamp: 7 }, -500],
      ["1970", { timestamp: 7 }, 0],
      ["exact", { timestamp: 7 }, 1_767_225_600_000],
      ["below half", { timestamp: 7 }, 1_767_225_600_499],
      ["half", { timestamp: 7 }, 1_767_225_600_500],
    );
    expect(await find("timestamp", expected)).toEqual(expected);
  });
});

describe("The clauses of a filter", () => {
  const is = (value: Value) => ({ property: "p", operator: "eq", value });
  const or = (...of: object[]) => ({ conjunction: "or", clauses: of });

  it.for<[title: string, filter: object, matching: string[]]>([
    ["no clause matches every event", clauses(), ['"a"', '"b"', '"c"']],
    ["no clause matches every event, with or, too", or(), ['"a"', '"b"', '"c"']],
    ["and: all must hold", clauses(is("a"), is("b")), []],
    ["or: any must hold", or(is("a"), is("b")), ['"a"', '"b"']],
    [
      "nested filters are clauses",
      clauses(or(is("a"), is("b")), { property: "p", operator: "ne", value: "a" }),
      ['"b"'],
    ],
    ["an empty nested filter holds", or(is("a"), clauses()), ['"a"', '"b"', '"c"']],
    ["a clause that never holds decides and", clauses(is("a"), { property: "name", operator: "ne", value: 1 }), []],
    [
      "a clause that never holds does not decide or",
      or(is("a"), { property: "name", operator: "ne", value: 1 }),
      ['"a"'],
    ],
  ])("%s", async ([, filter, matching], { expect }) => {
    await storeValues("a", "b", "c");
    expect(await namesOf(filter)).toEqual(matching);
  });
});
