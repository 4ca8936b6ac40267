import { EdgemeterError } from "../../client/src/index.ts";
import { session } from "../session/session.ts";

/** The address of the next page, in the header `Link`. */
const NEXT = /<([^>]+)>; rel="next"/;

/**
 * Reads CSV from the API, page after page, and lets the browser save it in one file.
 * @param path with its query; `format=csv` is added
 * @param onPage is called after each page with their number
 * @throws EdgemeterError for what the API refuses; what the signal aborts ends without a file
 */
export async function saveCsv(path: string, onPage: (pages: number) => void, signal: AbortSignal): Promise<void> {
  const parts: string[] = [];
  let name = "edgemeter.csv";
  for (let next: string | null = withFormat(path); next !== null;) {
    const headers = { Authorization: `Bearer ${session.value?.token}` };
    const response: Response = await fetch(next, { headers, signal });
    const text = await response.text();
    if (!response.ok) throw failureOf(next, response, text);
    // The first line of further pages are the names of the columns again.
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf("\r\n") + 2));
    onPage(parts.length);
    name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? name;
    next = NEXT.exec(response.headers.get("Link") ?? "")?.[1] ?? null;
  }
  const url = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function withFormat(path: string): string {
  const url = new URL(path, location.origin);
  url.searchParams.set("format", "csv");
  return url.href;
}

function failureOf(request: string, response: Response, text: string): EdgemeterError {
  let body: unknown = text;
  try {
    // oxlint-disable-next-line no-restricted-properties -- the server's own answer
    body = JSON.parse(text);
  } catch {
    // A proxy's answer may be anything.
  }
  return new EdgemeterError({
    request,
    status: response.status,
    body,
    requestId: response.headers.get("X-Request-Id"),
  });
}
