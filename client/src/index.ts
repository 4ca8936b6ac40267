import createClient from "openapi-fetch";
import { CURSORS, type paths } from "./api.ts";
import { EdgemeterError } from "./error.ts";
import { type Clock, sendRepeatedly, systemClock } from "./repeat.ts";
import { makeRepeatable } from "./repeatable.ts";
import type { Answer, Item, ListPath, Method, PathOf, Rest } from "./types.ts";
import { toPath, toQuery } from "./url.ts";

export type { paths, Schemas } from "./api.ts";
export { EdgemeterError, type Problem } from "./error.ts";
export type { Clock } from "./repeat.ts";
export type { Answer, Init, Item, ListPath, Method, PathOf } from "./types.ts";

/** Where the API is, who calls, and how long requests may take. */
export type Options = {
  baseUrl: string;
  /** An organization access token: `em_oat_…`. */
  token: string;
  /** Milliseconds for a request with all its repetitions and pauses; 60,000 by default. */
  timeLimit?: number;
  /** Milliseconds until an attempt counts as lost; 30,000 by default, which is longer than the API waits for its storage. */
  attemptTimeLimit?: number;
  /** Sends requests in place of the global `fetch`, such as that of a service binding. */
  fetch?: (request: Request) => Promise<Response>;
  /** For tests. */
  clock?: Clock;
};

/** The API of one organization. Each function takes a path of the API's document, and throws EdgemeterError. */
export type Edgemeter = {
  get: <P extends PathOf<"get">>(path: P, ...rest: Rest<P, "get">) => Promise<Answer<P, "get">>;
  post: <P extends PathOf<"post">>(path: P, ...rest: Rest<P, "post">) => Promise<Answer<P, "post">>;
  patch: <P extends PathOf<"patch">>(path: P, ...rest: Rest<P, "patch">) => Promise<Answer<P, "patch">>;
  delete: <P extends PathOf<"delete">>(path: P, ...rest: Rest<P, "delete">) => Promise<Answer<P, "delete">>;
  /** The items of a list, each once where it has cursors; with a `page` in the query from there on. 100 a request by default. */
  list: <P extends ListPath>(path: P, ...rest: Rest<P, "get">) => AsyncGenerator<Item<P>, void, undefined>;
  /** Sends a request, and also returns the response, for its headers. */
  request: <M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    ...rest: Rest<P, M>
  ) => Promise<{ data: Answer<P, M>; response: Response }>;
};

/** A request before its path is known, as all functions have it in common. */
type AnyInit = {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  header?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
};
type AnyPage = { items: unknown[]; pagination: { max_page: number } | { next_cursor: string | null } };
type Send = (method: Method, path: string, init?: AnyInit) => Promise<{ data: unknown; response: Response }>;

/** Makes the client of an organization. */
export function createEdgemeter(options: Options): Edgemeter {
  const request = sender(options);
  const dataOf = (method: Method) => async (path: string, init?: AnyInit) => (await request(method, path, init)).data;
  const get = dataOf("get");
  async function* list(path: string, init: AnyInit = {}) {
    const { page, sorting } = init.query ?? {};
    // Customer meters have cursors in some orders only.
    const isOrdered = path === "/v1/customer-meters/" && sorting != null;
    let next: object | null = CURSORS.has(path) && page == null && !isOrdered ? { cursor: "" } : { page: page ?? 1 };
    while (next !== null) {
      const query: Record<string, unknown> = { limit: 100, ...init.query, ...next };
      const { items, pagination } = (await get(path, { ...init, query })) as AnyPage;
      yield* items;
      if ("next_cursor" in pagination) {
        next = pagination.next_cursor === null ? null : { cursor: pagination.next_cursor };
      } else next = Number(query["page"]) < pagination.max_page ? { page: Number(query["page"]) + 1 } : null;
    }
  }
  const edgemeter = { get, post: dataOf("post"), patch: dataOf("patch"), delete: dataOf("delete"), list, request };
  return edgemeter as unknown as Edgemeter;
}

function sender(options: Options): Send {
  const { timeLimit = 60_000, attemptTimeLimit = 30_000, clock = systemClock } = options;
  // The global function is looked up at each request: tests and platforms replace it.
  const send = options.fetch ?? ((request) => globalThis.fetch(request));
  const client = createClient<paths>({
    baseUrl: options.baseUrl.replace(/\/+$/, ""),
    headers: { Authorization: `Bearer ${options.token}` },
    querySerializer: toQuery as () => string,
    // openapi-fetch would take any text as a segment.
    pathSerializer: toPath,
  });
  return async (method, path, { path: values = {}, query = {}, header = {}, body, signal } = {}) => {
    const sent = makeRepeatable(method, path, { header, body });
    const failure = (status: number, reason: unknown, response?: Response, cause?: unknown) =>
      new EdgemeterError({
        request: `${method.toUpperCase()} ${path}`,
        status,
        body: reason,
        requestId: response?.headers.get("X-Request-Id") ?? null,
        cause,
      });
    const fetchRepeatedly = async (request: Request) => {
      const attempts = {
        send: async (until: AbortSignal) => readWhole(await send(new Request(request.clone(), { signal: until }))),
        isRepeatable: sent.isRepeatable,
        isDeletion: method === "delete",
        signal,
      };
      const outcome = await sendRepeatedly(attempts, { timeLimit, attemptTimeLimit }, clock);
      if (outcome instanceof Response) return outcome;
      throw failure(0, { error: "NoAnswer", detail: reasonOf(outcome.lost) }, undefined, outcome.lost);
    };
    const params = { path: values, query, header: sent.header };
    const init = { params, body: sent.body, parseAs: "text", fetch: fetchRepeatedly };
    const { data, error, response } = await client.request(method, path as never, init as never);
    if (!response.ok) throw failure(response.status, error, response);
    return { data: parse(data, (text) => failure(response.status, text, response)), response };
  };
}

/** Why there was no answer; Node has the reason in the cause. */
function reasonOf(error: unknown): string {
  const { message = "", cause } = Object(error) as Partial<Error>;
  return cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message;
}

function parse(text: unknown, errorOf: (text: string) => Error): unknown {
  if (typeof text !== "string" || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw errorOf(text);
  }
}

/** Waits for the body, so that a connection lost within it is retried too. */
async function readWhole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  return new Response(body.byteLength === 0 ? null : body, response);
}
