import { toPath, toQuery } from "../../client/src/url.ts";
import type { Init, Method, PathOf } from "../../client/src/index.ts";
import { Code } from "./code.tsx";

type AnyInit = { path?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown };

/** Prints a request as a command; the token is read from the shell's variable TOKEN. */
export function curlOf<M extends Method, P extends PathOf<M>>(method: M, path: P, init?: Init<P, M>): string {
  const { path: values = {}, query = {}, body } = (init ?? {}) as AnyInit;
  const search = toQuery(query);
  const url = `${location.origin}${toPath(path, values)}${search && `?${search}`}`;
  return [
    `curl -s ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${quote(url)}`,
    `-H "Authorization: Bearer $TOKEN"`,
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(body))}`]),
  ].join(" \\\n  ");
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** What a view shows, as a command: each of its requests, made by curlOf. */
export function Curl({ commands }: { commands: string[] }) {
  return (
    <details class="curl">
      <summary>as curl</summary>
      <Code text={commands.join("\n\n")} label="as curl" />
    </details>
  );
}
