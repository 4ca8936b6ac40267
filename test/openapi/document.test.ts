import { describe, it } from "vitest";
import tokens from "../../docs/tokens.md?raw";
import { SCOPES } from "../../src/auth/principal.ts";
import { API_ROUTES, call, grant, NOBODY } from "../support/api.ts";
import { deviations } from "../support/conformance.ts";
import { type JsonSchema, OPERATIONS, SCHEMAS } from "../support/document.ts";
import { isOfPortal, REQUESTS } from "../support/examples.ts";

const ROUTES = API_ROUTES.map(({ method, path }) => `${method} ${path}`);
const ANSWERS = OPERATIONS.flatMap(({ operation: { operationId, responses } }) =>
  Object.entries(responses).map(([status, answer]) => ({ name: `${operationId} ${status}`, status, answer })),
);

/** The places in a schema, and in those that it names, at which anything at all is allowed. */
function openPlaces(schema: JsonSchema, at: string, seen: Set<string> = new Set()): string[] {
  const name: string | undefined = schema["$ref"]?.split("/").at(-1);
  if (name !== undefined) return seen.has(name) ? [] : openPlaces(SCHEMAS[name]!, name, seen.add(name));
  const parts: JsonSchema[] = [schema["anyOf"], schema["oneOf"], schema["items"], schema["additionalProperties"]];
  const inside = Object.entries<JsonSchema>(schema["properties"] ?? {});
  const below = parts.flatMap((part) => part ?? []).map((part) => [`${at}.*`, part] as [string, JsonSchema]);
  const limits = ["type", "const", "enum", "anyOf", "oneOf"].some((word) => word in schema);
  const open = limits && (schema["type"] !== "object" || inside.length > 0 || below.length > 0) ? [] : [at];
  const named = inside.map(([field, part]) => [`${at}.${field}`, part] as [string, JsonSchema]);
  return [...open, ...[...below, ...named].flatMap(([place, part]) => openPlaces(part, place, seen))];
}

describe("The API's document", () => {
  it("has a valid and an invalid request of each operation in test/<resource>/example.ts", ({ expect }) => {
    const ids = OPERATIONS.map(({ operation }) => operation.operationId);
    expect(Object.keys(REQUESTS).toSorted()).toEqual(ids.toSorted());
  });

  it("has the operations that the application has routes for, and no others", ({ expect }) => {
    const documented = OPERATIONS.map(
      ({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ":$1").replace(/\/$/, "")}`,
    );
    expect(documented.toSorted()).toEqual([...new Set(ROUTES)].toSorted());
  });

  it("has an operation for each scope, which docs/tokens.md names", ({ expect }) => {
    const taken = new Set(OPERATIONS.flatMap(({ operation }) => operation.security[0].oat ?? []));
    expect(SCOPES.filter((scope) => !taken.has(scope))).toEqual([]);
    expect(SCOPES.filter((scope) => !tokens.includes(`\`${scope}\``))).toEqual([]);
  });

  it("shows for each answer what a test run got", ({ expect }) => {
    for (const { name, answer, status } of ANSWERS) {
      const { examples = {} } = answer.content?.["application/json"] ?? {};
      expect(Object.keys(examples).length > 0, name).toBe(!["204", "304"].includes(status));
    }
  });

  it("says what there can be in each answer", ({ expect }) => {
    for (const { name, answer } of ANSWERS) {
      const open = openPlaces(answer.content?.["application/json"].schema ?? { type: "null" }, "");
      expect(
        open.filter((place) => !/^ValidationError\.(input|ctx\.\*)$/.test(place)),
        name,
      ).toEqual([]);
    }
  });
});

describe("A page of another origin", () => {
  it("may send and read every header that is documented", async ({ expect }) => {
    const preflight = { Origin: "https://app.example", "Access-Control-Request-Method": "POST" };
    const asked = await call("OPTIONS", "/v1/meters/", { headers: preflight });
    const allowed = asked.headers.get("Access-Control-Allow-Headers");
    const exposed = (await call("GET", "/v1/meters/")).headers.get("Access-Control-Expose-Headers");
    const sent = OPERATIONS.flatMap(({ operation }) => operation.parameters ?? []).filter(
      (each) => each.in === "header",
    );
    expect(allowed?.split(",")).toEqual(expect.arrayContaining(sent.map(({ name }) => name)));
    const answered = ANSWERS.flatMap(({ answer }) => Object.keys(answer.headers));
    const shown = answered.filter((name) => name !== "Cache-Control");
    expect(exposed?.split(",")).toEqual(expect.arrayContaining(shown));
  });
});

describe.for(OPERATIONS.filter(({ path }) => !isOfPortal(path)))(
  "$operation.operationId",
  ({ method, path, operation }) => {
    it("takes the scopes that it documents, each of them or all together, and no other", async ({ expect }) => {
      const scopes = operation.security[0].oat!;
      const ask = async (granted: string[]) => {
        const token = await grant({ scopes: granted });
        return call(method, path.replace(/\{\w+\}/, NOBODY), { token, ...(method === "GET" ? {} : { body: "{" }) });
      };
      const challenge = (await ask([])).headers.get("WWW-Authenticate");
      expect(challenge).toContain(`scope="${scopes.join(" ")}"`);
      const needsAll = operation.description.includes(scopes.map((scope) => `\`${scope}\``).join(" and "));
      for (const scope of scopes) expect((await ask([scope])).status === 403).toBe(needsAll && scopes.length > 1);
      expect((await ask(scopes)).status).not.toBe(403);
    });
  },
);

describe("An answer that is not as documented", () => {
  const created = OPERATIONS.find(({ operation }) => operation.operationId === "meters:create")!.operation.responses[
    "201"
  ]!;
  const meter = created.content!["application/json"].examples!["a valid request"]!.value as Record<string, unknown>;
  const HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "private, no-store",
    "X-Request-Id": NOBODY,
    "Server-Timing": "total;dur=3, kv;dur=1, store;dur=2",
    ETag: '"1"',
  };
  const see = (status: number, body: object, headers: object = {}) =>
    deviations({
      method: "POST",
      path: "/v1/meters",
      status,
      headers: new Headers({ ...HEADERS, ...headers }),
      text: JSON.stringify(body),
    });

  it("is found by its status, its headers and its body", ({ expect }) => {
    expect(see(201, meter)).toEqual([]);
    expect(see(200, meter)).toEqual(["the status is not documented"]);
    expect(see(201, meter, { ETag: "1" })).toEqual(["the header ETag is 1"]);
    expect(see(201, meter, { "X-More": "1" })).toEqual(["the header x-more is not documented"]);
    expect(see(201, meter, { "Content-Type": "text/html" })).toEqual(["the body is text/html"]);
    for (const wrong of [{ name: 1 }, { more: true }, { created_at: "today" }, { id: "x" }, { unit: "byte" }]) {
      expect(see(201, { ...meter, ...wrong })).not.toEqual([]);
    }
    const { archived_at: _, ...less } = meter;
    expect(see(201, less)).not.toEqual([]);
  });

  it("is found where there is no operation, too", ({ expect }) => {
    const refusal = { error: "MethodNotAllowed", detail: "PUT is not allowed here" };
    const { ETag: _, ...headers } = HEADERS;
    const put = (status: number, body: object, more: object) =>
      deviations({
        method: "PUT",
        path: "/v1/meters/",
        status,
        headers: new Headers({ ...headers, ...more }),
        text: JSON.stringify(body),
      });
    expect(put(405, refusal, { Allow: "GET, POST" })).toEqual([]);
    expect(put(405, refusal, {})).toEqual(["the header Allow is null"]);
    expect(put(405, { error: "No" }, { Allow: "GET" })).not.toEqual([]);
    expect(put(401, { error: "Unauthorized", detail: "Unauthorized" }, {})).not.toEqual([]);
    expect(put(200, {}, {})).toEqual(["the document has no such operation: see scripts/openapi.ts"]);
  });
});
