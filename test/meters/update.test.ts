import { describe, it } from "vitest";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { conflicting, decorated } from "../support/stores.ts";
import { begins } from "../support/statements.ts";

const CUSTOM = {
  ...METER,
  metadata: { k: "v" },
  unit: "custom",
  custom_label: "request",
  custom_multiplier: 10,
};

async function setUp(body: object = CUSTOM) {
  const token = await grant();
  const { json: meter } = await call("POST", "/v1/meters/", { token, body });
  const path = `/v1/meters/${meter.id}`;
  return {
    token,
    meter,
    path,
    patch: (changes: unknown, headers: Record<string, string> = {}) =>
      call("PATCH", path, { token, body: changes as object, headers }),
    get: async () => (await call("GET", path, { token })).json,
  };
}

describe("PATCH /v1/meters/{id}", () => {
  it("answers 401 without credentials", async ({ expect }) => {
    expect((await call("PATCH", `/v1/meters/${NOBODY}`, { body: {} })).status).toBe(401);
  });

  it("answers 403 to a token that may only read", async ({ expect }) => {
    const token = await grant({ scopes: ["meters:read"] });
    expect((await call("PATCH", `/v1/meters/${NOBODY}`, { token, body: {} })).status).toBe(403);
  });

  it("answers 404 for another organization's meter, and leaves it alone", async ({ expect }) => {
    const { path, get, meter } = await setUp();
    const token = await grant({ organization_id: OTHER_ORGANIZATION });
    expect((await call("PATCH", path, { token, body: { name: "stolen" } })).status).toBe(404);
    expect(await get()).toEqual(meter);
  });

  it("changes what is named and nothing else", async ({ expect }) => {
    const { patch, get, meter } = await setUp();
    const changes = {
      name: "Renamed",
      metadata: { other: 1 },
      custom_label: "call",
      custom_multiplier: null,
      filter: { conjunction: "or", clauses: [{ property: "metadata.a", operator: "eq", value: 1 }] },
      aggregation: { func: "max", property: "metadata.b" },
    };
    const before = Date.now();
    const answer = await patch(changes);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      ...meter,
      ...changes,
      filter: { conjunction: "or", clauses: [{ property: "a", operator: "eq", value: 1 }] },
      aggregation: { func: "max", property: "b" },
      modified_at: expect.any(String),
    });
    expect(Date.parse(answer.json.modified_at)).toBeGreaterThanOrEqual(before);
    expect(await get()).toEqual(answer.json);
    expect((await patch({ unit: "token", custom_label: null })).json).toMatchObject({ unit: "token", name: "Renamed" });
  });

  it("finds the meter by its new name", async ({ expect }) => {
    const { patch, token } = await setUp();
    await patch({ name: "ÜBER" });
    const found = await call("GET", `/v1/meters/?query=${encodeURIComponent("über")}`, { token });
    expect(found.json.pagination.total_count).toBe(1);
  });

  it.for([
    [{}],
    [{ filter: null }],
    [{ aggregation: null }],
    [{ is_archived: null }],
    [{ is_archived: false }],
    [{ x: 1 }],
  ])("changes nothing for %j, modified_at included", async ([changes], { expect }) => {
    const { patch, meter } = await setUp();
    const answer = await patch(changes);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual(meter);
  });

  it("archives once, and unarchives", async ({ expect }) => {
    const { patch } = await setUp();
    const archived = await patch({ is_archived: true });
    expect(Date.parse(archived.json.archived_at)).not.toBeNaN();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await patch({ is_archived: true })).json).toEqual(archived.json);
    expect((await patch({ is_archived: null })).json).toEqual(archived.json);
    expect((await patch({ is_archived: false })).json.archived_at).toBeNull();
  });

  it.for([
    ["a null name", { name: null }, ["body.name string_type"]],
    ["a null unit", { unit: null }, ["body.unit enum"]],
    ["null metadata", { metadata: null }, ["body.metadata dict_type"]],
    ["is_archived as a number", { is_archived: 1 }, ["body.is_archived bool_type"]],
    ["a custom unit that loses its label", { custom_label: null }, ["body value_error"]],
    ["another unit that keeps its label", { unit: "scalar" }, ["body value_error"]],
    ["a multiplier of 0", { custom_multiplier: 0 }, ["body.custom_multiplier greater_than"]],
    ["a bad clause", { filter: { conjunction: "and", clauses: [{ property: "a", operator: "gt", value: true }] } }, ["body.filter.clauses.0.value value_error"]],
  ] as [string, object, string[]][])("answers 422 to %s, and changes nothing", async ([, changes, expected], { expect }) => {
    const { patch, get, meter } = await setUp();
    const answer = await patch({ ...changes, ...(Object.hasOwn(changes, "name") ? {} : { name: "Renamed" }) });
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual(expected);
    expect(await get()).toEqual(meter);
  }); // prettier-ignore

  it("lists the problems of path and body together", async ({ expect }) => {
    const answer = await call("PATCH", "/v1/meters/abc", { token: await grant(), body: { name: "a" } });
    expect(problems(answer)).toEqual(["path.id uuid_parsing", "body.name string_too_short"]);
  });

  it("begins again when somebody else was first: neither change is lost", async ({ expect }) => {
    const { get, path, token } = await setUp();
    let updates = 0;
    const open = decorated(async (carryOut, sql) => {
      // The other change comes between the reading and the writing.
      if (begins(sql[0]!, "UPDATE meters") && updates++ === 0) {
        expect((await call("PATCH", path, { token, body: { name: "Theirs" } })).status).toBe(200);
      }
      return carryOut();
    });
    expect((await call("PATCH", path, { token, body: { custom_label: "ours" }, open })).status).toBe(200);
    expect(updates).toBe(2);
    expect(await get()).toMatchObject({ name: "Theirs", custom_label: "ours" });
  });

  it("never combines concurrent changes into a meter that no single one could have made", async ({ expect }) => {
    const { patch, get } = await setUp(METER);
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all([
        patch({ unit: "custom", custom_label: "x" }),
        patch({ unit: "token", custom_label: null }),
        patch({ custom_label: "y" }),
        patch({ unit: "scalar" }),
      ]);
      for (const { status } of answers) expect([200, 409, 422]).toContain(status);
      const { unit, custom_label } = await get();
      expect((unit === "custom") === (custom_label !== null)).toBe(true);
    }
  });

  it("answers 422 to a change that would make the meter too large, and leaves it readable", async ({ expect }) => {
    const { patch, get, meter } = await setUp();
    const label = "x".repeat(1_000_000);
    expect((await patch({ custom_label: label })).status).toBe(200);
    const answer = await patch({ name: "n".repeat(890_000) });
    expect(problems(answer)).toEqual(["body too_long"]);
    expect(await get()).toMatchObject({ name: meter.name, custom_label: label });
  });

  it("applies 60 changes that are sent at once, each to the result of another", async ({ expect }) => {
    const { patch, get, meter } = await setUp();
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => patch({ name: `Meter ${i}` })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
    const version = Number(
      (await call("GET", `/v1/meters/${meter.id}`, { token: await grant() })).headers.get("ETag")!.slice(1, -1),
    );
    expect(version).toBe(1 + statuses.filter((status) => status === 200).length);
    expect((await get()).name).toMatch(/^Meter \d+$/);
  });

  it("answers 409 when another request is first each time, and changes nothing", async ({ expect }) => {
    const { get, path, token } = await setUp();
    const answer = await call("PATCH", path, { token, body: { name: "Renamed" }, open: conflicting() });
    expect([answer.status, answer.json.error]).toEqual([409, "Conflict"]);
    expect((await get()).modified_at).toBeNull();
  });
});

describe("The entity tag of a meter", () => {
  it("comes with the creation, the reading and the change, and moves with every change", async ({ expect }) => {
    const token = await grant();
    const created = await call("POST", "/v1/meters/", { token, body: METER });
    const path = `/v1/meters/${created.json.id}`;
    const tag = created.headers.get("ETag");
    expect(tag).toMatch(/^"[^"]+"$/);
    expect((await call("GET", path, { token })).headers.get("ETag")).toBe(tag);
    const changed = await call("PATCH", path, { token, body: { name: "Renamed" } });
    expect(changed.headers.get("ETag")).not.toBe(tag);
    expect((await call("PATCH", path, { token, body: {} })).headers.get("ETag")).toBe(changed.headers.get("ETag"));
  });

  it("answers 304 to If-None-Match while nothing changed", async ({ expect }) => {
    const { token, path, patch } = await setUp();
    const tag = (await call("GET", path, { token })).headers.get("ETag")!;
    for (const header of [tag, `W/${tag}`, `"x" , ${tag}`, `, "x",, W/${tag},`, "*"]) {
      const answer = await call("GET", path, { token, headers: { "If-None-Match": header } });
      expect([answer.status, answer.text, answer.headers.get("ETag")]).toEqual([304, "", tag]);
    }
    expect((await call("GET", path, { token, headers: { "If-None-Match": '"x"' } })).status).toBe(200);
    await patch({ name: "Renamed" });
    expect((await call("GET", path, { token, headers: { "If-None-Match": tag } })).status).toBe(200);
  });

  it("answers 412 to If-Match when somebody else was first", async ({ expect }) => {
    const { token, path, patch, get } = await setUp();
    const tag = (await call("GET", path, { token })).headers.get("ETag")!;
    expect((await patch({ name: "First" }, { "If-Match": tag })).status).toBe(200);
    for (const header of [tag, `W/${tag}`, '"x", W/"y"', "", "foo*", "*, *", '"2""2"', "W/2", 'w/"2"']) {
      const late = await patch({ name: "Late" }, { "If-Match": header });
      expect(late.status).toBe(412);
      expect(late.json.error).toBe("PreconditionFailed");
    }
    expect((await get()).name).toBe("First");
    expect((await patch({ name: "Whatever" }, { "If-Match": "*" })).status).toBe(200);
  });

  it("takes in If-Match a tag that a proxy has made weak, also in a list", async ({ expect }) => {
    const { token, path, patch } = await setUp();
    for (const [name, list] of Object.entries({
      first: (tag: string) => tag,
      second: (tag: string) => `"x",, ${tag}`,
    })) {
      const tag = `W/${(await call("GET", path, { token })).headers.get("ETag")}`;
      expect((await patch({ name }, { "If-Match": list(tag) })).status).toBe(200);
      expect((await patch({ name }, { "If-Match": list(tag) })).status).toBe(412);
    }
  });
});

describe("The methods of a path", () => {
  it.for([
    ["/v1/meters/", "GET, HEAD, OPTIONS, POST"],
    ["/v1/meters", "GET, HEAD, OPTIONS, POST"],
    [`/v1/meters/${NOBODY}`, "GET, HEAD, OPTIONS, PATCH"],
    [`/v1/meters/${NOBODY}/`, "GET, HEAD, OPTIONS, PATCH"],
  ] as const)("of %s are told by 405 and by OPTIONS", async ([path, methods], { expect }) => {
    const token = await grant();
    const refused = await call("DELETE", path, { token });
    expect(refused.status).toBe(405);
    expect(refused.json.error).toBe("MethodNotAllowed");
    const asked = await call("OPTIONS", path, { token });
    expect([asked.status, asked.text]).toEqual([204, ""]);
    for (const answer of [refused, asked]) {
      expect(answer.headers.get("Allow")?.split(", ").toSorted().join(", ")).toBe(methods);
    }
    expect((await call("OPTIONS", path)).status).toBe(401);
    expect((await call("DELETE", path)).status).toBe(401);
  });
});
