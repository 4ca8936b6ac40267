import { describe, it } from "vitest";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION, problems, storedMeters } from "../support/api.ts";

const post = async (body: unknown, options: { token?: string | null; headers?: Record<string, string> } = {}) =>
  call("POST", "/v1/meters/", { token: await grant(), body, ...options });
const clause = (fields: object) => ({ ...METER, filter: { conjunction: "and", clauses: [fields] } });
const condition = (fields: object) => clause({ property: "p", operator: "eq", value: "v", ...fields });

describe("POST /v1/meters/", () => {
  it("answers 401 without credentials", async ({ expect }) => {
    const answer = await post(METER, { token: null });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ error: "Unauthorized" });
  });

  it("answers 403 to a token that may only read", async ({ expect }) => {
    const answer = await post(METER, { token: await grant({ scopes: ["meters:read"] }) });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ error: "insufficient_scope" });
    expect(answer.headers.get("WWW-Authenticate")).toContain('scope="meters:write"');
  });

  it("answers 201 with the meter, its fields in the documented order", async ({ expect }) => {
    const before = Date.now();
    const answer = await post({
      metadata: { team: "core", weight: 1.5, on: true },
      name: "  Tokens – 日本 😀 ",
      unit: "custom",
      custom_label: "token",
      custom_multiplier: 1000,
      filter: {
        conjunction: "or",
        clauses: [
          { property: "metadata.model", operator: "ne", value: "mini", extra: 1 },
          { conjunction: "and", clauses: [{ property: "timestamp", operator: "gte", value: 5.0 }] },
        ],
      },
      aggregation: { func: "sum", property: "metadata.metadata.total", extra: 1 },
      organization_id: ORGANIZATION,
      surprise: "ignored",
    });
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.json)).toEqual([
      "metadata", "created_at", "modified_at", "id", "name", "unit", "custom_label", "custom_multiplier",
      "filter", "aggregation", "organization_id", "archived_at", "dimensions",
    ]); // prettier-ignore
    const { id, created_at, ...rest } = answer.json;
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(created_at)).toBeGreaterThanOrEqual(before);
    expect(rest).toEqual({
      metadata: { team: "core", weight: 1.5, on: true },
      modified_at: null,
      name: "  Tokens – 日本 😀 ",
      unit: "custom",
      custom_label: "token",
      custom_multiplier: 1000,
      filter: {
        conjunction: "or",
        clauses: [
          { property: "model", operator: "ne", value: "mini" },
          { conjunction: "and", clauses: [{ property: "timestamp", operator: "gte", value: 5 }] },
        ],
      },
      aggregation: { func: "sum", property: "metadata.total" },
      organization_id: ORGANIZATION,
      archived_at: null,
      dimensions: [],
    });
  });

  it("fills what is left out", async ({ expect }) => {
    const answer = await post(METER);
    expect(answer.json).toMatchObject({ metadata: {}, unit: "scalar", custom_label: null, custom_multiplier: null });
  });

  it("keeps every metadata key, also those that JavaScript knows", async ({ expect }) => {
    const token = await grant();
    const metadata = '{"__proto__":"a","constructor":1,"toString":true}';
    const body = JSON.stringify(METER).replace("{", `{"metadata":${metadata},`);
    const created = await post(body, { token });
    expect(created.text).toContain(`"metadata":${metadata}`);
    const read = await call("GET", `/v1/meters/${created.json.id}`, { token });
    expect(read.text).toBe(created.text);
  });

  it.for([
    ["an array", [], ["body model_attributes_type"]],
    ["nothing", {}, ["body.name missing", "body.filter missing", "body.aggregation missing"]],
    ["a short name, counted in code points", { ...METER, name: "😀é" }, ["body.name string_too_short"]],
    ["a name with NUL", { ...METER, name: "a\0bc" }, ["body.name value_error"]],
    ["a name with half a surrogate pair", { ...METER, name: "abc\ud800" }, ["body.name value_error"]],
    ["an unknown unit", { ...METER, unit: "furlong" }, ["body.unit enum"]],
    ["a custom unit without label", { ...METER, unit: "custom" }, ["body value_error"]],
    ["a label without a custom unit", { ...METER, custom_label: "x" }, ["body value_error"]],
    ["a wrong unit and a bad name: the name alone", { ...METER, name: "a", unit: "custom" }, ["body.name string_too_short"]],
    ["a wrong unit and a bad multiplier: the multiplier alone", { ...METER, unit: "custom", custom_multiplier: 0 }, ["body.custom_multiplier greater_than"]],
    ["a fractional multiplier", { ...METER, custom_multiplier: 2.5 }, ["body.custom_multiplier int_from_float"]],
    ["a multiplier as text", { ...METER, custom_multiplier: "5" }, ["body.custom_multiplier int_type"]],
    ["a multiplier over 2^53", { ...METER, custom_multiplier: 2 ** 53 }, ["body.custom_multiplier less_than_equal"]],
    ["metadata that is a list", { ...METER, metadata: [] }, ["body.metadata dict_type"]],
    ["51 keys", { ...METER, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, i])) }, ["body.metadata too_long"]],
    ["bad pairs", { ...METER, metadata: { "": "x", a: "", ["k".repeat(41)]: 1, n: null } }, ["body.metadata. string_too_short", "body.metadata.a string_too_short", `body.metadata.${"k".repeat(41)} string_too_long`, "body.metadata.n value_error"]],
    ["NUL in metadata", { ...METER, metadata: { k: "a\0" } }, ["body.metadata value_error"]],
    ["a filter that is a list", { ...METER, filter: [] }, ["body.filter model_attributes_type"]],
    ["an empty clause", clause({}), ["body.filter.clauses.0.property missing", "body.filter.clauses.0.operator missing", "body.filter.clauses.0.value missing"]],
    ["half a nested filter", clause({ clauses: [] }), ["body.filter.clauses.0.conjunction missing"]],
    ["a clause that is not an object", { ...METER, filter: { conjunction: "or", clauses: [5] } }, ["body.filter.clauses.0 model_attributes_type"]],
    ["a value over 1000 characters", condition({ value: "x".repeat(1001) }), ["body.filter.clauses.0.value string_too_long"]],
    ["a fractional value", condition({ value: 1.5 }), ["body.filter.clauses.0.value int_from_float"]],
    ["a value over int32", condition({ value: 2 ** 31 }), ["body.filter.clauses.0.value less_than_equal"]],
    ["a value beyond all integers", condition({ value: 1e20 }), ["body.filter.clauses.0.value less_than_equal"]],
    ["a multiplier below all integers", { ...METER, custom_multiplier: -5e20 }, ["body.custom_multiplier greater_than_equal"]],
    ["a list as value", condition({ value: [] }), ["body.filter.clauses.0.value value_error"]],
    ["an order on a boolean", condition({ operator: "gte", value: true }), ["body.filter.clauses.0.value value_error"]],
    ["an aggregation without func", { ...METER, aggregation: {} }, ["body.aggregation union_tag_not_found"]],
    ["an unknown func", { ...METER, aggregation: { func: "median" } }, ["body.aggregation union_tag_invalid"]],
    ["a sum of nothing", { ...METER, aggregation: { func: "sum" } }, ["body.aggregation.property missing"]],
    ["an organization that is not a UUID", { ...METER, organization_id: "x" }, ["body.organization_id uuid_parsing"]],
    ["a UUID of version 7", { ...METER, organization_id: "01890a5d-ac96-7bcc-8d4c-1a2b3c4d5e6f" }, ["body.organization_id uuid_version"]],
  ] as [string, unknown, string[]][])("answers 422 to %s, and stores nothing", async ([, body, expected], { expect }) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(answer.json.error).toBe("RequestValidationError");
    expect(problems(answer)).toEqual(expected);
    expect(await storedMeters()).toBe(0);
  }); // prettier-ignore

  it("lists every problem at once, in the order of the fields", async ({ expect }) => {
    const answer = await post({
      organization_id: 5,
      aggregation: 1,
      filter: { clauses: 1, conjunction: "xor" },
      custom_multiplier: 0,
      custom_label: 1,
      unit: 1,
      name: 1,
      metadata: 1,
    });
    expect(problems(answer)).toEqual([
      "body.metadata dict_type",
      "body.name string_type",
      "body.unit enum",
      "body.custom_label string_type",
      "body.custom_multiplier greater_than",
      "body.filter.conjunction enum",
      "body.filter.clauses list_type",
      "body.aggregation model_attributes_type",
      "body.organization_id uuid_type",
    ]);
  });

  it("refuses another organization's id, only when all else is valid", async ({ expect }) => {
    const named = { ...METER, organization_id: OTHER_ORGANIZATION };
    const answer = await post(named);
    expect(answer.status).toBe(422);
    expect(answer.json.error).toBe("PolarRequestValidationError");
    expect(problems(answer)).toEqual(["body.organization_id organization_token"]);
    expect(problems(await post({ ...named, name: "a" }))).toEqual(["body.name string_too_short"]);
    expect((await post({ ...METER, organization_id: ORGANIZATION.toUpperCase() })).status).toBe(201);
    expect(await storedMeters()).toBe(1);
  });

  it("refuses integers that a double would round, and takes floats", async ({ expect }) => {
    const body = (value: string) => JSON.stringify(METER).replace("{", `{"metadata":{"k":${value}},`);
    for (const value of ["9007199254740992", "-9007199254740993", "123456789012345678901234567890"]) {
      expect(problems(await post(body(value)))).toEqual(["body.metadata.k int_parsing_size"]);
    }
    expect(problems(await post(body("1e400")))).toEqual(["body.metadata.k finite_number"]);
    const big = JSON.stringify(condition({ value: 5 })).replace('"value":5', '"value":99999999999999999999');
    expect(problems(await post(big))).toEqual(["body.filter.clauses.0.value less_than_equal"]);
    expect((await post(body("9007199254740991"))).json.metadata).toEqual({ k: 9007199254740991 });
    expect((await post(body("1.5e300"))).json.metadata).toEqual({ k: 1.5e300 });
  });

  it("takes a filter of 16 levels and 200 clauses, and refuses one more of either", async ({ expect }) => {
    const nested = (levels: number, inner: unknown[]): object =>
      levels === 1
        ? { conjunction: "or", clauses: inner }
        : { conjunction: "or", clauses: [nested(levels - 1, inner)] };
    const clauses = Array.from({ length: 200 }, () => ({ property: "p", operator: "like", value: "x".repeat(1000) }));
    expect((await post({ ...METER, filter: nested(16, clauses) })).status).toBe(201);
    const deeper = await post({ ...METER, filter: nested(17, []) });
    expect(problems(deeper)).toEqual(["body.filter too_long"]);
    expect(deeper.json.detail[0].msg).toContain("16 levels");
    const longer = await post({ ...METER, filter: nested(2, [...clauses, clauses[0]]) });
    expect(problems(longer)).toEqual(["body.filter too_long"]);
    expect(longer.json.detail[0].msg).toContain("200 clauses");
  });

  it("takes a name of any length that can be kept, and refuses a longer one", async ({ expect }) => {
    expect((await post({ ...METER, name: "\u0390".repeat(140_000) })).status).toBe(201);
    expect((await post({ ...METER, name: "n".repeat(890_000) })).status).toBe(201);
    expect(problems(await post({ ...METER, name: "\u0390".repeat(300_000) }))).toEqual(["body.name string_too_long"]);
  });

  it("refuses a property that is too long to be looked up in every event", async ({ expect }) => {
    const named = (property: string) => ({ ...METER, aggregation: { func: "sum", property } });
    expect((await post(named("p".repeat(2500)))).status).toBe(201);
    expect(problems(await post(named(".".repeat(2501))))).toEqual(["body.aggregation.property string_too_long"]);
  });

  it("treats a clause that also looks like a filter as a clause", async ({ expect }) => {
    const answer = await post(condition({ conjunction: "nope", clauses: [{}] }));
    expect(answer.status).toBe(201);
    expect(answer.json.filter.clauses).toEqual([{ property: "p", operator: "eq", value: "v" }]);
  });

  it("answers without a redirect on both slash forms", async ({ expect }) => {
    const token = await grant();
    expect((await call("POST", "/v1/meters", { token, body: METER })).status).toBe(201);
    expect((await call("POST", "/v1/meters/", { token, body: METER })).status).toBe(201);
  });

  it("echoes the offending value, and the parent of a missing one", async ({ expect }) => {
    const answer = await post({ ...METER, name: 5, aggregation: { func: "sum" } });
    expect(answer.json.detail[0]).toMatchObject({ loc: ["body", "name"], input: 5 });
    expect(answer.json.detail[1]).toMatchObject({ type: "missing", input: { func: "sum" } });
  });

  it("keeps the answer to a hostile body small", async ({ expect }) => {
    const metadata = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, ""]));
    const answer = await post({ ...METER, metadata });
    expect(answer.status).toBe(422);
    expect(answer.json.detail).toHaveLength(101);
    expect(answer.json.detail.at(-1)).toMatchObject({ type: "too_many_problems", loc: ["body"] });
    const pairs = Array.from({ length: 95_000 }, (_, i) => `"${i.toString(36)}":""`).join(",");
    const wide = await post(`{"metadata":{${pairs}}}`);
    expect([wide.status, wide.json.detail.length]).toEqual([422, 101]);
    const clauses = Array.from({ length: 60_000 }, () => '{"clauses":[]}').join(",");
    const nested = await post(`{"filter":{"conjunction":"and","clauses":[${clauses}]}}`);
    expect([nested.status, nested.json.detail.length]).toEqual([422, 3]);
    expect(problems(nested)).toContain("body.filter too_long");
    const deep = await post(`{"name":${"[".repeat(200_000)}${"]".repeat(200_000)}}`);
    expect(deep.status).toBe(422);
    expect(problems(deep)[0]).toBe("body.name string_type");
  });
});
