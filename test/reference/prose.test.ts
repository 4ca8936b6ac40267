import { globSync, readFileSync } from "node:fs";
import { describe, it } from "vitest";
import document from "../../reference/openapi.json" with { type: "json" };

const read = (file: string) => readFileSync(file, "utf8");
/** What matches in a text, without repeats. */
const found = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? "")),
];
/** The first cells of the tables of a text. */
const rows = (text: string) => found(text, /^\| `(\w+)` +\| /gm);

const ERRORS = read("reference/errors.md");
const [NAMES, TYPES] = ERRORS.split("\n## ") as [string, string];
const SOURCES = globSync("src/**/*.ts").filter((file) => !file.includes("openapi"));
const CODE = SOURCES.map(read).join("\n");

/** Types of what is not a problem: a user of the portal, and a JSON schema. */
const OTHER_TYPES = new Set(["customer", "integer"]);

describe("The error catalogue", () => {
  it("has every type of problem that the Worker reports, and no other", ({ expect }) => {
    // Problems are written as `type: "…"`, and as `fail("…", …)` where one function reports several. Credits name
    // whichever field has an unknown id.
    const problems = found(CODE, /(?:\btype: |\bfail\()"([a-z_]+)"/g);
    const reported = [...problems.filter((type) => !OTHER_TYPES.has(type)), "external_customer_id"];
    expect(reported.length).toBeGreaterThan(30);
    expect(
      rows(TYPES)
        .filter((row) => row !== "type")
        .toSorted(),
    ).toEqual(reported.toSorted());
  });

  it("has every error by its name and status, and no other", ({ expect }) => {
    const classes = found(CODE, /readonly (error = "\w+";\s+readonly status = \d+)/g);
    const thrown = classes.map((text) => /"(\w+)"[^]*?(\d+)$/.exec(text)!.slice(1).join(" "));
    const answered = found(CODE, /(\d{3}, \{ error: "\w+")/g);
    const other = answered.map((text) => text.replace(/^(\d+).*"(\w+)"$/, "$2 $1"));
    expect(thrown.length).toBeGreaterThan(10);
    const listed = [...NAMES.matchAll(/^\| `(\w+)` +\| (\d{3}): /gm)].map(([, name, status]) => `${name} ${status}`);
    expect(listed.toSorted()).toEqual([...thrown, ...other].toSorted());
  });
});

describe("The description of", () => {
  const { schemas } = document.components;
  const MIXED = schemas.EventMetadataInput.properties;

  it("Create Meter has every aggregation function and filter operator in a table", ({ expect }) => {
    const { description } = document.paths["/v1/meters/"].post;
    const functions = [
      schemas.CountAggregation.properties.func.const,
      ...schemas.PropertyAggregation.properties.func.enum,
      schemas.UniqueAggregation.properties.func.const,
    ];
    const named = rows(description).filter((row) => row !== "func" && row !== "operator");
    expect(named.toSorted()).toEqual([...functions, ...schemas.FilterOperator.enum].toSorted());
  });

  it("Ingest Events has every field of an event, and those of _cost and _llm, in a table", ({ expect }) => {
    const { description } = document.paths["/v1/events/ingest"].post;
    const fields = [schemas.EventCreateCustomer, schemas.EventCreateExternalCustomer].flatMap(({ properties }) =>
      Object.keys(properties),
    );
    expect(rows(description).toSorted()).toEqual([...new Set([...fields, ...Object.keys(MIXED)])].toSorted());
    for (const schema of [schemas["CostMetadata-Input"], schemas.LLMMetadata]) {
      for (const field of Object.keys(schema.properties)) expect(description).toContain(`\`${field}\``);
    }
  });

  it.for(["create", "get", "update", "quantities"])(
    "meters:%s says where the id in its path comes from",
    (name, { expect }) => {
      const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
      const { parameters = [] } = operations.find(({ operationId }) => operationId === `meters:${name}`)!;
      for (const each of parameters.filter((parameter: { in: string }) => parameter.in === "path")) {
        expect(each.description).toContain("The id of a meter in your organization; create one first.");
      }
    },
  );
});
