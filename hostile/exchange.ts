import type { OrganizationName, TokenName } from "./principals.ts";

/** Whose token a request carries; an object is an Authorization header as it stands. */
export type Credential = OrganizationName | TokenName | "none" | { header: string };

/** A request as it is sent. */
export type Request = {
  method: string;
  /** The path with its query string, percent-encoded where it has to be. */
  path: string;
  as: Credential;
  headers: Record<string, string>;
  body?: Uint8Array | undefined;
  /** Sends the body in chunks, without Content-Length. */
  chunked?: boolean;
};

/** An answer; with the status 0 there was none, and the text says why. */
export type Answer = { status: number; headers: Headers; text: string; milliseconds: number };

/** The text of an answer that did not come because the harness killed the server meanwhile. */
export const KILLED = "killed";

/** Makes a request of the organization in D1, with a JSON body or none, and overrides. */
export function request(
  method: string,
  path: string,
  more: Partial<Request> & { json?: string | object | undefined } = {},
): Request {
  const { json, ...rest } = more;
  const text = typeof json === "object" ? JSON.stringify(json) : json;
  const body = text === undefined ? rest.body : new TextEncoder().encode(text);
  const type: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
  return { method, path, as: "d1", ...rest, headers: { ...type, ...rest.headers }, body };
}

/** The body of an answer. */
export const jsonOf = ({ text }: Answer): any => JSON.parse(text);
