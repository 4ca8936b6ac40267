import { deviations } from "../support/conformance.ts";

// Every client here sends its requests with fetch: each answer of the API is held to the document. As a module of its own
// this is done once, however many files a process tests.
const send = globalThis.fetch;

/** In what answers deviate from the document. */
export const wrong: string[] = [];

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
