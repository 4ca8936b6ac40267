import { afterEach } from "vitest";
import { deviations } from "../support/conformance.ts";

// Every client here sends its requests with fetch: each answer of the API is held to the document.
const send = globalThis.fetch;
const wrong: string[] = [];

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const response = await send(request);
  const { pathname: path } = new URL(request.url);
  if (path.startsWith("/v1/")) {
    const { status, headers } = response;
    const found = deviations({ method: request.method, path, status, headers, text: await response.clone().text() });
    wrong.push(...found.map((each) => `${request.method} ${path} ${status}: ${each}`));
  }
  return response;
};

afterEach(() => {
  const found = wrong.splice(0);
  if (found.length > 0) throw new Error(`answers are not as documented: ${found.join("; ")}`);
});
