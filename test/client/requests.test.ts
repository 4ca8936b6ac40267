import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { createEdgemeter, EdgemeterError } from "../../client/src/index.ts";
import { toPath, toQuery } from "../../client/src/url.ts";
import { clientTypes } from "../../scripts/client-types.ts";
import { answer, lost, startScripted } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof startScripted>>;
beforeAll(async () => {
  server = await startScripted();
});
afterAll(() => server.stop());

describe("A request", () => {
  it("has the token, the query and the body in their places", async ({ expect }) => {
    const edgemeter = server.client([answer(200, {}), answer(200, {})]);
    await edgemeter.get("/v1/events/", {
      query: { name: ["a", "b&c"], metadata: { "m=1": ["x", 2] as never, y: true }, limit: 5, source: null },
    });
    await edgemeter.post("/v1/events/ingest", { body: { events: [] }, header: { Prefer: "return=representation" } });
    const [list, ingestion] = server.arrived;
    expect(list).toMatchObject({ method: "GET", headers: { authorization: "Bearer secret" } });
    const query = new URL(list?.url ?? "", server.baseUrl).searchParams;
    expect([...query]).toEqual([
      ["name", "a"],
      ["name", "b&c"],
      ["metadata[m=1]", "x"],
      ["metadata[m=1]", "2"],
      ["metadata[y]", "true"],
      ["limit", "5"],
    ]);
    expect(ingestion).toMatchObject({ method: "POST", url: "/scripted/v1/events/ingest", body: { events: [] } });
    expect(ingestion?.headers).toMatchObject({ "content-type": "application/json", prefer: "return=representation" });
  });

  it("has any value in its path as one segment, and refuses what can't be one", ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (value) => {
        if (value === "." || value === "..") return;
        const { pathname } = new URL(toPath("/v1/customers/external/{external_id}/state", { external_id: value }), "http://x"); // prettier-ignore
        const segment = /^\/v1\/customers\/external\/([^/]+)\/state$/.exec(pathname)?.[1];
        expect(decodeURIComponent(segment ?? "")).toBe(value);
      }),
    );
    for (const value of ["", ".", "..", undefined]) {
      expect(() => toPath("/v1/customers/external/{external_id}", { external_id: value })).toThrow("external_id can't");
    }
  });

  it("has any metadata in its query as it is", ({ expect }) => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (metadata) => {
        const sent = new URLSearchParams(toQuery({ metadata }));
        expect(Object.fromEntries(sent)).toEqual(
          Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`metadata[${key}]`, value])),
        );
      }),
    );
  });

  it("is not sent when its signal was aborted before, and ends when it is aborted", async ({ expect }) => {
    const edgemeter = server.client([() => abort.abort(new Error("later"))]);
    const before = edgemeter.get("/v1/meters/", { signal: AbortSignal.abort(new Error("before")) });
    await expect(before).rejects.toThrow("before");
    expect(server.arrived).toEqual([]);
    const abort = new AbortController();
    await expect(edgemeter.get("/v1/meters/", { signal: abort.signal })).rejects.toThrow("later");
    expect(server.arrived).toHaveLength(1);
  });

  it("goes through the fetch that the client was given", async ({ expect }) => {
    const urls: string[] = [];
    const edgemeter = createEdgemeter({
      baseUrl: "https://edgemeter.internal///",
      token: "secret",
      fetch: async ({ url }) => {
        urls.push(url);
        return Response.json({ items: [] });
      },
    });
    expect(await edgemeter.get("/v1/meters/")).toEqual({ items: [] });
    expect(urls).toEqual(["https://edgemeter.internal/v1/meters/"]);
  });
});

describe("An error", () => {
  const failure = (step: Parameters<typeof server.client>[0][0]) =>
    server
      .client([step], { timeLimit: 400 })
      .get("/v1/meters/")
      .then(
        () => null,
        (thrown: unknown) => thrown as EdgemeterError,
      );

  it("has the status, the name, what is wrong and the id in the log", async ({ expect }) => {
    const detail = [{ type: "string_too_short", loc: ["query", "query"], msg: "Too short.", input: "ada@example.com" }];
    const error = await failure(answer(422, { error: "RequestValidationError", detail }, { "X-Request-Id": "r1" }));
    expect(error).toBeInstanceOf(EdgemeterError);
    expect(error).toMatchObject({ status: 422, error: "RequestValidationError", detail, requestId: "r1" });
    expect(error?.message).toBe("GET /v1/meters/: 422 RequestValidationError: query.query: Too short.");
  });

  it("is of the same class for an answer of something else, and for none", async ({ expect }) => {
    expect(await failure((response) => void response.writeHead(502).end("<html>"))).toMatchObject({
      status: 502,
      error: "UnknownAnswer",
      detail: "<html>",
    });
    expect(await failure((response) => void response.writeHead(200).end("<html>"))).toMatchObject({
      status: 200,
      error: "UnknownAnswer",
      detail: "<html>",
    });
    const none = await failure(lost);
    expect(none).toBeInstanceOf(EdgemeterError);
    expect(none).toMatchObject({ status: 0, error: "NoAnswer", cause: expect.any(Error) });
  });
});

describe("A list", () => {
  it("is read page by page, as far as it is asked for", async ({ expect }) => {
    const page = (...items: number[]) => answer(200, { items, pagination: { total_count: 5, max_page: 3 } });
    const seen: unknown[] = [];
    for await (const item of server.client([page(1, 2), page(3, 4), page(5)]).list("/v1/meters/")) seen.push(item);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(server.arrived.map(({ url }) => url.split("?")[1])).toEqual([1, 2, 3].map((n) => `limit=100&page=${n}`));
    const query = { page: 2, limit: 2 };
    for await (const item of server.client([page(3, 4)]).list("/v1/meters/", { query })) if (item !== undefined) break;
    expect(server.arrived.map(({ url }) => url.split("?")[1])).toEqual(["limit=2&page=2"]);
  });

  it("is read by cursors where it has them, unless the caller names a page", async ({ expect }) => {
    const part = (next_cursor: string | null, ...items: number[]) =>
      answer(200, { items, pagination: { next_cursor } });
    const seen: unknown[] = [];
    const script = [part("a b", 1, 2), part("c", 3), part(null)];
    for await (const item of server.client(script).list("/v1/events/", { query: { limit: 2 } })) seen.push(item);
    expect(seen).toEqual([1, 2, 3]);
    const sent = server.arrived.map(({ url }) => url.split("?")[1]);
    expect(sent).toEqual(["limit=2&cursor=", "limit=2&cursor=a+b", "limit=2&cursor=c"]);
    const last = answer(200, { items: [4], pagination: { total_count: 4, max_page: 1 } });
    for await (const item of server.client([last]).list("/v1/events/", { query: { page: 2 } })) seen.push(item);
    const query = { sorting: ["-balance" as const] };
    for await (const item of server.client([last]).list("/v1/customer-meters/", { query })) seen.push(item);
    expect(server.arrived[0]?.url).toContain("page=1");
    expect(seen).toEqual([1, 2, 3, 4, 4]);
  });
});

describe("The types of the client", () => {
  it("know each path, what it needs and what it answers", ({ expect }) => {
    const check = async ({ get, post, list, delete: remove }: ReturnType<typeof createEdgemeter>) => {
      const { id } = await get("/v1/customers/{id}", { path: { id: "" } });
      const erasure = await remove("/v1/customers/{id}", { path: { id: id.trim() } });
      erasure?.remaining.toFixed();
      for await (const { email } of list("/v1/customers/")) email.trim();
      // @ts-expect-error a path has its parameters
      await get("/v1/customers/{id}");
      // @ts-expect-error a path that is not a list has no pages
      list("/v1/customers/{id}", { path: { id } });
      // @ts-expect-error a body has its fields
      await post("/v1/meters/", { body: { name: "Calls" } });
      // @ts-expect-error a path exists
      await get("/v1/nothing");
    };
    expect(check).toBeTypeOf("function");
  });

  it("are not generated from what the generator does not know", ({ expect }) => {
    const document = (schema: object) => ({ paths: {}, components: { schemas: { Sample: schema }, responses: {} } });
    expect(clientTypes(document({ type: ["integer", "null"], minimum: 1 }))).toContain('"Sample": number | null;');
    expect(() => clientTypes(document({ not: { type: "string" } }))).toThrow("does not know not");
  });
});
