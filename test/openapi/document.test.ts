import { describe, it } from "vitest";
import { app } from "../../src/app.ts";
import { call, grant, NOBODY } from "../support/api.ts";
import { ANSWERS, deviations, OPERATIONS } from "../support/conformance.ts";
import examples from "./examples.json";

const ROUTES = app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`);

describe("The API's document", () => {
  it("has the operations that the application has routes for, and no others", ({ expect }) => {
    const documented = OPERATIONS.map(({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`);
    expect(documented.toSorted()).toEqual([...new Set(ROUTES)].toSorted());
  });

  it("shows an example of each answer, which a test run got", ({ expect }) => {
    for (const { operation } of OPERATIONS) {
      const { answers } = examples[operation.operationId as keyof typeof examples];
      expect(Object.keys(answers), operation.operationId).toEqual(Object.keys(operation.responses));
    }
  });
});

describe("A page of another origin", () => {
  it("may send and read every header that is documented", async ({ expect }) => {
    const preflight = { Origin: "https://app.example", "Access-Control-Request-Method": "POST" };
    const allowed = (await call("OPTIONS", "/v1/meters/", { headers: preflight })).headers.get(
      "Access-Control-Allow-Headers",
    );
    const exposed = (await call("GET", "/v1/meters/")).headers.get("Access-Control-Expose-Headers");
    const sent = OPERATIONS.flatMap(({ operation }) => operation.parameters ?? []).filter(
      (each) => each.in === "header",
    );
    expect(allowed?.split(",")).toEqual(expect.arrayContaining(sent.map(({ name }) => name)));
    const answered = ANSWERS.flatMap(({ headers }) => Object.keys(headers)).filter((name) => name !== "Cache-Control");
    expect(exposed?.split(",")).toEqual(expect.arrayContaining(answered));
  });
});

describe.for(OPERATIONS)("$operation.operationId", ({ method, path, operation }) => {
  it("takes the scopes that it documents, each of them and no other", async ({ expect }) => {
    const scopes = operation.security[0]!.oat;
    const ask = async (granted: string[]) => {
      const token = await grant({ scopes: granted });
      return call(method, path.replace("{id}", NOBODY), { token, ...(method === "GET" ? {} : { body: "{" }) });
    };
    const challenge = (await ask([])).headers.get("WWW-Authenticate");
    expect(challenge).toContain(`scope="${scopes.join(" ")}"`);
    for (const scope of scopes) expect((await ask([scope])).status).not.toBe(403);
  });
});

describe("An answer that is not as documented", () => {
  const meter = examples["meters:create"].answers["201"];
  const HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "private, no-store",
    "X-Request-Id": NOBODY,
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
});
