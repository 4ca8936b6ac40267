/** Whose token a request carries; an object is an Authorization header as it stands. */
export type Credential =
  | "first"
  | "second"
  | "reader"
  | "revoked"
  | "expired"
  | "unknown"
  | "none"
  | { header: string };

/** A request as it is sent; `@meters:3@` in its path or a small body becomes the id of a stored meter, `@events:3@` of an event. */
export type Request = {
  method: string;
  /** The path with its query string, percent-encoded where it has to be. */
  path: string;
  as: Credential;
  headers: Record<string, string>;
  body?: Buffer | undefined;
  /** Sends the body in chunks, without Content-Length. */
  chunked?: boolean;
};

/** What came back. */
export type Answer = { status: number; headers: Headers; text: string; milliseconds: number };

/** Requests that belong together, sent one after the other, and what must hold for their answers. */
export type Case = {
  kind: string;
  steps: Request[];
  /** Returns what is wrong; called only when each step has got an answer. */
  verify?: (answers: Answer[]) => string[];
};

/** A JSON request of the first organization, and what differs from that. */
export function request(
  method: string,
  path: string,
  more: Partial<Request> & { json?: string | object } = {},
): Request {
  const { json, ...rest } = more;
  const text = typeof json === "object" ? JSON.stringify(json) : json;
  const body = text === undefined ? rest.body : Buffer.from(text);
  const type: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
  return { method, path, as: "first", ...rest, headers: { ...type, ...rest.headers }, body };
}
